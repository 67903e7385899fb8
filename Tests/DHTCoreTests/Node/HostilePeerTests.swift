import DHTModel
import DHTWire
import Testing

@testable import DHTCore

/// Peers that answer in bad faith: whatever they say, an operation ends, and what we keep for them has a bound.
@Suite struct HostilePeerTests {
  typealias F = CoreFixture
  private let key = F.id(0x80, 0)

  /// Answers what was asked of a contact by a rule of its own; nil leaves it to `serve`.
  private func answer(
    _ contact: NodeContact, _ pair: inout Correspondent, _ rule: (Request) -> Message.Body?
  ) {
    for (transaction, request) in pair.requests(to: contact.address) {
      if let body = rule(request) { pair.receive(Message(transaction: transaction, body: body), from: contact.address) }
    }
  }

  @Test("W-1, W-4: a node that lists thousands of values and gives none does not hold up a get")
  func emptyPromises() {
    var pair = Correspondent.among(14)
    let liar = F.contact(0x80, 6)
    let rows = (1...4000).map { FieldList.Row(record: FieldRecord(id: UInt64($0), sequence: 0)) }
    let token = Token(words: 1, 2, 3, 4)
    let get = pair.perform { node, now in node.get(key, now: now) }
    var asked = 0
    for _ in 0..<20 where pair.outcome(get) == nil {
      answer(liar, &pair) { request in
        guard case .get(let get) = request else { return nil }
        asked += 1
        let isList = get.query?.select.isEmpty == false
        return .reply(
          sender: liar.id, Reply(token: token, fields: isList ? FieldList(fields: [.id, .sequence], rows: rows) : nil))
      }
      for number in UInt32(1)...14 where number != 6 { pair.serve(F.contact(0x80, number)) }
    }
    #expect(pair.outcome(get)?.ending == .completed)
    #expect(asked <= 40, "asked \(asked) times")
  }

  @Test("N-81: a node that refuses to show what it holds is passed over by a permanent put")
  func refusedProbe() {
    var pair = Correspondent.among(12)
    let grim = F.contact(0x80, 1)
    let put = pair.perform { node, now in
      node.put(Value("v", id: 5), at: key, options: PutOptions(isPermanent: true), now: now)
    }
    var probes = 0
    for _ in 0..<20 {
      answer(grim, &pair) { request in
        guard case .get = request else { return nil }
        probes += 1
        return .failure(sender: grim.id, .putWithWrongToken)
      }
      for number in UInt32(1)...12 { pair.serve(F.contact(0x80, number)) }
    }
    guard case .put(let receipt)? = pair.outcome(put) else {
      Issue.record("the put never ended")
      return
    }
    #expect(receipt.stored.count == 8 && !receipt.stored.contains { $0.id == grim.id })
    #expect(receipt.failed.map(\.node.id) == [grim.id])
    #expect(probes <= 2, "asked \(probes) times")
  }

  @Test("W-14, N-87: another node takes the place of one that acknowledges nothing, though its token is yet to come")
  func refusalByOneOfEight() {
    var pair = Correspondent.among(12)
    // All tokens are old by now.
    pair.skip(.seconds(660))
    for number in UInt32(1)...12 { pair.befriend(F.contact(0x80, number)) }
    let grim = F.contact(0x80, 1)
    let put = pair.perform { node, now in node.put(Value("v"), at: key, now: now) }
    for _ in 0..<20 {
      answer(grim, &pair) { request in
        guard case .put = request else { return nil }
        return .reply(sender: grim.id, Reply())
      }
      for number in UInt32(1)...12 { pair.serve(F.contact(0x80, number)) }
    }
    guard case .put(let receipt)? = pair.outcome(put) else {
      Issue.record("the put never ended")
      return
    }
    #expect(receipt.stored.count == 8)
    #expect(receipt.failed == [PutFailure(node: grim, reason: .acknowledgedNothing)])
  }

  @Test("W-24, W-25: what is pushed to listeners that confirm nothing stays within its limit")
  func silentListeners() throws {
    var pair = Correspondent()
    let listener = F.contact(0x80, 1)
    for number in UInt64(1)...60 {
      let value = Value([UInt8](repeating: 7, count: 60_000), id: number)
      let stored = pair.node.store.put(
        value, at: key, created: pair.now, origin: .remote(F.contact(0x80, 2)), now: pair.now)
      #expect(stored == .stored)
    }
    let found = pair.ask(.find(Request.Find(target: key)), by: listener)
    let token = try #require(found.first?.reply?.token)
    for socket in UInt32(1)...20 {
      _ = pair.ask(
        .listen(Request.Listen(key: key, token: token, socket: socket)), by: listener, transaction: 1000 + socket)
    }
    let limits = Limits()
    let waiting = pair.node.overlays[0].contacts.requests.totalPushBytes
    #expect(waiting > 1 << 20 && waiting < limits.pushBytesPerAddress + 4 << 20, "\(waiting) bytes wait")
    #expect(pair.node.counters.pushesDropped > 0)
    pair.run(for: .seconds(12))
    #expect(pair.node.overlays[0].contacts.requests.totalPushBytes == 0)
  }

  @Test("W-22: the many values of one put are told to a listener in one message")
  func oneUpdate() throws {
    var pair = Correspondent()
    let listener = F.contact(0x80, 1)
    let token = try #require(pair.ask(.find(Request.Find(target: key)), by: listener).first?.reply?.token)
    _ = pair.ask(.listen(Request.Listen(key: key, token: token, socket: 9)), by: listener)
    _ = pair.takeSent()
    let values = (UInt64(1)...10).map { Value([1], id: $0) }
    _ = pair.ask(.put(Request.Put(key: key, values: ValueList(values), token: token)), by: listener, transaction: 78)
    let updates = pair.requests(to: listener.address).compactMap { sent in
      if case .update(let update) = sent.request { update } else { nil }
    }
    #expect(updates.count == 1 && updates.first?.values.values.count == 10)
  }

  private func token(for contact: NodeContact, _ pair: inout Correspondent) -> Token {
    pair.ask(.find(Request.Find(target: key)), by: contact).first?.reply?.token ?? Token([])
  }

  @Test("W-25: a listen on a key that others are nearer to is accepted and not kept")
  func distantListen() {
    var pair = Correspondent.among(20)
    let listener = F.contact(0x90)
    let token = token(for: listener, &pair)
    for (key, count) in [(F.id(0x80), 0), (F.id(0, 9), 1)] {
      let listen = Request.Listen(key: key, token: token, socket: 5)
      #expect(pair.ask(.listen(listen), by: listener, transaction: 78).last?.reply?.token != nil)
      #expect(pair.node.listeners.count == count)
    }
  }

  @Test("W-25: the listens of a node that is given up end with it")
  func expiredListener() {
    var pair = Correspondent()
    let listener = F.contact(0x80)
    pair.befriend(listener)
    let listen = Request.Listen(key: key, token: token(for: listener, &pair), socket: 5)
    _ = pair.ask(.listen(listen), by: listener)
    #expect(pair.node.listeners.count == 1)
    let ping = pair.perform { node, now in
      node.overlays[0].probe(listener.id, &node.context)
      return node.get(key, now: now)
    }
    pair.run(for: .seconds(11))
    #expect(pair.outcome(ping) != nil && pair.node.listeners.count == 0)
  }

  @Test("W-25: pushes to one address are so many a second, and those beyond are counted")
  func pushRate() {
    var pair = Correspondent { $0.limits.pushesPerSecondAndAddress = 5 }
    let listener = F.contact(0x80)
    let token = token(for: listener, &pair)
    for socket in UInt32(1)...20 {
      _ = pair.ask(.listen(Request.Listen(key: key, token: token, socket: socket)), by: listener)
    }
    _ = pair.takeSent()
    let put = Request.Put(key: key, values: ValueList([Value("v", id: 1)]), token: token)
    _ = pair.ask(.put(put), by: listener, transaction: 78)
    #expect(pair.requests(to: listener.address).count == 5 && pair.node.counters.pushesDropped == 15)
  }
}
