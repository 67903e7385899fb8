import DHTCore
import DHTModel
import DHTSimulator
import Testing

/// Networks that break, and heal.
@Suite("Worlds: recovery") struct RecoveryTests {
  private func good(_ world: World, _ number: Int) -> Int {
    world.inspect(number) { node, now in node.statistics(.ipv4, now: now).good }
  }

  @Test("A network whose nodes all lost one another for 10 min comes together again", arguments: UInt64(1)...2)
  func everybodyAlone(seed: UInt64) {
    let world = World(seed: seed)
    world.populate(15)
    world.isolate(Array(0..<15))
    world.run(for: .seconds(600))
    world.heal()
    world.run(for: .seconds(700))
    #expect(world.machines.dropFirst().allSatisfy { $0.status == .connected })
    let put = world.put(Value("x", id: 1), at: InfoHash(named: "key"), from: 3)
    world.run(until: put)
    let get = world.get(InfoHash(named: "key"), from: 9)
    world.run(until: get)
    #expect(get.values.map(\.id) == [1])
    verify(world)
  }

  @Test("After half of the nodes crashed the others drop them, and gets take no timeouts again")
  func halfCrashes() {
    let world = World(seed: 1)
    world.populate(40)
    world.crash(20..<40)
    world.run(for: .seconds(1200))
    let gets = (1..<11).map { world.get(InfoHash(named: "key \($0)"), from: $0) }
    world.run(until: gets)
    #expect(gets.allSatisfy { $0.isCompleted })
    let slow = gets.filter { ($0.duration ?? .seconds(99)) > .milliseconds(300) }
    #expect(slow.count <= 1, "\(slow)")
    verify(world)
  }

  @Test("A node that restarts with its id is found again under its new life")
  func restart() {
    let world = World(seed: 1)
    world.populate(20)
    world.run(until: world.put(Value("x", id: 1), at: InfoHash(named: "key"), from: 2))
    world.restart(5)
    world.bootstrap(5, through: [0])
    world.run(for: .seconds(30))
    #expect(world.machines[5].status == .connected)
    #expect(good(world, 5) >= 8)
    let get = world.get(InfoHash(named: "key"), from: 5)
    world.run(until: get)
    #expect(get.values.map(\.id) == [1])
    verify(world)
  }

  @Test("Operations made while connecting wait for the bootstrap, then succeed")
  func earlyOperations() {
    let world = World(seed: 1)
    world.populate(10)
    let late = world.addNode()
    world.bootstrap(late, through: [0])
    let put = world.put(Value("x", id: 1), at: InfoHash(named: "key"), from: late)
    let get = world.get(InfoHash(named: "other"), from: late)
    #expect(!put.isFinished)
    world.run(until: [put, get])
    #expect(put.isCompleted)
    #expect(put.receipt?.stored.count == 8)
    #expect(get.isCompleted)
    verify(world)
  }

  @Test("Deadlines end every operation on time, with what it has")
  func deadlines() {
    let world = World(seed: 1)
    world.populate(20)
    world.crash(10..<20)
    let key = InfoHash(named: "key"), limit = Duration.milliseconds(15)
    let operations = [
      world.get(key, deadline: limit, from: 1), world.put(Value("x"), at: key, deadline: limit, from: 2),
      world.query(key, Query(select: [.id]), deadline: limit, from: 3), world.listen(to: key, deadline: limit, from: 4),
      world.ping(world.contact(of: 15).address, deadline: limit, from: 5),
    ]
    world.run(for: .seconds(1))
    for operation in operations {
      #expect(operation.ending == .timedOut, "\(operation)")
      #expect(operation.duration == limit)
    }
    verify(world)
  }

  @Test("Every kind of operation, many at once, cancelled at random, ends exactly once", arguments: UInt64(1)...4)
  func chaos(seed: UInt64) {
    let world = World(seed: seed, network: NetworkModel(jitter: .milliseconds(30), loss: 0.1, duplication: 0.1))
    world.populate(20, settling: .seconds(5))
    var running: [Operation] = []
    for step in 0..<300 {
      let key = InfoHash(named: "key \(Int.random(in: 0..<5, using: &world.random))"), node = world.randomNode()
      let text = "v\(Int.random(in: 0..<3, using: &world.random))"
      let value = Value(text, id: UInt64.random(in: 1...4, using: &world.random))
      switch Int.random(in: 0..<9, using: &world.random) {
      case 0, 1: running.append(world.get(key, from: node))
      case 2: running.append(world.put(value, at: key, from: node))
      case 3: running.append(world.putPermanently(value, at: key, from: node))
      case 4: running.append(world.listen(to: key, from: node))
      case 5: running.append(world.query(key, Query(select: [.id, .userType]), deadline: .seconds(1), from: node))
      case 6: world.cancelPut(value.id, at: key, from: node)
      case 7: if let one = running.randomElement(using: &world.random), !one.isFinished { world.cancel(one) }
      default:
        guard step % 20 == 0, node > 0 else { break }
        for one in running where one.node == node && !one.isFinished { world.cancel(one) }
        running.removeAll { $0.node == node }
        world.restart(node, keepingID: step % 40 == 0)
        world.bootstrap(node, through: [0])
      }
      world.run(for: .milliseconds(Int.random(in: 0..<400, using: &world.random)))
    }
    world.run(for: .seconds(30))
    world.checkInvariants()
    for operation in running where operation.kind == .get || operation.kind == .query {
      #expect(operation.isFinished, "seed \(seed): \(operation)")
    }
    verify(world)
  }
}
