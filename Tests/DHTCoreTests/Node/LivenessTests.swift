import DHTModel
import DHTWire
import Testing

@testable import DHTCore

/// Whom a node believes to be there, and whom not.
@Suite struct LivenessTests {
  typealias F = CoreFixture

  @Test("N-26: a good node is offered for ten minutes after its last news, and not a second longer")
  func tenMinutes() {
    for (silence, isOffered) in [(Duration.seconds(599), true), (.seconds(601), false)] {
      var pair = Correspondent()
      pair.befriend(F.contact(0x80))
      // Nothing runs meanwhile, so nothing but its age tells against it.
      pair.skip(silence)
      let find = Request.Find(target: F.id(0x80), want: .unspecified)
      let reply = pair.ask(.find(find), by: F.contact(0x40)).first?.reply
      #expect(reply?.nodes4?.contains(F.contact(0x80)) ?? false == isOffered)
    }
  }

  @Test("N-8: no packet with the zero id is answered, believed or remembered, whatever its kind")
  func zeroID() {
    var pair = Correspondent()
    pair.befriend(F.contact(0x80))
    let bodies: [Message.Body] = [
      .request(sender: .zero, .ping), .reply(sender: .zero, Reply()), .failure(sender: .zero, .unknownStorage),
      .legacyPush(sender: .zero, LegacyPush(expired: [1])),
    ]
    for body in bodies { pair.receive(Message(transaction: 5, body: body), from: F.address(9)) }
    #expect(pair.sent.isEmpty && pair.node.overlays[0].contacts.known[.zero] == nil)
    #expect(pair.node.counters.malformed == bodies.count)
  }

  @Test("A node that shut down pings nobody")
  func shutDown() {
    var pair = Correspondent()
    pair.perform { node, now in node.shutDown(now: now) }
    let ping = pair.perform { node, now in node.ping(F.address(9), now: now) }
    #expect(pair.outcome(ping)?.ending == .cancelled && pair.sent.isEmpty)
  }

  @Test("A ping that was sent twice counts from its first send: nobody knows which one was answered")
  func roundTrip() throws {
    var pair = Correspondent()
    let friend = F.contact(0x80)
    let ping = pair.perform { node, now in node.ping(friend.address, now: now) }
    pair.run(for: .seconds(2))
    #expect(pair.requests(to: friend.address).count == 2)
    pair.serve(friend)
    guard case .ping(let outcome)? = pair.outcome(ping) else {
      Issue.record("the ping has no outcome")
      return
    }
    #expect(outcome.roundTrip == .seconds(2))
  }

  @Test("W§8.5: a black-listed address that others name is not asked whether it lives")
  func blacklisted() {
    var pair = Correspondent.among(4)
    let bad = F.contact(0x81, 9)
    pair.node.context.blacklist.insert(bad.address, now: pair.now)
    pair.named = [bad]
    let get = pair.perform { node, now in node.get(F.id(0x81), now: now) }
    for _ in 0..<5 {
      for number in 1...4 as ClosedRange<UInt32> { pair.serve(F.contact(0x80, number)) }
      pair.run(for: .seconds(1))
    }
    #expect(pair.outcome(get)?.ending == .completed)
    #expect(pair.requests(to: bad.address).isEmpty && pair.node.overlays[0].contacts.known[bad.id] == nil)
  }

  @Test("W-40: a node that others name elsewhere, long after its last news, keeps nothing of its old address")
  func movedByHearsay() {
    var pair = Correspondent()
    let friend = F.contact(0x80)
    pair.befriend(friend)
    let moved = NodeContact(id: friend.id, address: F.address(0x99))
    pair.node.overlays[0].contacts.known.update(friend.id) { node in
      node.token = Token(words: 1, 2, 3, 4)
      node.synced = pair.now
    }
    pair.skip(.seconds(700))
    pair.perform { node, now in node.insert(moved, now: now) }
    let known = pair.node.overlays[0].contacts.known[friend.id]
    #expect(known?.address == moved.address && known?.token == nil && known?.synced == .distantPast)
  }

  @Test("After the entry points were cleared, an answer about one of them is for nobody")
  func clearedBootstrap() {
    var pair = Correspondent()
    let host = Host(name: "entry")
    pair.perform { node, now in node.addBootstrap(host, now: now) }
    #expect(pair.node.status == .connecting)
    pair.perform { node, now in node.clearBootstrap(now: now) }
    #expect(pair.node.status == .disconnected)
    pair.perform { node, now in node.resolved(host, addresses: [F.address(9)], now: now) }
    #expect(pair.sent.isEmpty)
  }
}
