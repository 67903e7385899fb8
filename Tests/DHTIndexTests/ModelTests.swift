import DHTModel
import OpenDHT
import Testing

@testable import DHTIndex

/// The index against a plain dictionary.
@Suite struct ModelTests {
  struct Shape: Sendable, CustomTestStringConvertible {
    var name: String
    var fields: IndexFields
    var count: Int
    var make: @Sendable (inout SeededSource) -> IndexKey
    var testDescription: String { name }
  }

  static let shapes: [Shape] = [
    Shape(name: "any bytes", fields: ["k": 5], count: 1500) { source in
      ["k": (0..<5).map { _ in UInt8.random(in: 0...255, using: &source) }]
    },
    Shape(name: "words of any length", fields: ["k": 12], count: 1000) { source in
      ["k": (0..<Int.random(in: 0...12, using: &source)).map { _ in UInt8.random(in: 97...100, using: &source) }]
    },
    Shape(name: "few keys, many entries", fields: ["k": 3], count: 600) { source in
      ["k": [7, 7, UInt8.random(in: 0...5, using: &source)]]
    },
    Shape(name: "places", fields: ["latitude": 4, "longitude": 4], count: 800) { source in
      func coordinate() -> [UInt8] { (0..<4).map { _ in UInt8.random(in: 0...255, using: &source) } }
      return ["latitude": coordinate(), "longitude": coordinate()]
    },
  ]

  @Test("P-13, P-14: thousands of entries of several writers are found by anybody, near ones too", arguments: shapes)
  func everything(_ shape: Shape) async throws {
    let network = MemoryNetwork()
    var source = SeededSource(seed: 11)
    func open() throws -> PrefixIndex {
      try PrefixIndex(on: network, named: [120], fields: shape.fields)
    }
    let writers = try (0..<4).map { _ in try open() }
    var model: [IndexKey: Set<IndexEntry>] = [:]
    for number in 0..<shape.count {
      let key = shape.make(&source)
      let entry = IndexEntry(hash: InfoHash(hashing: "\(number)"), id: Value.ID(number))
      try await writers[number % 4].insert(entry, under: key)
      model[key, default: []].insert(entry)
    }
    // Entries move down in tasks of their own: what must be found is found in the end.
    let reader = try open()
    for (key, entries) in model {
      var found: Set<IndexEntry> = []
      let isFound = await eventually {
        found = Set((try? await reader.lookup(key).entries) ?? [])
        return found == entries
      }
      #expect(isFound, "\(key): \(found.count) of \(entries.count)")
    }
    // A reader without a cache comes to the same leaves.
    for key in model.keys.shuffled(using: &source).prefix(200) {
      #expect(Set(try await open().lookup(key).entries) == model[key])
    }
    for _ in 0..<100 {
      let key = shape.make(&source)
      #expect(Set(try await reader.lookup(key).entries) == model[key] ?? [])
      let content = try shape.fields.linear(key).content
      let shared = try model.keys.map { commonBits(try shape.fields.linear($0).content, content) }
      let most = shared.max() ?? 0
      let nearest = Set(zip(model.keys, shared).filter { $0.1 == most }.flatMap { model[$0.0] ?? [] })
      let found = Set(try await reader.lookup(key, .nearest).entries)
      #expect(!found.isEmpty && found.isSubset(of: nearest), "\(key)")
    }
  }
}
