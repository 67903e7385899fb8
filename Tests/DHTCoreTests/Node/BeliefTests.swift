import DHTModel
import DHTWire
import Testing

@testable import DHTCore

/// Whom a node believes, and what: seen from outside.
@Suite struct BeliefTests {
  typealias F = CoreFixture
  private let peer = F.contact(0x80)
  private let elsewhere = F.address(0x0099, port: 9999)

  @Test("W-43, N-31: transaction ids of a hundred requests to one node cannot be told from each other")
  func transactions() {
    var pair = Correspondent()
    for _ in 0..<100 { _ = pair.perform { node, now in node.ping(peer.address, now: now) } }
    let ids = pair.requests(to: peer.address).map(\.transaction)
    #expect(ids.count == 100 && Set(ids).count == 100)
    // Neither counted up nor close: the mean gap of 100 random numbers of 32 bits is a third of the range.
    let gaps = zip(ids, ids.dropFirst()).map { abs(Int64($1) - Int64($0)) }
    #expect(gaps.reduce(0, +) / 99 > 1 << 29)
    var other = Correspondent(seed: 2)
    _ = other.perform { node, now in node.ping(peer.address, now: now) }
    #expect(!ids.contains(other.requests(to: peer.address)[0].transaction))
  }

  @Test("W-43, W-14.4: a reply counts only from the address that was asked, with the id that was asked for")
  func replyAddress() throws {
    var pair = Correspondent()
    let ping = pair.perform { node, now in node.ping(peer.address, now: now) }
    let asked = try #require(pair.requests(to: peer.address).first)
    pair.answer(asked.transaction, Reply(), by: peer, from: elsewhere)
    pair.answer(asked.transaction, Reply(), by: peer, from: SocketAddress(ip: peer.address.ip, port: 1))
    pair.answer(asked.transaction &+ 1, Reply(), by: peer)
    #expect(pair.outcome(ping) == nil)
    #expect(pair.node.counters.unexpected == 3)
    #expect(pair.node.goodNodes(.ipv4, now: pair.now).isEmpty)
    pair.answer(asked.transaction, Reply(), by: peer)
    #expect(pair.outcome(ping) == .ping(PingOutcome(ending: .completed, node: peer, roundTrip: .zero)))
    #expect(pair.node.goodNodes(.ipv4, now: pair.now) == [peer])
    pair.answer(asked.transaction, Reply(), by: peer)
    #expect(pair.node.counters.unexpected == 4, "the second time nobody waits")
  }

  @Test("W-43: an error counts only from the address that was asked")
  func failureAddress() throws {
    var pair = Correspondent()
    let ping = pair.perform { node, now in node.ping(peer.address, now: now) }
    let asked = try #require(pair.requests(to: peer.address).first)
    let failure = Message.Body.failure(sender: peer.id, Failure(code: 500, text: ""))
    pair.receive(Message(transaction: asked.transaction, body: failure), from: elsewhere)
    #expect(pair.outcome(ping) == nil)
    pair.receive(Message(transaction: asked.transaction, body: failure), from: peer.address)
    #expect(pair.outcome(ping)?.ending == .completed)
  }

  @Test("W-14.4, W-40, N-30: a packet from another address moves nobody; that address is asked who it is")
  func claim() throws {
    var pair = Correspondent()
    pair.befriend(peer)
    _ = pair.ask(.ping, by: NodeContact(id: peer.id, address: elsewhere))
    #expect(pair.node.goodNodes(.ipv4, now: pair.now) == [peer])
    let check = pair.requests(to: elsewhere)
    #expect(check.map(\.request) == [.ping])
    // Again and again: asked once in ten seconds.
    for _ in 0..<20 { _ = pair.ask(.ping, by: NodeContact(id: peer.id, address: elsewhere)) }
    #expect(pair.requests(to: elsewhere).count == 1)
    _ = pair.takeSent()
    // It answers, and the old address answers as well: it stays.
    pair.answer(check[0].transaction, Reply(), by: peer, from: elsewhere)
    let probe = try #require(pair.requests(to: peer.address).first)
    #expect(probe.request == .ping)
    pair.answer(probe.transaction, Reply(), by: peer)
    #expect(pair.node.goodNodes(.ipv4, now: pair.now) == [peer])
  }

  @Test("W-14.4, W-40: a node moves when its new address answers and the old one is silent")
  func move() {
    var pair = Correspondent()
    pair.befriend(peer)
    let moved = NodeContact(id: peer.id, address: elsewhere)
    _ = pair.ask(.ping, by: moved)
    pair.answer(pair.requests(to: elsewhere)[0].transaction, Reply(), by: moved)
    #expect(pair.node.goodNodes(.ipv4, now: pair.now) == [peer], "the old address has its time to answer")
    pair.run(for: .seconds(10))
    #expect(pair.node.goodNodes(.ipv4, now: pair.now) == [moved])
  }

  @Test("W-40: a node that was only heard of elsewhere is where it answers")
  func unprovenAddress() {
    var pair = Correspondent()
    _ = pair.ask(.ping, by: NodeContact(id: peer.id, address: elsewhere))
    pair.befriend(peer)
    #expect(pair.node.goodNodes(.ipv4, now: pair.now) == [peer])
    #expect(pair.node.status == .connected)
  }

  @Test("W-40: a node that moved is not given up because something else was asked at its old address")
  func moveWhileAsked() {
    var pair = Correspondent()
    pair.befriend(peer)
    _ = pair.perform { node, now in node.get(F.id(0x82), now: now) }
    pair.run(for: .seconds(1))
    let moved = NodeContact(id: peer.id, address: elsewhere)
    _ = pair.ask(.ping, by: moved)
    pair.serve(moved)
    pair.run(for: .seconds(10))
    #expect(pair.node.goodNodes(.ipv4, now: pair.now) == [moved])
  }

  @Test("W-40: a search follows a node that moved: its listen goes on there, and its updates are believed there")
  func searchFollows() throws {
    var pair = Correspondent()
    pair.befriend(peer)
    let key = F.id(0x81)
    let moved = NodeContact(id: peer.id, address: elsewhere)
    let listen = pair.perform { node, now in node.listen(to: key, now: now) }
    pair.serve(peer)
    let opened = pair.socket(of: key)
    let socket = try #require(opened)
    _ = pair.ask(.ping, by: moved)
    pair.serve(moved)
    pair.run(for: .seconds(10))
    _ = pair.ask(
      .update(Request.Update(socket: socket, key: key, version: 1, values: ValueList([Value("v", id: 1)]))), by: moved)
    #expect(pair.changes(of: listen) == [.added(Value("v", id: 1))])
    _ = pair.takeSent()
    for _ in 0..<30 {
      pair.run(for: .seconds(1))
      pair.serve(moved)
    }
    #expect(pair.listensServed > 1, "renewed at the new address")
    #expect(pair.node.goodNodes(.ipv4, now: pair.now) == [moved])
  }

  @Test("W-14.3: a put that wants proof reads the value back; an acknowledgement alone is no proof")
  func verify() throws {
    for isKept in [true, false] {
      var pair = Correspondent()
      pair.befriend(peer)
      let key = F.id(0x81)
      let value = Value("v", id: 5)
      let put = pair.perform { node, now in node.put(value, at: key, options: PutOptions(verify: true), now: now) }
      pair.stores = isKept
      pair.serve(peer)
      guard case .put(let receipt)? = pair.outcome(put) else {
        Issue.record("the put never ended")
        return
      }
      #expect(receipt.ending == .completed && receipt.isVerified == isKept)
      #expect(receipt.stored == (isKept ? [peer] : []))
      #expect(receipt.failed == (isKept ? [] : [PutFailure(node: peer, reason: .notFoundOnVerify)]))
    }
  }

  @Test("W-14.3: without verification the receipt does not claim any")
  func unverified() {
    var pair = Correspondent()
    pair.befriend(peer)
    let put = pair.perform { node, now in node.put(Value("v", id: 5), at: F.id(0x81), now: now) }
    pair.serve(peer)
    guard case .put(let receipt)? = pair.outcome(put) else {
      Issue.record("the put never ended")
      return
    }
    #expect(receipt.stored == [peer] && !receipt.isVerified)
  }
}
