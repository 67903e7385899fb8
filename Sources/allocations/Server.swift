import DHTCore
import DHTModel
import DHTWire

/// A node with eight good ones in its table, asked by one of them.
final class Server {
  /// Between two datagrams: 2000 a second.
  private static let interval: Duration = .microseconds(500)

  private var node: Node
  private var now = Instant(nanoseconds: 1_000_000_000)
  private let asker = Datagrams.contacts[0].address

  init() {
    var configuration = Configuration()
    configuration.families = [.ipv4]
    configuration.nodeID = Datagrams.nearKey
    configuration.limits.requestsPerSecond = nil
    configuration.limits.requestsPerSecondAndAddress = nil
    node = Node(configuration, seed: Seed(1, 2), now: now, wallTime: WallTime(seconds: 1_767_225_600))
    for contact in Datagrams.contacts { node.insert(contact, now: now) }
    while true {
      answerAsOthers()
      guard let deadline = node.nextDeadline, deadline < Instant(nanoseconds: 11_000_000_000) else { break }
      now = max(now, deadline)
      node.advance(to: now)
    }
    let good = node.statistics(.ipv4, now: now).good
    if good != Datagrams.contacts.count { fail("\(good) good nodes where \(Datagrams.contacts.count) were meant") }
  }

  func receive(_ bytes: [UInt8]) {
    now = now + Self.interval
    node.receive(bytes.span.bytes, from: asker, now: now)
  }

  /// Replies to the asker since the last call.
  func takeAnswers() -> Int {
    var answers = 0
    node.takeDatagrams { bytes, destination in
      // A reply begins with a map whose first key is `r`; a request, with one whose first is `a`. (wire.md §1.2)
      if destination == asker, bytes.byteCount > 2, bytes.unsafeLoad(fromByteOffset: 2, as: UInt8.self) == 0x72 {
        answers += 1
      }
    }
    while node.nextEvent() != nil {}
    return answers
  }

  /// Has a value put, with the token that a get brings.
  func store() {
    receive(Datagrams.bytes(Datagrams.get))
    var token: Token?
    node.takeDatagrams { bytes, _ in
      if case .reply(_, let reply) = (try? Message(decoding: bytes))?.body { token = reply.token }
    }
    guard let token else { fail("a get brought no token") }
    receive(Datagrams.bytes(Datagrams.put(1, token: token)))
    _ = takeAnswers()
    if node.localValues(at: Datagrams.key).count != 1 { fail("the put was not stored") }
  }
}

extension Server {
  /// Lets the eight answer what the node asks of them, until it asks nothing.
  private func answerAsOthers() {
    while true {
      var answers: [(bytes: [UInt8], from: SocketAddress)] = []
      node.takeDatagrams { bytes, destination in
        guard let message = try? Message(decoding: bytes), case .request = message.body,
          let contact = Datagrams.contacts.first(where: { $0.address == destination })
        else { return }
        let reply = Message(
          transaction: message.transaction, body: .reply(sender: contact.id, Reply(nodes4: [], token: Datagrams.token)))
        answers.append((Datagrams.bytes(reply), destination))
      }
      while node.nextEvent() != nil {}
      if answers.isEmpty { return }
      for answer in answers { node.receive(answer.bytes.span.bytes, from: answer.from, now: now) }
    }
  }
}
