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

  // MARK: Inputs

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

  mutating func answer(_ transaction: TransactionID, _ reply: Reply, by contact: NodeContact, from source: SocketAddress? = nil) {
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
    for asked in requests(to: contact.address) { answer(asked.transaction, Reply(), by: contact) }
    precondition(outcome(ping) != nil, "\(contact) was not met")
    sent = []
  }

  private mutating func collect() {
    var caught: [Sent] = []
    node.takeDatagrams { bytes, destination in
      if let message = try? Message(decoding: bytes) { caught.append(Sent(destination: destination, message: message)) }
    }
    sent += caught
    while let event = node.nextEvent() { events.append(event) }
  }
}
