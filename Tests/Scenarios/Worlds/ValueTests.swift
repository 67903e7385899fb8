import DHTCore
import DHTModel
import DHTSimulator
import Testing

/// Values in networks of nodes, under what networks do.
@Suite("Worlds: values") struct ValueTests {
  private func key(_ index: Int) -> InfoHash { InfoHash(named: "key \(index)") }

  @Test(
    "Every value that was stored is found by every other node",
    arguments: Disturbance.allCases, UInt64(1)...2)
  func found(disturbance: Disturbance, seed: UInt64) {
    let world = World(seed: seed, network: disturbance.network)
    disturbance.populate(world, 40)
    let puts = (0..<20).map { index in
      world.put(Value("value \(index)", id: UInt64(index + 1)), at: key(index), from: world.randomNode())
    }
    #expect(world.run(until: puts, atMost: .seconds(60)))
    #expect(puts.allSatisfy { $0.isCompleted })
    #expect(puts.allSatisfy { ($0.receipt?.stored.count ?? 0) >= 8 })
    disturbance.strike(world)
    let gets = (0..<20).map { index in world.get(key(index), from: world.randomNode()) }
    #expect(world.run(until: gets, atMost: .seconds(60)))
    let lost = gets.enumerated().filter { index, get in get.values.compactMap(\.text) != ["value \(index)"] }
    #expect(lost.isEmpty, "seed \(seed): \(lost.map(\.element))")
    verify(world)
  }

  @Test("A value outlives partition and healing, and is found on both sides", arguments: UInt64(1)...2)
  func partition(seed: UInt64) {
    let world = World(seed: seed)
    world.populate(30)
    let put = world.putPermanently(Value("x", id: 1), at: key(0), from: 3)
    world.run(until: put)
    world.partition([Array(0..<15)])
    world.run(for: .seconds(300))
    let inside = world.get(key(0), from: 7), outside = world.get(key(0), from: 22)
    world.run(until: [inside, outside])
    #expect(inside.values.map(\.id) == [1])
    // The far side holds some of the eight copies, and they live 10 min.
    #expect(outside.values.map(\.id) == [1])
    let late = world.put(Value("late", id: 2), at: key(1), from: 22)
    world.run(until: late)
    world.heal()
    world.run(for: .seconds(120))
    let across = world.get(key(1), from: 7), back = world.get(key(0), from: 22)
    world.run(until: [across, back])
    #expect(across.values.map(\.id) == [2])
    #expect(back.values.map(\.id) == [1])
    verify(world)
  }

  @Test("A permanent value lives for hours among nodes that come and go")
  func hours() {
    let world = World(seed: 1)
    world.populate(10)
    world.putPermanently(Value("x", id: 1), at: key(0), from: 1)
    var found = 0, asked = 0
    for _ in 0..<12 {
      world.run(for: .seconds(20 * 60))
      let leaver = Int.random(in: 2..<10, using: &world.random)
      world.restart(leaver, keepingID: false)
      world.bootstrap(leaver, through: [0])
      let get = world.get(key(0), from: Int.random(in: 2..<10, using: &world.random))
      world.run(until: get)
      asked += 1
      if get.values.map(\.id) == [1] { found += 1 }
    }
    #expect(found == asked, "\(found) of \(asked)")
    verify(world)
  }

  @Test("A value that nobody keeps alive is gone after its life, everywhere")
  func expiry() {
    let world = World(seed: 1)
    world.populate(20)
    world.run(until: world.put(Value("x", id: 1), at: key(0), from: 1))
    world.run(for: .seconds(590))
    let before = world.get(key(0), from: 9)
    world.run(until: before)
    #expect(before.values.map(\.id) == [1])
    world.run(for: .seconds(20))
    let after = world.get(key(0), from: 9)
    world.run(until: after)
    #expect(after.values.isEmpty)
    #expect(after.isCompleted)
    verify(world)
  }

  @Test("Clocks that are hours wrong lose no fresh value", arguments: [-7200, 7200])
  func skew(seconds: Int) {
    let world = World(seed: 1)
    world.populate(20)
    for number in 0..<20 where number % 2 == 0 { world.setClockSkew(.seconds(seconds), of: number) }
    let puts = (0..<10).map { world.put(Value("x", id: 1), at: key($0), from: $0) }
    world.run(until: puts)
    let gets = (0..<10).map { world.get(key($0), from: 19 - $0) }
    world.run(until: gets)
    #expect(gets.allSatisfy { $0.values.map(\.id) == [1] })
    verify(world)
  }

  @Test("Large values, and many under one key, come through loss", arguments: UInt64(1)...2)
  func largeThroughLoss(seed: UInt64) {
    let world = World(seed: seed, network: NetworkModel(loss: 0.02))
    world.populate(12)
    let data = (0..<20_000).map { UInt8(truncatingIfNeeded: $0) }
    let puts = (0..<5).map { world.put(Value(data, id: UInt64($0 + 1)), at: key(0), from: 2 + $0) }
    world.run(until: puts, atMost: .seconds(60))
    #expect(puts.allSatisfy { ($0.receipt?.stored.count ?? 0) >= 1 })
    let get = world.get(key(0), from: 11)
    world.run(until: get, atMost: .seconds(60))
    #expect(get.values.map(\.id).sorted() == [1, 2, 3, 4, 5])
    #expect(get.values.allSatisfy { $0.data == data })
    verify(world)
  }

  @Test("Two families are one network: what is put on one is found on the other")
  func families() {
    let world = World(seed: 1)
    world.populate(10, Configuration())
    var onlyIPv6 = Configuration()
    onlyIPv6.families = [.ipv6]
    let old = world.addNode(), new = world.addNode(onlyIPv6)
    for number in [old, new] { world.bootstrap(number, through: [0, 1]) }
    world.run(for: .seconds(30))
    #expect(world.machines.allSatisfy { $0.status == .connected })
    world.run(until: world.put(Value("x", id: 1), at: key(0), from: old))
    world.run(until: world.put(Value("y", id: 2), at: key(1), from: new))
    let across = world.get(key(0), from: new), back = world.get(key(1), from: old)
    world.run(until: [across, back])
    #expect(across.values.map(\.id) == [1])
    #expect(back.values.map(\.id) == [2])
    verify(world)
  }
}
