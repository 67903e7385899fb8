import DHTCore
import DHTModel
import DHTSimulator
import DHTWire
import Testing

/// What strangers may send must neither stop a node, nor let it grow, nor cost it its contacts.
@Suite("Abuse") struct AbuseTests {
  private let key = InfoHash(named: "key")

  @Test("Random and mutated packets neither stop the node nor change what it holds", arguments: UInt64(1)...3)
  func mutations(seed: UInt64) throws {
    let stage = Stage(seed: seed)
    defer { stage.verify() }
    let friends = stage.friends(4, around: key), mallory = stage.stranger(manner: .silent)
    let values = [Value("x", id: 1), Value("y", id: 2)]
    try stage.put(values, at: key, by: friends[0])
    let listen = stage.world.listen(to: key, from: 0)
    let packets = samples(sender: mallory.id, token: friends[0].token(for: stage.contact.address))
    for _ in 0..<1500 {
      guard var bytes = packets.randomElement(using: &stage.world.random) else { break }
      for _ in 0..<Int.random(in: 1...4, using: &stage.world.random) {
        let place = Int.random(in: bytes.indices, using: &stage.world.random)
        switch Int.random(in: 0..<4, using: &stage.world.random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &stage.world.random)
        case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &stage.world.random)
        case 2: bytes.insert(UInt8.random(in: 0...255, using: &stage.world.random), at: place)
        default: bytes.removeSubrange(place...)
        }
        if bytes.isEmpty { bytes = [0] }
      }
      mallory.send(bytes: bytes)
      stage.world.run(for: .milliseconds(5))
    }
    stage.world.run(for: .seconds(15))
    #expect(friends[0].ask(.ping) != nil)
    for value in values { #expect(stage.held(at: key).contains(value)) }
    stage.world.cancel(listen)
  }

  /// One packet of each kind.
  private func samples(sender: NodeID, token: Token) -> [[UInt8]] {
    let values = ValueList([Value("z", id: 3)]), large = ValueList([Value(Array(repeating: 1, count: 3000), id: 4)])
    let requests: [Request] = [
      .ping, .find(.init(target: key)), .get(.init(key: key, query: Query(select: [.id], where: [.id(1)]))),
      .put(.init(key: key, values: values, token: token)), .put(.init(key: key, values: large, token: token)),
      .listen(.init(key: key, token: token, socket: 5)), .refresh(.init(key: key, valueID: 1, token: token)),
      .update(.init(socket: 5, key: key, version: 1, values: values)), .update(.init(socket: 5, expired: [1])),
    ]
    var bodies = requests.map { Message.Body.request(sender: sender, $0) }
    bodies.append(.reply(sender: sender, Reply(token: token, values: values)))
    bodies.append(.failure(sender: sender, .unknownStorage))
    bodies.append(.legacyPush(sender: sender, LegacyPush(token: token, expired: [1])))
    return bodies.flatMap { body in
      var arena = PacketArena()
      Message(transaction: 77, body: body).encode(into: &arena)
      return (0..<arena.count).map { Array(arena.bytes[arena.range(of: $0)]) }
    }
  }

  @Test("A peer that names thousands of nodes fills no memory, and pushes out no live node")
  func inventedNodes() {
    let stage = Stage { $0.limits.knownNodes = 200 }
    defer { stage.verify() }
    let friends = stage.friends(8, around: key)
    let liar = stage.friend(id: key.neighbour(30, using: &stage.world.random))
    liar.react(to: .get) { [key] received in
      let invented = (0..<8).map { rank in
        let number = UInt32.random(in: 0x2000_0000...0x3000_0000, using: &stage.world.random)
        let id = key.neighbour(110 + rank % 8, using: &stage.world.random)
        return NodeContact(id: id, address: SocketAddress(ip: IPAddress(ipv4: number), port: 4222))
      }
      return .reply(Reply(nodes4: invented, token: liar.token(for: received.source)))
    }
    friends[7].hold([Value("x", id: 1)], at: key)
    for _ in 0..<30 {
      let get = stage.world.get(key, from: 0)
      stage.world.run(until: get)
      #expect(get.values.map(\.id) == [1])
    }
    let statistics = stage.world.inspect(0) { node, now in node.statistics(.ipv4, now: now) }
    #expect(statistics.knownNodes <= 300)
  }

  @Test("Listeners and stored values of one address are bounded")
  func bounds() throws {
    let stage = Stage {
      $0.limits.listenersPerAddress = 20
      $0.limits.valuesPerKey = 30
      $0.limits.storageBytes = 100_000
    }
    defer { stage.verify() }
    let greedy = stage.stranger(), token = try stage.token(for: greedy)
    for index in 0..<100 {
      greedy.send(.listen(.init(key: InfoHash(named: "key \(index)"), token: token, socket: SocketID(index + 1))))
      let value = Value(Array(repeating: 1, count: 5000), id: UInt64(index + 1))
      greedy.send(.put(.init(key: key, values: ValueList([value]), token: token)))
      greedy.send(
        .put(.init(key: InfoHash(named: "small"), values: ValueList([Value([1], id: value.id)]), token: token)))
      stage.world.run(for: .milliseconds(50))
    }
    let storage = stage.world.inspect(0) { node, _ in node.storageStatistics }
    #expect(storage.listeners <= 20)
    #expect(storage.bytes <= 100_000)
    #expect(stage.held(at: InfoHash(named: "small")).count <= 30)
    #expect(storage.values >= 10)
  }

  @Test("W-43, W-14.4: replies that nobody asked for, or from another address, change nothing")
  func unaskedReplies() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(4, around: key), forger = stage.stranger(manner: .silent)
    friends[0].manner = .ignoring(.get)
    let get = stage.world.get(key, from: 0)
    stage.world.run(for: .milliseconds(30))
    for transaction in TransactionID(0)..<2000 {
      let reply = Reply(token: Token([1, 2, 3]), values: ValueList([Value("forged", id: 1)]))
      let body = Message.Body.reply(sender: friends[0].id, reply)
      forger.send(Message(transaction: transaction, body: body))
    }
    // The right transaction from the wrong address is as worthless.
    if let asked = friends[0].heard(.get).last {
      let reply = Reply(token: Token([1, 2, 3]), values: ValueList([Value("forged", id: 1)]))
      let message = Message(transaction: asked.transaction, body: .reply(sender: friends[0].id, reply))
      forger.send(message, from: forger.address)
    }
    stage.world.run(until: get)
    #expect(get.values.isEmpty)
    #expect(!stage.offered(to: friends[1], near: friends[0].id).contains { $0.address == forger.address })
  }
}
