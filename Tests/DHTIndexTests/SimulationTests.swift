import DHTCore
import DHTModel
import DHTSimulator
import OpenDHT
import Testing

@testable import DHTIndex

/// The index over whole nodes, in virtual time.
@Suite struct SimulationTests {
  @Test("P-9, P-11: in a network of 24 nodes, what four of them insert is found by a fifth, in a few gets")
  func network() async throws {
    let world = World(seed: 3)
    world.populate(24)
    world.run(for: .seconds(60))
    let shared = SimulatedWorld(world)
    func open(_ node: Int) throws -> PrefixIndex {
      try PrefixIndex(on: SimulatedNode(world: shared, number: node), named: [120], fields: ["k": 3])
    }
    let writers = try (1...4).map { try open($0) }
    var model: [(key: IndexKey, entry: IndexEntry)] = []
    for number in 0..<48 {
      let key: IndexKey = ["k": [UInt8(number % 2), UInt8(truncatingIfNeeded: number &* 37), UInt8(number)]]
      model.append((key, IndexEntry(hash: .zero, id: Value.ID(number))))
      try await writers[number % 4].insert(model[number].entry, under: key)
    }
    // Marks reach whoever listens within some seconds; then entries move.
    let reader = try open(20)
    for (key, entry) in model {
      var found = try await reader.lookup(key).entries
      for _ in 0..<30 where found != [entry] {
        shared.use { $0.run(for: .seconds(1)) }
        for _ in 0..<100 { await Task.yield() }
        found = try await reader.lookup(key).entries
      }
      #expect(found == [entry], "\(key)")
    }
    _ = shared.takeGets()
    for (key, entry) in model.prefix(30) { #expect(try await open(21).lookup(key).entries == [entry]) }
    let each = Double(shared.takeGets()) / 30
    #expect(each <= 10, "24 bits are 5 rounds of 2 gets at most; \(each)")
    #expect(shared.use { $0.violations.map(\.text) } == [])
  }
}
