import DHTCore
import DHTModel
import DHTSimulator
import DHTWire
import Testing

/// node.md §10: where we do better than the reference on purpose.
@Suite("Better than the reference") struct BetterTests {
  private let key = InfoHash(named: "key")

  @Test(
    "W-3: the first timeout follows the measured round trip, more is asked when replies are missing, and no node is asked again within 1 s"
  )
  func adaptiveTimeout() {
    let stage = Stage()
    defer { stage.verify() }
    let puppets = stage.friends(14, around: key)
    for puppet in puppets[..<8] { puppet.manner = .silent }
    puppets[9].hold([Value("x", id: 1)], at: key)
    let get = stage.world.get(key, from: 0)
    stage.world.run(for: .milliseconds(600))
    // Round trips of 20 ms are known, so 250 ms of silence are enough to go on.
    #expect(get.values.map(\.id) == [1])
    #expect(puppets[8..<12].allSatisfy { !$0.heard(.get, about: key).isEmpty })
    stage.world.run(for: .seconds(12))
    for puppet in puppets[..<8] {
      #expect(gaps(puppet.heard(.get, about: key)).allSatisfy { $0 >= .seconds(1) })
    }
  }

  @Test("W-4: a get stops when the nearest 8 answered")
  func nearestEightOnly() {
    let stage = Stage()
    defer { stage.verify() }
    let puppets = stage.friends(14, around: key)
    let get = stage.world.get(key, from: 0)
    stage.world.run(until: get)
    stage.world.run(for: .seconds(2))
    #expect(
      puppets.map { $0.heard(.get, about: key).count } == Array(repeating: 1, count: 8) + Array(repeating: 0, count: 6))
  }

  @Test("W-4: values of a large key are fetched from one holder each, others only on failure")
  func oneHolderPerValue() {
    let stage = Stage()
    defer { stage.verify() }
    let puppets = stage.friends(8, around: key)
    let values = (1...12).map { Value(Array(repeating: UInt8($0), count: 900), id: UInt64($0)) }
    for puppet in puppets { puppet.hold(values, at: key) }
    let get = stage.world.get(key, from: 0)
    stage.world.run(until: get)
    #expect(get.values.map(\.id).sorted() == Array(1...12))
    let whole = puppets.flatMap { $0.heard(.get, about: key) }.filter { $0.get?.query?.select.isEmpty ?? true }
    #expect(whole.count { $0.get?.query?.filters.isEmpty ?? true } <= 4)
    let single = whole.compactMap { $0.get?.query?.filters.first }
    #expect(Set(single).count == single.count)
  }

  @Test("W-10: each distinct content is delivered once, and a higher sequence is delivered, too")
  func contents() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(6, around: key)
    func signed(_ sequence: UInt16) -> Value {
      let signature = Value.Signature(owner: [1, 2, 3], sequence: sequence, signature: [UInt8(sequence)])
      return Value(id: 1, content: .signed(Value.Body(data: [UInt8(sequence)]), signature))
    }
    for (index, friend) in friends.enumerated() { friend.hold([signed(index % 2 == 0 ? 4 : 7)], at: key) }
    let get = stage.world.get(key, from: 0)
    stage.world.run(until: get)
    #expect(get.values.contains(signed(7)))
    #expect(Set(get.values).count == get.values.count)
    #expect(get.values.count <= 2)
  }

  @Test(
    "W-13: listens are renewed every 290 s once our own address was stable for 10 min, every 20 s again after a 401")
  func stableListens() throws {
    let stage = Stage()
    defer { stage.verify() }
    let own = stage.contact.address.ip
    stage.world.with(0) { node, now in node.setLocalAddresses([own], now: now) }
    let friends = stage.friends(4, around: key)
    let listen = stage.world.listen(to: key, from: 0)
    stage.world.run(for: .seconds(300))
    let before = friends[0].heard(.listen, about: key).count
    #expect((14...18).contains(before))
    stage.world.run(for: .seconds(600))
    let middle = friends[0].heard(.listen, about: key).count
    stage.world.run(for: .seconds(1200))
    let after = friends[0].heard(.listen, about: key).count
    #expect((3...6).contains(after - middle), "\(after - middle) listens in 20 min")
    var refusals = 0
    friends[0].react(to: .listen) { _ in
      refusals += 1
      return refusals == 1 ? .failure(.listenWithWrongToken) : .ordinary
    }
    stage.world.run(atMost: .seconds(300)) { refusals > 0 }
    let refused = try #require(friends[0].heard(.listen, about: key)[after...].first)
    stage.world.run(for: .seconds(90))
    let again = friends[0].heard(.listen, about: key).filter { $0.at > refused.at }
    #expect(again.count >= 4, "\(again.count) listens in 90 s after a 401")
    stage.world.cancel(listen)
  }

  @Test("W-13: the renewals of many listens are spread evenly")
  func spread() {
    let stage = Stage()
    defer { stage.verify() }
    let friend = stage.friend()
    let listens = (0..<200).map { stage.world.listen(to: InfoHash(named: "key \($0)"), from: 0) }
    stage.world.run(for: .seconds(200))
    let late = friend.heard(.listen).filter { stage.world.now - $0.at < .seconds(60) }
    let perSecond = Dictionary(grouping: late) { $0.at.nanoseconds / 1_000_000_000 }.mapValues(\.count)
    #expect(late.count >= 500)
    #expect((perSecond.values.max() ?? 0) <= 30, "\(perSecond.values.max() ?? 0) in one second")
    for listen in listens { stage.world.cancel(listen) }
  }

  @Test("W-47: a candidate takes the place of a dead node at once")
  func candidate() {
    let stage = Stage { $0.nodeID = InfoHash(named: "own").settingBit(0, to: false) }
    defer { stage.verify() }
    func id(far: Bool) -> InfoHash { InfoHash.random(using: &stage.world.random).settingBit(0, to: far) }
    _ = stage.friend(id: id(far: false))
    let full = (0..<8).map { _ in stage.friend(id: id(far: true)) }
    let waiting = stage.friend(id: id(far: true))
    func inTable() -> Set<NodeID> {
      let table = stage.world.inspect(0) { node, now in node.routingTableDescription(.ipv4, now: now) }
      return Set(table.flatMap(\.nodes).map(\.contact.id))
    }
    #expect(!inTable().contains(waiting.id))
    stage.lose(full[2])
    #expect(inTable().contains(waiting.id))
    #expect(!inTable().contains(full[2].id))
  }

  @Test("W-50: a name that takes long to resolve stops nothing")
  func slowResolver() {
    let stage = Stage()
    defer { stage.verify() }
    stage.world.resolutionTime = .seconds(10)
    let entry = stage.stranger()
    stage.world.names["entry"] = [entry.address.ip]
    stage.world.with(0) { node, now in node.addBootstrap(Host(name: "entry"), now: now) }
    let put = stage.world.put(Value("x", id: 1), at: key, from: 0)
    #expect(entry.ask(.ping)?.reply != nil)
    #expect(entry.ask(.get(.init(key: key)))?.reply?.values.values.map(\.id) == [1])
    stage.world.run(until: put, atMost: .seconds(20))
    #expect(put.isCompleted)
  }
}
