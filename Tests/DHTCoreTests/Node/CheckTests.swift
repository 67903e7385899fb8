import DHTModel
import DHTWire
import Testing

@testable import DHTCore

/// A stand-in for the security layer: a signature is good when it is [1], a cypher is for us when it begins with 1.
private let opener = ValueOpener { value in
  switch value.content {
  case .plain: .opened(value)
  case .signed(_, let signature): signature.signature == [1] ? .opened(value) : .refused(.badSignature)
  case .encrypted(let cypher):
    if cypher.first == 1 {
      .opened(signed(value.id, 0, data: Array(cypher.dropFirst())))
    } else {
      .refused(.notForUs)
    }
  }
}

private func signed(_ id: Value.ID, _ sequence: UInt16, data: [UInt8] = [7], by owner: UInt8 = 1, isGood: Bool = true)
  -> Value
{
  let signature = Value.Signature(
    owner: [owner], sequence: sequence, signature: isGood ? [1] : [0, UInt8(sequence & 255)])
  return Value(id: id, content: .signed(Value.Body(data: data), signature))
}

private func encrypted(_ id: Value.ID, _ cypher: [UInt8]) -> Value { Value(id: id, content: .encrypted(cypher)) }

private let slowType = ValueType(
  id: 0, name: "slow", lifetime: .seconds(600),
  mayStore: { value, _ in value.signature?.signature == [1] || value.signature == nil ? value : nil },
  mayEdit: { old, new, _ in new.signature?.signature == [1] && new.sequence > old.sequence ? new : nil },
  isSlow: { $0.signature != nil })

private let key = CoreFixture.id(0x80, 0)
private let friend = CoreFixture.contact(0x80, 1)

@Suite struct CheckTests {
  private func storing(_ change: @escaping (inout Configuration) -> Void = { _ in }) -> Correspondent {
    var pair = Correspondent {
      $0.types = [slowType]
      change(&$0)
    }
    pair.befriend(friend)
    return pair
  }

  private func put(
    _ values: [Value], _ pair: inout Correspondent, by contact: NodeContact = friend, transaction: TransactionID = 5
  ) -> [Correspondent.Sent] {
    guard let token = pair.ask(.find(.init(target: key)), by: contact, transaction: 4).first?.reply?.token else {
      return []
    }
    return pair.ask(
      .put(.init(key: key, values: ValueList(values), token: token)), by: contact, transaction: transaction)
  }

  @Test(
    "N-98: a put with a signature waits for its verification, is answered after it, and the node answers others meanwhile"
  )
  func answersAfterCheck() {
    var pair = storing()
    #expect(put([signed(3, 0)], &pair).isEmpty)
    #expect(pair.node.localValues(at: key, where: []).isEmpty)
    #expect(pair.ask(.ping, by: friend).count == 1)
    pair.runChecks()
    #expect(pair.node.localValues(at: key, where: []) == [signed(3, 0)])
    #expect(pair.takeSent().contains { $0.message.transaction == 5 && $0.reply?.valueID == 3 })
  }

  @Test("N-98: a badly signed value is acknowledged as any other, counted, and not stored")
  func refusesBadSignature() {
    var pair = storing()
    _ = put([signed(3, 0, isGood: false)], &pair)
    pair.runChecks()
    #expect(pair.node.localValues(at: key, where: []).isEmpty)
    #expect(pair.node.counters.valuesRefused == 1)
    #expect(pair.takeSent().contains { $0.reply?.valueID == 3 })
  }

  @Test("A put that is sent again while it is checked is not checked twice, and answered once")
  func resent() {
    var pair = storing()
    _ = put([signed(3, 0)], &pair)
    _ = put([signed(3, 0)], &pair)
    #expect(pair.checks.count == 1)
    pair.runChecks()
    #expect(pair.takeSent().filter { $0.reply?.valueID == 3 }.count == 1)
  }

  @Test(
    "N-122: two edits that are checked at a time end with the higher sequence number, in either order",
    arguments: [false, true])
  func racingEdits(newestFirst: Bool) {
    var pair = storing()
    _ = put([signed(3, 1)], &pair, transaction: 11)
    pair.runChecks()
    _ = put([signed(3, 2, data: [8])], &pair, transaction: 12)
    _ = put([signed(3, 3, data: [9])], &pair, transaction: 13)
    pair.runChecks(newestFirst: newestFirst)
    #expect(pair.node.localValues(at: key, where: []) == [signed(3, 3, data: [9])])
  }

  @Test("A value that is held already is renewed without a check")
  func renewsWithoutCheck() {
    var pair = storing()
    _ = put([signed(3, 1)], &pair, transaction: 11)
    pair.runChecks()
    #expect(put([signed(3, 1)], &pair, transaction: 12).count == 1)
    #expect(pair.checks.isEmpty)
  }

  @Test("N-123: an unsigned value over a signed one is refused without a check")
  func refusesUnsigned() {
    var pair = storing()
    _ = put([signed(3, 1)], &pair, transaction: 11)
    pair.runChecks()
    #expect(put([Value([1], id: 3)], &pair, transaction: 12).count == 1)
    #expect(pair.node.localValues(at: key, where: []) == [signed(3, 1)])
  }

  @Test("The keys of owners count for the bound on waiting puts")
  func boundedBytes() {
    var pair = storing { $0.limits.pendingPutBytes = 20_000 }
    for number in 1...10 {
      let signature = Value.Signature(owner: [UInt8](repeating: 1, count: 4000), sequence: 0, signature: [1])
      let value = Value(id: Value.ID(number), content: .signed(Value.Body(data: []), signature))
      _ = put([value], &pair, transaction: TransactionID(100 + number))
    }
    #expect(pair.checks.count == 4)
  }

  @Test("A flood of signed puts is bounded: what has no room is counted and not answered")
  func bounded() {
    var pair = storing { $0.limits.pendingPutsPerAddress = 10 }
    for number in 1...30 { _ = put([signed(Value.ID(number), 0)], &pair, transaction: TransactionID(100 + number)) }
    #expect(pair.checks.count == 10)
    #expect(pair.node.counters.checksDropped == 20)
    pair.runChecks()
    #expect(pair.node.localValues(at: key, where: []).count == 10)
    // Room again.
    _ = put([signed(99, 0)], &pair, transaction: 200)
    #expect(pair.checks.count == 1)
  }
}

@Suite struct OpeningTests {
  private func pair(holding values: [Value]) -> Correspondent {
    var pair = Correspondent { $0.opener = opener }
    pair.befriend(friend)
    pair.held[friend.id] = values
    return pair
  }

  private func get(_ pair: inout Correspondent, where filters: [Query.Filter] = []) -> OperationID {
    let get = pair.perform { node, now in node.get(key, where: filters, now: now) }
    for _ in 0..<10 {
      pair.serve(friend)
      pair.run(for: .milliseconds(300))
    }
    return get
  }

  @Test("C§6.1: a get delivers verified and opened values, counts the others, and ends after the last is opened")
  func getOpens() throws {
    var pair = pair(holding: [
      Value([1], id: 1), signed(2, 4), signed(3, 0, isGood: false), encrypted(4, [1, 42]), encrypted(5, [9]),
    ])
    let get = get(&pair)
    #expect(pair.values(of: get) == [Value([1], id: 1)])
    #expect(pair.outcome(get) == nil)
    pair.runChecks()
    #expect(pair.values(of: get) == [Value([1], id: 1), signed(2, 4), signed(4, 0, data: [42])])
    guard case .get(let outcome)? = pair.outcome(get) else { throw Failed() }
    #expect(outcome.ending == .completed && outcome.delivered == 3 && outcome.refused == 2)
    #expect(pair.node.counters.badSignatures == 1 && pair.node.counters.notForUs == 1)
  }

  @Test("A deadline ends a get although values are still being opened; nothing follows")
  func deadline() {
    var pair = pair(holding: [signed(2, 4)])
    let get = pair.perform { node, now in node.get(key, deadline: now + .seconds(1), now: now) }
    pair.serve(friend)
    pair.run(for: .seconds(2))
    #expect(pair.outcome(get)?.ending == .timedOut)
    pair.runChecks()
    #expect(pair.values(of: get).isEmpty)
  }

  @Test("C§6.1: a forged value with a high sequence number hides nothing")
  func forgeryHidesNothing() {
    var pair = pair(holding: [signed(2, 65535, data: [6], isGood: false), signed(2, 4)])
    let get = get(&pair)
    pair.runChecks()
    #expect(pair.values(of: get) == [signed(2, 4)])
  }

  @Test("C§4.4: a stranger's own value under the same id, with a higher number, hides nothing")
  func strangersEdition() {
    let strange = signed(2, 65535, by: 66)
    var pair = pair(holding: [strange, signed(2, 4)])
    let get = get(&pair)
    pair.runChecks()
    #expect(pair.values(of: get) == [strange, signed(2, 4)])
  }

  @Test("Forged values take no place from one without seal under their id")
  func forgeriesBesidePlain() {
    let forged = (1...12).map { signed(2, $0, isGood: false) }
    var pair = pair(holding: forged + [Value([1], id: 2)])
    let get = get(&pair)
    pair.runChecks()
    #expect(pair.values(of: get) == [Value([1], id: 2)])
  }

  @Test("C§6.1: the filter sees the opened value")
  func filterSeesOpened() {
    var pair = pair(holding: [encrypted(4, [1, 42])])
    let other = get(&pair, where: [.valueType(9)])
    pair.runChecks()
    #expect(pair.values(of: other).isEmpty)
  }

  @Test("C§6.1: our own storage is filtered as the network's answers")
  func localStorage() {
    var pair = Correspondent { $0.opener = opener }
    pair.befriend(friend)
    _ = pair.perform { node, now in node.put(signed(2, 1, isGood: false), at: key, now: now) }
    _ = pair.perform { node, now in node.put(signed(3, 1), at: key, now: now) }
    let get = get(&pair)
    pair.runChecks()
    #expect(pair.values(of: get) == [signed(3, 1)])
  }
}

@Suite struct ListenOpeningTests {
  /// A node that knows one friend, and listens there.
  private func listening(_ listen: inout OperationID) -> Correspondent {
    var pair = Correspondent { $0.opener = opener }
    pair.befriend(friend)
    listen = pair.perform { node, now in node.listen(to: key, now: now) }
    pair.serve(friend)
    pair.run(for: .seconds(1))
    pair.serve(friend)
    return pair
  }

  private func push(_ values: [Value] = [], expired: [Value.ID] = [], _ pair: inout Correspondent) throws {
    guard let socket = pair.socket(of: key) else { throw Failed() }
    let update = Request.Update(
      socket: socket, key: key, version: 1, values: ValueList(values), expired: expired, token: Token(words: 1, 2, 3, 4)
    )
    _ = pair.ask(.update(update), by: friend, transaction: TransactionID(1000 + UInt32(pair.events.count)))
  }

  @Test(
    "C§6.1: a listen tells of opened values, and of their expiry, in the order they came", arguments: [false, true])
  func order(newestFirst: Bool) throws {
    var listen = OperationID(0)
    var pair = listening(&listen)
    try push([encrypted(4, [1, 42]), encrypted(5, [9])], &pair)
    try push([signed(6, 1)], &pair)
    try push(expired: [4, 5], &pair)
    #expect(pair.changes(of: listen).isEmpty)
    pair.runChecks(newestFirst: newestFirst)
    #expect(
      pair.changes(of: listen) == [
        .added(signed(4, 0, data: [42])), .added(signed(6, 1)), .expired(signed(4, 0, data: [42])),
      ])
  }

  @Test("C§6.1: a forged edit changes nothing that a listen knows")
  func forgedEdit() throws {
    var listen = OperationID(0)
    var pair = listening(&listen)
    try push([signed(4, 1)], &pair)
    pair.runChecks()
    try push([signed(4, 9, data: [66], isGood: false)], &pair)
    pair.runChecks()
    try push([signed(4, 2, data: [8])], &pair)
    pair.runChecks()
    #expect(pair.changes(of: listen) == [.added(signed(4, 1)), .updated(signed(4, 2, data: [8]))])
  }

  @Test("C§4.4: a stranger's own value under the same id does not take the place of the owner's")
  func strangersEdition() throws {
    var listen = OperationID(0)
    var pair = listening(&listen)
    try push([signed(4, 1)], &pair)
    pair.runChecks()
    try push([signed(4, 65535, by: 66)], &pair)
    pair.runChecks()
    try push([signed(4, 2, data: [8])], &pair)
    pair.runChecks()
    #expect(pair.changes(of: listen) == [.added(signed(4, 1)), .updated(signed(4, 2, data: [8]))])
  }

  @Test("N-66: a get is not answered from a listen whose values are still being opened")
  func getBesideBacklog() throws {
    var listen = OperationID(0)
    var pair = listening(&listen)
    try push([signed(4, 1)], &pair)
    pair.held[friend.id] = [signed(4, 1)]
    let get = pair.perform { node, now in node.get(key, now: now) }
    #expect(pair.outcome(get) == nil)
    for _ in 0..<10 {
      pair.serve(friend)
      pair.run(for: .milliseconds(300))
    }
    pair.runChecks()
    #expect(pair.values(of: get) == [signed(4, 1)])
    #expect(pair.outcome(get) != nil)
  }

  @Test("A listen that is cancelled while values are opened tells nothing")
  func cancelled() throws {
    var listen = OperationID(0)
    var pair = listening(&listen)
    try push([signed(4, 1)], &pair)
    pair.perform { node, now in node.cancel(listen, now: now) }
    pair.runChecks()
    #expect(pair.changes(of: listen).isEmpty)
  }

  @Test("A value that another source brought before is not opened again")
  func opensOnce() throws {
    var listen = OperationID(0)
    var pair = listening(&listen)
    try push([signed(4, 1)], &pair)
    pair.runChecks()
    try push([signed(4, 1)], &pair)
    #expect(pair.checks.isEmpty)
  }
}

private struct Failed: Error {}
