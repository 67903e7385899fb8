import DHTModel
import DHTWire

/// The remote nodes of one family, the table of them, and our queries to them.
struct Contacts {
  let family: AddressFamily
  var known: KnownNodes
  var table: RoutingTable
  var requests = RequestTable()
  /// Which listen an update is for, by the socket id that we chose.
  var sockets: [SocketID: OpenSocket] = [:]
  /// Round trips to all nodes, for those not yet measured.
  var roundTrip = RoundTrip()
  /// Counts nodes that expired or came back, so that a search need not look at each in every step.
  var changes = 0
  /// What the searches have to tell the node; taken after each input.
  var effects: [Effect] = []

  /// A listen of ours at one node.
  struct OpenSocket {
    let key: InfoHash
    let listen: NetworkListen.ID
    let contact: NodeContact
  }

  init(family: AddressFamily, context: borrowing Context) {
    self.family = family
    known = KnownNodes(limit: context.configuration.limits.knownNodes)
    table = RoutingTable(
      own: context.id, isBootstrap: context.configuration.isBootstrap,
      perSite: context.configuration.limits.nodesPerSite)
  }

  /// Sends a query and waits for its answer.
  @discardableResult
  mutating func ask(
    _ destination: SocketAddress, node: NodeID?, _ request: Request, for purpose: PendingRequest.Purpose,
    _ context: inout Context
  ) -> TransactionID {
    let transaction = requests.freshTransaction(using: &context.random)
    var packets = PacketArena()
    context.message(transaction, .request(sender: context.id, request)).encode(into: &packets)
    let measured = node.flatMap { known.look($0) { $0.roundTrip } } ?? RoundTrip()
    let pending = PendingRequest(
      transaction: transaction, destination: destination, node: node, purpose: purpose, packets: packets,
      lateAfter: measured.lateAfter(else: roundTrip), now: context.now, random: &context.random)
    context.outbox.send(packets, to: destination, now: context.now)
    context.counters.sent.count(request)
    if let node { known.update(node) { $0.pending += 1 } }
    requests.insert(pending)
    return transaction
  }

  /// A query is over, however it ended.
  mutating func finish(_ transaction: TransactionID) -> PendingRequest? {
    guard let request = requests.remove(transaction) else { return nil }
    if let node = request.node { known.update(node) { $0.pending = max(0, $0.pending - 1) } }
    return request
  }

  /// Forgets a query: its answer is no longer wanted.
  mutating func cancel(_ transaction: TransactionID) { _ = finish(transaction) }
}

extension Counters.Requests {
  mutating func count(_ request: Request) {
    switch request {
    case .ping: ping += 1
    case .find: find += 1
    case .get: get += 1
    case .put: put += 1
    case .listen: listen += 1
    case .refresh: refresh += 1
    case .update: update += 1
    }
  }
}

extension Contacts {
  /// Makes sure that a node has a record before it is asked: it may have been forgotten since it was named.
  mutating func remember(_ contact: NodeContact, now: Instant) {
    if known.look(contact.id, { _ in true }) == nil {
      known.insert(KnownNode(id: contact.id, address: contact.address, isClient: false), now: now)
    }
  }

  /// Keeps the token of a reply. Only finds and gets tell that the node is in step with the key. (N-54)
  mutating func takeToken(_ reply: Reply, _ purpose: PendingRequest.Purpose, of id: NodeID, _ now: Instant) {
    guard let token = reply.token, token.isUsable else { return }
    switch purpose {
    case .find, .get, .probeValue, .maintenance, .verify:
      known.update(id) { node in
        node.token = token
        node.synced = now
      }
    case .bootstrap, .ping, .probe, .prove, .claim, .put, .refresh, .listen, .update:
      known.update(id) { $0.token = token }
    }
  }

  /// Opens a socket for a listen, under a number that nobody can guess.
  mutating func openSocket(key: InfoHash, listen: NetworkListen.ID, _ contact: NodeContact, _ context: inout Context)
    -> SocketID
  {
    while true {
      let socket = context.random.nonZero32()
      guard sockets[socket] == nil, requests[socket] == nil else { continue }
      sockets[socket] = OpenSocket(key: key, listen: listen, contact: contact)
      return socket
    }
  }

  /// A node that serves listens of ours has another address now: its updates come from there.
  mutating func moveSockets(of contact: NodeContact) {
    for (number, socket) in sockets where socket.contact.id == contact.id {
      sockets[number] = OpenSocket(key: socket.key, listen: socket.listen, contact: contact)
    }
  }

  /// The rows of a reply, with owners hashed where the peer sent their keys.
  func records(_ fields: FieldList?, _ configuration: Configuration) -> [FieldRecord] {
    (fields?.rows ?? []).map { row in
      var record = row.record
      if let key = row.ownerKey { record.owner = configuration.ownerID(key) }
      return record
    }
  }

  mutating func trace(
    _ operation: OperationID, _ candidate: Candidate, _ kind: TraceStep.Kind, _ now: Instant, roundTrip: Duration? = nil
  ) {
    effects.append(
      .traced(
        operation, TraceStep(at: now, node: candidate.contact, hop: candidate.hop, roundTrip: roundTrip, kind: kind)))
  }
}
