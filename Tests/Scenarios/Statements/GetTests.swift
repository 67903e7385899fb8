import DHTCore
import DHTModel
import DHTSimulator
import DHTWire
import Testing

/// node.md §11, "Get".
@Suite("Get") struct GetTests {
  private let key = InfoHash(named: "key")

  @Test("N-59: values in local storage are delivered at once, also off-line")
  func local() {
    let stage = Stage()
    defer { stage.verify() }
    stage.world.put(Value("x", id: 5), at: key, from: 0)
    let get = stage.world.get(key, from: 0)
    #expect(get.values.map(\.id) == [5])
    #expect(get.sources == [.local])
    #expect(get.isFinished)
    let friends = stage.friends(3, around: key)
    let online = stage.world.get(key, from: 0)
    #expect(online.values.map(\.id) == [5])
    #expect(!online.isFinished)
    stage.world.run(until: online)
    #expect(!friends[0].heard(.get, about: key).isEmpty)
  }

  @Test("N-60: the same value from three nodes is delivered once")
  func once() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(8, around: key)
    for friend in friends[..<3] { friend.hold([Value("x", id: 5)], at: key) }
    let get = stage.world.get(key, from: 0)
    stage.world.run(until: get)
    #expect(get.values.map(\.id) == [5])
    #expect(get.got?.delivered == 1)
    #expect(get.got?.answered == 8)
  }

  @Test("N-60, W-10: two contents under one id, alternating on four nodes, are delivered once each")
  func twoContents() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(4, around: key)
    for (index, friend) in friends.enumerated() { friend.hold([Value(index % 2 == 0 ? "A" : "B", id: 5)], at: key) }
    let get = stage.world.get(key, from: 0)
    stage.world.run(until: get)
    #expect(get.values.compactMap(\.text).sorted() == ["A", "B"])
  }

  @Test("N-61: a key without values ends with success and no values")
  func nothing() throws {
    let stage = Stage()
    defer { stage.verify() }
    _ = stage.friends(8, around: key)
    let get = stage.world.get(key, from: 0)
    stage.world.run(until: get)
    #expect(get.isCompleted)
    #expect(get.values.isEmpty)
    #expect(get.got?.answered == 8)
    #expect(try #require(get.duration) <= .milliseconds(100))
  }

  @Test("N-62, N-63: a get that is cancelled at its first value ends at once, and nothing follows")
  func cancel() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(8, around: key)
    for (index, friend) in friends.enumerated() { friend.hold([Value("x", id: UInt64(index + 1))], at: key) }
    friends[6].manner = .slow(.seconds(1))
    let get = stage.world.get(key, from: 0)
    stage.world.run(atMost: .seconds(5)) { !get.values.isEmpty }
    stage.world.cancel(get)
    #expect(get.ending == .cancelled)
    let count = get.values.count
    stage.world.run(for: .seconds(10))
    #expect(get.values.count == count)
  }

  @Test("N-63: a value that arrives after the end is not delivered")
  func tooLate() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(8, around: key)
    friends[2].hold([Value("x", id: 1)], at: key)
    friends[2].manner = .slow(.seconds(11))
    let get = stage.world.get(key, from: 0)
    stage.world.run(until: get)
    #expect(get.isCompleted)
    stage.world.run(for: .seconds(20))
    #expect(get.values.isEmpty)
  }

  @Test("N-64: the zero key is refused in every operation")
  func zeroKey() {
    let stage = Stage()
    defer { stage.verify() }
    let friend = stage.friend()
    let operations = [
      stage.world.get(.zero, from: 0), stage.world.put(Value("x"), at: .zero, from: 0),
      stage.world.listen(to: .zero, from: 0), stage.world.query(.zero, Query(select: [.id]), from: 0),
    ]
    for operation in operations { #expect(operation.ending == .invalid(.zeroKey)) }
    stage.world.run(for: .milliseconds(200))
    #expect(!friend.heard.contains { $0.key == .zero })
  }

  @Test("N-65: a restriction on the id is sent, and only matching values are delivered")
  func restriction() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(8, around: key)
    let values = (1...3).map { Value("x", id: UInt64($0)) }
    friends[0].hold(values, at: key)
    // A peer that does not filter.
    friends[1].react(to: .get) { received in
      .reply(Reply(token: friends[1].token(for: received.source), values: ValueList(values)))
    }
    let get = stage.world.get(key, where: [.id(2)], from: 0)
    stage.world.run(until: get)
    #expect(get.values.map(\.id) == [2])
    let sent = friends.flatMap { $0.heard(.get, about: key) }
    #expect(!sent.isEmpty)
    #expect(sent.allSatisfy { $0.get?.query?.filters == [.id(2)] })
  }

  @Test("N-66: with a synced listen on the key a get is answered from its cache without a packet")
  func fromListen() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(4, around: key)
    friends[1].hold([Value("x", id: 1)], at: key)
    let listen = stage.world.listen(to: key, from: 0)
    stage.world.run(for: .seconds(5))
    #expect(listen.added.map(\.id) == [1])
    let get = stage.world.get(key, from: 0)
    stage.world.run(for: .seconds(1))
    #expect(get.isCompleted)
    #expect(get.values.map(\.id) == [1])
    #expect(get.sources == [.listen])
    #expect(friends.allSatisfy { $0.heard(.get, about: key).isEmpty })
    stage.world.cancel(listen)
  }

  @Test("N-67: records of a query from several nodes are all delivered")
  func records() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(4, around: key)
    for (index, friend) in friends.enumerated() {
      friend.hold([Value([1], userType: "t\(index)", id: UInt64(index + 1))], at: key)
    }
    let query = stage.world.query(key, Query(select: [.id, .userType]), from: 0)
    stage.world.run(until: query)
    #expect(query.isCompleted)
    #expect(query.records.compactMap(\.id).sorted() == [1, 2, 3, 4])
    let types = query.records.compactMap { $0.userTypeBytes.map { String(decoding: $0, as: UTF8.self) } }
    #expect(types.sorted() == ["t0", "t1", "t2", "t3"])
  }

  @Test("N-68: with a silent node in the other family only, done comes within 1 s after the live family")
  func otherFamilySilent() throws {
    let stage = Stage { $0.families = [.ipv4, .ipv6] }
    defer { stage.verify() }
    let live = stage.friends(4, around: key)
    let dead = stage.stranger(id: key.neighbour(9, using: &stage.world.random), .ipv6)
    dead.meet()
    dead.manner = .silent
    live[0].hold([Value("x", id: 1)], at: key)
    let get = stage.world.get(key, from: 0)
    stage.world.run(until: get)
    #expect(get.values.map(\.id) == [1])
    #expect(get.isCompleted)
    #expect(try #require(get.duration) <= .milliseconds(1100))
  }
}
