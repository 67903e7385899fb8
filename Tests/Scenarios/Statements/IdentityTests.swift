import DHTCore
import DHTModel
import DHTSimulator
import DHTWire
import Testing

/// node.md §11, "Identity and filters".
@Suite("Identity and filters") struct IdentityTests {
  @Test("N-1: without configuration two starts give two different node ids")
  func randomIDs() {
    let world = World(seed: 1)
    let first = world.addNode(), second = world.addNode()
    #expect(world.machines[first].nodeID != world.machines[second].nodeID)
    #expect(world.machines[first].nodeID != .zero)
    let old = world.machines[first].nodeID
    world.restart(first, keepingID: false)
    #expect(world.machines[first].nodeID != old)
  }

  @Test("N-3: a configured node id is used unchanged, in every packet")
  func configuredID() throws {
    let id = InfoHash(named: "our node"), key = InfoHash(named: "key")
    let stage = Stage { $0.nodeID = id }
    defer { stage.verify() }
    #expect(stage.id == id)
    let friends = stage.friends(3, around: key)
    let put = stage.world.put(Value("x"), at: key, from: 0)
    let listen = stage.world.listen(to: key, from: 0)
    stage.world.run(for: .seconds(5))
    _ = friends[0].ask(.ping)
    _ = friends[0].ask(.get(.init(key: .zero)))
    stage.world.cancel(listen)
    #expect(put.isCompleted)
    let senders = friends.flatMap(\.heard).filter { $0.kind != .part }.map(\.sender)
    #expect(senders.count > 20)
    #expect(senders.allSatisfy { $0 == id })
  }

  @Test("N-5: a packet with another network id gets no answer")
  func otherNetwork() {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger()
    puppet.send(.ping, network: 3)
    puppet.send(.find(.init(target: stage.id)), network: 3)
    #expect(puppet.hearsNothing(for: .seconds(10)))
    #expect(puppet.ask(.ping) != nil)
  }

  @Test("N-6: a node of network 7 answers packets of network 7, and puts the id into its replies")
  func ownNetwork() {
    let stage = Stage { $0.network = 7 }
    defer { stage.verify() }
    let puppet = stage.stranger(manner: Manner { $0.network = 7 })
    let reply = puppet.ask(.ping)
    #expect(reply?.reply != nil)
    #expect(reply?.message?.network == 7)
    puppet.clearInbox()
    puppet.send(.ping, network: 0)
    #expect(puppet.hearsNothing(of: .reply, for: .seconds(2)))
  }

  @Test("N-7: a packet that carries the receiver's own id gets no answer")
  func ownID() {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger()
    puppet.send(.ping, as: stage.id)
    puppet.send(.find(.init(target: puppet.id)), as: stage.id)
    #expect(puppet.hearsNothing(for: .seconds(10)))
  }

  @Test("N-8: a packet that carries the zero id gets no answer")
  func zeroID() {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger()
    puppet.send(.ping, as: .zero)
    puppet.send(.find(.init(target: puppet.id)), as: .zero)
    #expect(puppet.hearsNothing(for: .seconds(10)))
  }

  @Test("N-9: an unknown query name gets no answer")
  func unknownQuery() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.friend()
    var arena = PacketArena()
    Message(transaction: 77, body: .request(sender: puppet.id, .ping)).encode(into: &arena)
    var bytes = arena.bytes
    let name = try #require(bytes.indices.first { bytes[$0...].starts(with: "ping".utf8) })
    bytes[name + 1] = UInt8(ascii: "o")
    puppet.send(bytes: bytes)
    stage.world.run(for: .seconds(2))
    #expect(!puppet.heard.contains { $0.transaction == 77 })
  }

  @Test("N-10: a ping reply carries the requester's IP without port", arguments: AddressFamily.allCases)
  func observedAddress(family: AddressFamily) {
    let stage = Stage { $0.families = [.ipv4, .ipv6] }
    defer { stage.verify() }
    let puppet = stage.stranger(family)
    #expect(puppet.ask(.ping)?.reply?.observed == puppet.address.ip)
  }

  @Test("N-11: 3000 pings from one IP within half a second get 1024 replies; another IP is still served")
  func rateLimit() {
    let stage = Stage()
    defer { stage.verify() }
    let loud = stage.stranger(), calm = stage.stranger()
    for _ in 0..<3000 {
      loud.send(.ping)
      stage.world.run(for: .microseconds(160))
    }
    #expect(calm.ask(.ping, within: .milliseconds(50)) != nil)
    #expect(loud.heard(.reply).count == 1024)
    stage.world.run(for: .seconds(2))
    #expect(loud.ask(.ping) != nil)
  }

  @Test("N-12: node list entries with port 0, first byte 0 or ≥ 224 are ignored; private addresses are kept")
  func martians() throws {
    let stage = Stage()
    defer { stage.verify() }
    let key = InfoHash(named: "key")
    let guide = stage.friend()
    func contact(_ ipv4: UInt32, _ port: UInt16) -> NodeContact {
      NodeContact(
        id: key.neighbour(5, using: &stage.world.random), address: SocketAddress(ip: IPAddress(ipv4: ipv4), port: port))
    }
    let martians = [
      contact(0x0102_0304, 0), contact(0x0001_0203, 4222), contact(0xe000_0001, 4222), contact(0xffff_ffff, 4222),
      contact(0xf000_0001, 4222),
    ]
    let home = SocketAddress(ip: IPAddress(ipv4: 0x0a01_0203), port: 4222)
    let neighbour = stage.stranger(id: key.neighbour(7, using: &stage.world.random), at: home)
    guide.nodes = martians + [neighbour.contact]
    var destinations: Set<SocketAddress> = []
    stage.world.onTrace = { destinations.insert($0.destination) }
    stage.world.run(until: stage.world.get(key, from: 0))
    #expect(!neighbour.heard(.get, about: key).isEmpty)
    for martian in martians { #expect(!destinations.contains(martian.address)) }
  }

  @Test("N-13: a loopback entry in a node list is used with the replier's IP and the listed port")
  func loopback() {
    let stage = Stage()
    defer { stage.verify() }
    let key = InfoHash(named: "key")
    let guide = stage.friend()
    let housemate = stage.stranger(
      id: key.neighbour(0, using: &stage.world.random), at: SocketAddress(ip: guide.address.ip, port: 5001))
    guide.nodes = [
      NodeContact(id: housemate.id, address: SocketAddress(ip: IPAddress(ipv4: 0x7f00_0001), port: 5001))
    ]
    stage.world.run(until: stage.world.get(key, from: 0))
    #expect(!housemate.heard(.get, about: key).isEmpty)
  }

  @Test("N-14: our own id in a node list is ignored")
  func ownIDInNodeList() {
    let stage = Stage()
    defer { stage.verify() }
    let guide = stage.friend(), double = stage.stranger(id: stage.id)
    guide.nodes = [double.contact]
    stage.world.run(until: stage.world.get(stage.id, from: 0))
    stage.world.run(for: .seconds(60))
    #expect(double.heard.isEmpty)
  }

  @Test("N-15: a sender with the client flag gets answers, may put, listen, and receives updates")
  func clientIsServed() throws {
    let stage = Stage()
    defer { stage.verify() }
    let key = InfoHash(named: "key")
    let client = stage.stranger(manner: Manner { $0.isClient = true }), other = stage.stranger()
    #expect(client.ask(.ping)?.reply != nil)
    #expect(try stage.put([Value("x", id: 1)], at: key, by: client)?.reply?.valueID == 1)
    #expect(stage.held(at: key).map(\.id) == [1])
    #expect(try stage.listen(to: key, socket: 9, by: client)?.reply != nil)
    #expect(client.expect(.update)?.update?.values.values.map(\.id) == [1])
    try stage.put([Value("y", id: 2)], at: key, by: other)
    #expect(client.expect(.update)?.update?.values.values.map(\.id) == [2])
  }

  @Test("N-16: a sender with the client flag is never in find replies and gets no maintenance packets")
  func clientIsNotOffered() {
    let stage = Stage()
    defer { stage.verify() }
    let client = stage.stranger(manner: Manner { $0.isClient = true })
    let friends = stage.friends(3)
    for _ in 0..<20 {
      #expect(client.ask(.ping) != nil)
      stage.world.run(for: .seconds(9))
      #expect(!stage.offered(to: friends[0], near: client.id).contains { $0.id == client.id })
    }
    #expect(client.heard.allSatisfy { $0.kind == .reply })
  }

  @Test("N-17, N-19: a node whose search reply has no token gets no further answer from us, for 10 min")
  func blacklist() {
    let stage = Stage()
    defer { stage.verify() }
    let key = InfoHash(named: "key")
    let bad = stage.friend(manner: .withoutToken), good = stage.friend()
    stage.world.run(until: stage.world.get(key, from: 0))
    #expect(!bad.heard(.get, about: key).isEmpty)
    #expect(bad.ask(.ping) == nil)
    #expect(good.ask(.ping) != nil)
    stage.world.run(for: .seconds(570))
    #expect(bad.ask(.ping) == nil)
    stage.world.run(for: .seconds(60))
    #expect(bad.ask(.ping) != nil)
  }

  @Test("N-18: a maintenance find answered without token does not black-list")
  func maintenanceDoesNotBlacklist() {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger(manner: .withoutToken)
    puppet.send(.ping)
    #expect(puppet.expect(.find, within: .seconds(3)) != nil)
    stage.world.run(for: .seconds(1))
    #expect(puppet.ask(.ping) != nil)
  }
}
