import DHTModel
import DHTWire

/// Answers and senders.
extension Overlay {
  /// Whether a reply from there is awaited, so that its parts are worth keeping.
  func awaits(_ transaction: TransactionID, from source: SocketAddress) -> Bool {
    contacts.requests[transaction]?.destination == source || contacts.sockets[transaction]?.contact.address == source
  }

  /// The head of a reply came, its parts follow: the request is not repeated meanwhile.
  mutating func receiveHead(_ transaction: TransactionID, now: Instant) {
    contacts.requests.receiveHead(transaction, until: now + WireLimits.reassemblyTime + .seconds(1))
  }

  /// A reply; `missing` of its values did not arrive whole. False when nothing waited for it.
  mutating func receive(
    _ reply: Reply, missing: Int, sender: NodeID, from source: SocketAddress, _ transaction: TransactionID,
    isClient: Bool, _ context: inout Context
  ) -> Bool {
    guard let waiting = contacts.requests[transaction], waiting.destination == source else {
      return receiveLegacy(reply, sender: sender, from: source, transaction)
    }
    guard waiting.node == nil || waiting.node == sender else {
      // The address is right and the number was secret: another node lives there now.
      replaceIdentity(waiting, &context)
      return false
    }
    guard let request = contacts.finish(transaction) else { return false }
    let roundTrip = request.attempt == 1 ? context.now - request.firstSent : nil
    noteReply(of: sender, at: source, isClient: isClient, roundTrip: roundTrip, request.purpose, &context)
    contacts.takeToken(reply, request.purpose, of: sender, context.now)
    let nodes = mention(contacts.family == .ipv4 ? reply.nodes4 : reply.nodes6, by: source, &context)
    dispatch(reply, missing: missing, request, NodeContact(id: sender, address: source), nodes, &context)
    return true
  }

  private mutating func dispatch(
    _ reply: Reply, missing: Int, _ request: PendingRequest, _ contact: NodeContact, _ nodes: [NodeContact],
    _ context: inout Context
  ) {
    switch request.purpose {
    case .bootstrap:
      bootstrapPings -= 1
      contacts.effects.append(.statusMayChange)
    case .ping(let operation):
      contacts.effects.append(.pinged(operation, contact, roundTrip: context.now - request.firstSent))
    case .prove:
      contacts.effects.append(.proved(request.destination))
    case .probe, .maintenance, .update:
      break
    case .claim(let id):
      confirmClaim(of: id, at: request.destination, &context)
    case .find(let key, _), .get(let key, _, _):
      // What looks around is upkeep: an answer without token is poor, but does no harm. (N-18)
      guard reply.token?.isUsable == true || searches[key]?.servesApplication != true else {
        // Only a node that breaks the rules leaves the token out of a search; peers black-list it, too.
        contacts.effects.append(.broken(request.destination))
        searches[key]?.fail(request, code: nil, &contacts, &context)
        expire(contact.id, &context)
        return touch(key)
      }
      searches[key]?.receive(reply, missing: missing, request, from: contact, nodes: nodes, &contacts, &context)
      touch(key)
    case .probeValue(let key, let id):
      searches[key]?.receiveProbe(reply, missing: missing, id, from: contact, &contacts, &context)
      touch(key)
    case .put(let key, let id), .refresh(let key, let id):
      contacts.known.update(contact.id) { $0.authErrors = 0 }
      searches[key]?.receiveAcknowledgement(reply, id, from: contact, &contacts, &context)
      touch(key)
    case .verify(let key, let id):
      searches[key]?.receiveVerify(reply, id, from: contact)
      touch(key)
    case .listen(let key, let id, let socket):
      contacts.known.update(contact.id) { $0.authErrors = 0 }
      let isCrowded = contacts.sockets.count > NetworkListen.crowd
      searches[key]?.receiveListen(id, socket, from: contact, isStable: isStable, isCrowded: isCrowded, &context)
      touch(key)
    }
  }

  /// An error answer.
  mutating func receive(
    _ failure: Failure, sender: NodeID, from source: SocketAddress, _ transaction: TransactionID, isClient: Bool,
    _ context: inout Context
  ) -> Bool {
    guard let waiting = contacts.requests[transaction], waiting.destination == source,
      waiting.node == nil || waiting.node == sender, let request = contacts.finish(transaction)
    else { return false }
    noteReply(of: sender, at: source, isClient: isClient, roundTrip: nil, request.purpose, &context)
    if failure.code == 401 { refuseToken(sender, request.purpose, &context) }
    fail(request, code: failure.code, &context)
    return true
  }

  private mutating func refuseToken(_ id: NodeID, _ purpose: PendingRequest.Purpose, _ context: inout Context) {
    if case .listen = purpose { contacts.effects.append(.addressDoubted) }
    switch purpose {
    case .put, .listen, .refresh:
      let errors = contacts.known.update(id) { node in
        node.token = nil
        node.synced = .distantPast
        node.authErrors += 1
        return node.authErrors
      }
      if let errors, errors > KnownNode.maximumAuthErrors { expire(id, &context) }
    default: break
    }
  }

  /// A push of a node that serves a listen of ours. Whoever else knows the socket id is not believed. (node.md W-42)
  mutating func receive(_ update: Request.Update, sender: NodeID, from source: SocketAddress) -> Bool {
    guard let socket = contacts.sockets[update.socket], socket.contact.id == sender, socket.contact.address == source
    else { return false }
    if let token = update.token, token.isUsable { contacts.known.update(sender) { $0.token = token } }
    news(socket, values: update.values.values, refreshed: update.refreshed, expired: update.expired)
    return true
  }

  mutating func receive(_ push: LegacyPush, sender: NodeID, from source: SocketAddress, _ transaction: TransactionID)
    -> Bool
  {
    guard let socket = contacts.sockets[transaction], socket.contact.id == sender, socket.contact.address == source
    else { return false }
    news(socket, values: [], refreshed: push.refreshed, expired: push.expired)
    return true
  }

  private mutating func receiveLegacy(
    _ reply: Reply, sender: NodeID, from source: SocketAddress, _ transaction: TransactionID
  ) -> Bool {
    guard let socket = contacts.sockets[transaction], socket.contact.id == sender, socket.contact.address == source
    else { return false }
    news(socket, values: reply.values.values, refreshed: [], expired: [])
    return true
  }

  private mutating func news(
    _ socket: Contacts.OpenSocket, values: [Value], refreshed: [Value.ID], expired: [Value.ID]
  ) {
    if !values.isEmpty { contacts.effects.append(.listenNews(socket.listen, from: socket.contact, .values(values))) }
    if !refreshed.isEmpty {
      contacts.effects.append(.listenNews(socket.listen, from: socket.contact, .refreshed(refreshed)))
    }
    if !expired.isEmpty { contacts.effects.append(.listenNews(socket.listen, from: socket.contact, .expired(expired))) }
  }
}

// MARK: Timeouts and failures

extension Overlay {
  mutating func handle(_ timeout: RequestTable.Timeout, _ context: inout Context) {
    switch timeout {
    case .late(let request):
      becomeLate(request, &context)
    case .retransmit(let request, let reportLate):
      context.counters.retransmissions += 1
      context.outbox.send(request.packets, to: request.destination, now: context.now)
      if reportLate { becomeLate(request, &context) }
    case .expired(let request):
      context.counters.requestsExpired += 1
      if let node = request.node { contacts.known.update(node) { $0.pending = max(0, $0.pending - 1) } }
      fail(request, code: nil, &context)
      guard let id = request.node, let node = contacts.known[id], node.address == request.destination else { return }
      // Silent here, while another address answers to its id: it moved.
      node.claimedAddress == nil ? expire(id, &context) : adoptClaim(of: id)
    }
  }

  private mutating func becomeLate(_ request: PendingRequest, _ context: inout Context) {
    switch request.purpose {
    case .find(let key, _), .get(let key, _, _):
      searches[key]?.becomeLate(request, &contacts, &context)
      touch(key)
    default: break
    }
  }

  /// A request ended badly: with an error, or, if `code` is nil, in silence.
  mutating func fail(
    _ request: PendingRequest, code: UInt16?, silence: PutFailure.Reason = .silent, _ context: inout Context
  ) {
    switch request.purpose {
    case .bootstrap:
      bootstrapPings -= 1
      contacts.effects.append(.statusMayChange)
    case .ping(let operation):
      contacts.effects.append(.pingFailed(operation))
    case .probe:
      if code == nil, let id = request.node { adoptClaim(of: id) }
    case .claim, .maintenance, .prove:
      break
    case .find(let key, _), .get(let key, _, _):
      searches[key]?.fail(request, code: code, &contacts, &context)
      touch(key)
    case .probeValue(let key, let id), .put(let key, let id), .refresh(let key, let id):
      searches[key]?.failAnnounce(request, code: code, silence: silence, id, &contacts, &context)
      touch(key)
    case .verify(let key, let id):
      searches[key]?.failVerify(request, id)
      touch(key)
    case .listen(let key, let id, _):
      searches[key]?.failListen(request, code: code, id, &contacts)
      touch(key)
    case .update:
      if code == nil, let id = request.node {
        contacts.effects.append(.listenerSilent(NodeContact(id: id, address: request.destination)))
      }
    }
  }

  /// The system could not send there: no use in waiting. (N-24)
  mutating func sendFailed(to destination: SocketAddress, _ context: inout Context) {
    for transaction in contacts.requests.transactions(where: { $0.destination == destination }) {
      guard let request = contacts.finish(transaction) else { continue }
      fail(request, code: nil, silence: .unreachable, &context)
      if let node = request.node, contacts.known[node]?.address == destination {
        expire(node, isSilent: false, &context)
      }
    }
    settle(&context)
  }

  /// A node is given up: all that waits for it fails, its listens end, and its bucket takes the next candidate.
  mutating func expire(_ id: NodeID, isSilent: Bool = true, _ context: inout Context) {
    guard let node = contacts.known[id] else { return }
    guard node.expired == nil else {
      contacts.known.update(id) { $0.retried = context.now }
      return
    }
    contacts.known.update(id) { $0.expired = context.now }
    contacts.changes += 1
    let replacement = contacts.table.replaceDead(id, known: &contacts.known)
    if let replacement, !contacts.known.isGood(replacement, at: context.now) { probe(replacement, &context) }
    for transaction in contacts.requests.transactions(where: { $0.node == id && $0.destination == node.address }) {
      if let request = contacts.finish(transaction) { fail(request, code: nil, &context) }
    }
    for key in activeKeys(where: { $0.lookup[id] != nil }) {
      searches[key]?.loseListens(at: id, &contacts)
      touch(key)
    }
    contacts.effects.append(.statusMayChange)
    // What it listens to here would be told to nobody. (node.md W-25) But when our own way out is gone, it may still live.
    if isSilent { contacts.effects.append(.listenerSilent(node.contact)) }
  }

  /// Our address may have changed: every known node deserves another chance, and every listen is renewed.
  mutating func connectivityChanged(_ context: inout Context) {
    isStable = context.configuration.isPublicStable
    contacts.table.forgetTimes(now: context.now)
    contacts.known.updateAll { node in
      node.expired = nil
      node.replied = .distantPast
      if node.isInTable { node.heard = .distantPast }
    }
    contacts.changes += 1
    upkeep.pingAll(contacts.table.allNodes, now: context.now)
    for key in activeKeys(where: { _ in true }) {
      searches[key]?.renewListens(now: context.now)
      touch(key)
    }
    contacts.effects.append(.statusMayChange)
  }
}
