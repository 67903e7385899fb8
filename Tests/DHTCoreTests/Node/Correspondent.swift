import DHTModel
import DHTWire

@testable import DHTCore

/// A node under test, and the far side of all its correspondence: what it sends is caught here, decoded.
///
///     var pair = Correspondent()
///     pair.receive(.ping, from: contact)
///     #expect(pair.sent.last?.message.transaction == …)
struct Correspondent: ~Copyable {
  /// A message that the node sent.
  struct Sent {
    let destination: SocketAddress
    let message: Message

    /// The request, if it is one.
    var request: Request? { if case .request(_, let request) = message.body { request } else { nil } }
    var reply: Reply? { if case .reply(_, let reply) = message.body { reply } else { nil } }
    var failure: Failure? { if case .failure(_, let failure) = message.body { failure } else { nil } }
  }

  var node: Node
  private(set) var now = CoreFixture.start
  /// All that the node sent since `takeSent` was last called.
  private(set) var sent: [Sent] = []
  private(set) var events: [Event] = []
  /// Work that nobody has run yet. `runChecks` does.
  private(set) var checks: [Check] = []
  /// Nodes that `serve` names in its answers.
  var named: [NodeContact] = []
  /// The address of ours that it tells.
  var observed: IPAddress?
  /// What each served node holds under every key.
  var held: [NodeID: [Value]] = [:]
  /// Whether served nodes keep what is put.
  var stores = true
  private(set) var listensServed = 0
  private(set) var valuesServed = 0

  init(seed: UInt64 = 1, _ change: (inout Configuration) -> Void = { _ in }) {
    node = CoreFixture.node(seed, change)
    collect()
  }

  mutating func takeSent() -> [Sent] {
    defer { sent = [] }
    return sent
  }

  /// Requests that were sent to an address since `takeSent`, with their transactions.
  func requests(to address: SocketAddress) -> [(transaction: TransactionID, request: Request)] {
    sent.compactMap { sent in sent.destination == address ? sent.request.map { (sent.message.transaction, $0) } : nil }
  }

  /// How an operation ended; nil while it runs.
  func outcome(_ operation: OperationID) -> Outcome? {
    for case .finished(operation, let outcome) in events { return outcome }
    return nil
  }

  func values(of operation: OperationID) -> [Value] {
    events.flatMap { event in if case .values(operation, let values, _) = event { values } else { [Value]() } }
  }
  func changes(of operation: OperationID) -> [ListenChange] {
    events.flatMap { event in if case .changes(operation, let changes) = event { changes } else { [ListenChange]() } }
  }
  var hostsToResolve: [Host] {
    events.compactMap { event in if case .resolve(let host) = event { host } else { nil } }
  }
  /// The socket of the first listen on a key.
  func socket(of key: InfoHash) -> SocketID? {
    node.overlays[0].contacts.sockets.filter { $0.value.key == key }.keys.min()
  }

  // MARK: Inputs

  /// Runs all work that waits, and what follows from it, the oldest first or last.
  mutating func runChecks(newestFirst: Bool = false) {
    while !checks.isEmpty {
      let check = newestFirst ? checks.removeLast() : checks.removeFirst()
      node.checked(check.run(), now: now)
      collect()
    }
  }

  mutating func receiveBytes(_ bytes: [UInt8], from source: SocketAddress) {
    node.receive(bytes.span.bytes, from: source, now: now)
    collect()
  }

  /// Lets time pass unnoticed, as while a machine sleeps.
  mutating func skip(_ duration: Duration) {
    now = now + duration
  }

  /// Answers all that was asked of a node, as an ordinary peer would, and all that follows.
  mutating func serve(_ contact: NodeContact) {
    var answered: Set<TransactionID> = []
    while let next = requests(to: contact.address).first(where: { !answered.contains($0.transaction) }) {
      answered.insert(next.transaction)
      answer(next.transaction, reply(to: next.request, of: contact.id), by: contact)
    }
    sent.removeAll { $0.destination == contact.address && $0.request != nil }
  }

  private mutating func reply(to request: Request, of id: NodeID) -> Reply {
    var reply = Reply(observed: observed)
    switch request {
    case .ping, .update: break
    case .find:
      reply.token = Token(words: 1, 2, 3, 4)
      reply.nodes4 = named
    case .get(let get):
      reply.token = Token(words: 1, 2, 3, 4)
      reply.nodes4 = named
      let query = get.query ?? .everything
      let values = (held[id] ?? []).filter { query.matches($0) { _ in nil } }
      if query.select.isEmpty {
        reply.values = ValueList(values)
        valuesServed += values.count
      } else {
        let asksOwner = query.select.contains(.owner)
        let rows = values.map { value in
          FieldList.Row(
            record: FieldRecord(id: value.id, sequence: value.sequence),
            ownerKey: asksOwner ? value.signature?.owner ?? [] : nil)
        }
        reply.fields = FieldList(fields: asksOwner ? [.id, .owner, .sequence] : [.id, .sequence], rows: rows)
      }
    case .put(let put):
      reply.valueID = put.values.values.first?.id
      if stores { held[id, default: []] += put.values.values }
    case .refresh(let refresh): reply.valueID = refresh.valueID
    case .listen:
      reply.token = Token(words: 1, 2, 3, 4)
      listensServed += 1
    }
    return reply
  }

  mutating func receive(_ message: Message, from source: SocketAddress) {
    var arena = PacketArena()
    message.encode(into: &arena)
    for packet in 0..<arena.count {
      node.receive(arena.bytes.span.bytes.extracting(arena.range(of: packet)), from: source, now: now)
    }
    collect()
  }

  /// The reply to a request of somebody.
  mutating func ask(_ request: Request, by contact: NodeContact, transaction: TransactionID = 77) -> [Sent] {
    let before = sent.count
    receive(Message(transaction: transaction, body: .request(sender: contact.id, request)), from: contact.address)
    return sent[before...].filter { $0.message.transaction == transaction && $0.request == nil }
  }

  mutating func answer(
    _ transaction: TransactionID, _ reply: Reply, by contact: NodeContact, from source: SocketAddress? = nil
  ) {
    receive(
      Message(transaction: transaction, body: .reply(sender: contact.id, reply)), from: source ?? contact.address)
  }

  /// Lets time pass, with every deadline on the way kept.
  mutating func run(for duration: Duration) {
    let end = now + duration
    while let next = node.nextDeadline, next <= end {
      now = max(now, next)
      node.advance(to: now)
      collect()
    }
    now = end
    node.advance(to: now)
    collect()
  }

  mutating func perform<R>(_ body: (inout Node, Instant) -> R) -> R {
    let result = body(&node, now)
    collect()
    return result
  }

  /// The node pings a contact, which answers: from now on it is good, and in the table.
  mutating func befriend(_ contact: NodeContact) {
    let ping = perform { node, now in node.ping(contact.address, now: now) }
    serve(contact)
    precondition(outcome(ping) != nil, "\(contact) was not met")
    sent = []
  }

  /// A node with so many good nodes around `CoreFixture.id(0x80, 0)`, which have told all they know.
  static func among(_ count: UInt32) -> Correspondent {
    var pair = Correspondent()
    for number in 1...count { pair.befriend(CoreFixture.contact(0x80, number)) }
    pair.run(for: .seconds(1))
    for number in 1...count { pair.serve(CoreFixture.contact(0x80, number)) }
    _ = pair.takeSent()
    return pair
  }

  private mutating func collect() {
    var caught: [Sent] = []
    node.takeDatagrams { bytes, destination in
      if let message = try? Message(decoding: bytes) { caught.append(Sent(destination: destination, message: message)) }
    }
    sent += caught
    while let event = node.nextEvent() {
      if case .check(let check) = event { checks.append(check) }
      events.append(event)
    }
  }
}
