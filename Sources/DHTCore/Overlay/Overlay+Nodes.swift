import DHTModel
import DHTWire

/// Who is known, and where: nothing moves without proof. (node.md W-40)
extension Overlay {
  /// A message that is no answer came from a node.
  mutating func noteSender(_ id: NodeID, at source: SocketAddress, isClient: Bool, _ context: inout Context) {
    // The usual case first, without a copy of the record: a good node, where it is known, in the table.
    let isUsual = contacts.known.update(id) { node in
      guard node.address == source, node.expired == nil, node.isInTable || node.isClient else { return false }
      node.heard = context.now
      return true
    }
    if isUsual == true { return }
    guard let node = contacts.known[id] else {
      // A client may be asked nothing and given to nobody: its requests carry all that an answer needs.
      if !isClient { addSender(id, at: source, &context) }
      return
    }
    guard node.address == source else { return checkClaim(of: node, at: source, &context) }
    let wasExpired = node.expired != nil
    contacts.known.update(id) { node in
      node.heard = context.now
      node.expired = nil
    }
    if !node.isInTable, !node.isClient { insertInTable(id, .contactedUs, &context) }
    if wasExpired { revive(id) }
  }

  private mutating func addSender(_ id: NodeID, at source: SocketAddress, _ context: inout Context) {
    var node = KnownNode(id: id, address: source, isClient: false)
    node.heard = context.now
    contacts.known.insert(node, now: context.now)
    let wasQuiet = contacts.table.grown <= context.now - Upkeep.quietAge
    insertInTable(id, .contactedUs, &context)
    if wasQuiet { upkeep.hasten(to: context.now + Upkeep.firstContactDelay) }
  }

  /// A reply that was waited for: the best proof there is.
  mutating func noteReply(
    of id: NodeID, at source: SocketAddress, isClient: Bool, roundTrip: Duration?, _ purpose: PendingRequest.Purpose,
    _ context: inout Context
  ) {
    if let roundTrip { contacts.roundTrip.measure(roundTrip) }
    let isUsual = contacts.known.update(id) { node in
      guard node.address == source, node.isInTable, node.isGood(at: context.now) else { return false }
      node.heard = context.now
      node.replied = context.now
      node.claimedAddress = nil
      if let roundTrip { node.roundTrip.measure(roundTrip) }
      return true
    }
    if isUsual == true { return contacts.table.noteReply(of: id, now: context.now) }
    if isUsual == nil {
      contacts.known.insert(KnownNode(id: id, address: source, isClient: isClient), now: context.now)
    }
    guard let node = contacts.known[id] else { return }
    guard node.address == source else {
      if case .claim = purpose { return }
      // A bare ping was answered by a node we know elsewhere: that proves as much as asking it there again.
      return confirmClaim(of: id, at: source, &context)
    }
    let isNews = !node.isGood(at: context.now)
    contacts.known.update(id) { node in
      node.heard = context.now
      node.replied = context.now
      node.expired = nil
      node.claimedAddress = nil
      if let roundTrip { node.roundTrip.measure(roundTrip) }
    }
    if !node.isClient { insertInTable(id, .replied, &context) }
    guard isNews else { return }
    contacts.effects.append(.statusMayChange)
    if !node.isClient {
      revive(id)
      offer(node.contact)
    }
  }

  /// Nodes that a reply named, fit to be used: our own id, impossible addresses and expired ones left out. (node.md §7.5)
  mutating func mention(_ nodes: [NodeContact]?, by source: SocketAddress, _ context: inout Context) -> [NodeContact] {
    guard let nodes else { return [] }
    return nodes.prefix(Self.nodesTakenPerReply).compactMap { named in
      guard named.id != context.id, named.id != .zero else { return nil }
      var address = named.address
      // A peer on the same machine names itself so; from here it is where the peer is.
      if address.ip.isLoopback, source.family == address.family {
        address = SocketAddress(ip: source.ip, port: address.port, scope: source.scope)
      }
      guard !address.isMartian, !context.blacklist.contains(address, now: context.now) else { return nil }
      return mention(NodeContact(id: named.id, address: address), &context)
    }
  }

  /// A node was named. Returns where it is to be reached; nil while it is expired and was not named elsewhere.
  mutating func mention(_ contact: NodeContact, _ context: inout Context) -> NodeContact? {
    let isUsual = contacts.known.update(contact.id) { node in
      node.mentioned = context.now
      return node.address == contact.address && node.expired == nil
    }
    if isUsual == true { return contact }
    guard let node = contacts.known[contact.id] else {
      var fresh = KnownNode(id: contact.id, address: contact.address, isClient: false)
      fresh.mentioned = context.now
      contacts.known.insert(fresh, now: context.now)
      insertInTable(contact.id, .mentioned, &context)
      return contact
    }
    // Its address may be news when nothing was heard of it for long, and only then.
    if node.address != contact.address, node.heard < context.now - KnownNode.goodNewsAge {
      guard node.heard > .distantPast else {
        contacts.known.update(contact.id) { $0.address = contact.address }
        return contact
      }
      // What it said of itself at the old address, its token too, does not hold at the new one.
      contacts.known.update(contact.id) { $0.claimedAddress = contact.address }
      adoptClaim(of: contact.id)
      return contact
    }
    if node.expired != nil {
      guard contacts.known.look(contact.id, { $0.mayBeAsked(at: context.now) }) == true else { return nil }
      if node.pending == 0 { probe(contact.id, &context) }
    }
    return node.contact
  }

  /// Nodes taken from one reply. Honest ones name eight (wire.md §4.1); a few more do no harm.
  private static let nodesTakenPerReply = 16

  mutating func insertInTable(_ id: NodeID, _ confidence: RoutingTable.Confidence, _ context: inout Context) {
    switch contacts.table.insert(id, confidence, known: &contacts.known, now: context.now) {
    case .added: contacts.effects.append(.statusMayChange)
    case .probe(let doubtful): probe(doubtful, &context)
    case .alreadyThere, .waiting: break
    }
  }

  /// Asks a node whether it lives.
  mutating func probe(_ id: NodeID, _ context: inout Context) {
    guard let node = contacts.known[id] else { return }
    contacts.ask(node.address, node: id, .ping, for: .probe, &context)
  }

  /// Pings an address whose id is unknown.
  mutating func pingAddress(_ address: SocketAddress, for purpose: PendingRequest.Purpose, _ context: inout Context) {
    contacts.ask(address, node: nil, .ping, for: purpose, &context)
  }

  private mutating func revive(_ id: NodeID) {
    contacts.changes += 1
    for key in activeKeys(where: { $0.lookup[id]?.isFailed == true }) { touch(key) }
  }
}

// MARK: Claims

extension Overlay {
  /// Pause between checks of who uses an id, so that nobody can make us ping at will: three sends take ten seconds, so
  /// there is one check in flight per id. A choice of ours; node.md W-40 asks for the check.
  private static let claimPause: Duration = .seconds(10)

  /// Somebody at another address uses a known id: ask there who they are.
  private mutating func checkClaim(of node: KnownNode, at source: SocketAddress, _ context: inout Context) {
    guard node.claimChecked <= context.now - Self.claimPause else { return }
    contacts.known.update(node.id) { $0.claimChecked = context.now }
    contacts.ask(source, node: node.id, .ping, for: .claim(node.id), &context)
  }

  /// The new address answers to the id. If the old one does too, it stays.
  mutating func confirmClaim(of id: NodeID, at address: SocketAddress, _ context: inout Context) {
    guard let node = contacts.known[id], node.address != address else { return }
    contacts.known.update(id) { $0.claimedAddress = address }
    if node.isGood(at: context.now) {
      probe(id, &context)
    } else {
      adoptClaim(of: id)
      noteReply(of: id, at: address, isClient: node.isClient, roundTrip: nil, .claim(id), &context)
    }
  }

  /// The old address is silent: the node moved.
  mutating func adoptClaim(of id: NodeID) {
    let moved: NodeContact?? = contacts.known.update(id) { node in
      guard let address = node.claimedAddress else { return nil }
      node.address = address
      node.claimedAddress = nil
      node.token = nil
      node.synced = .distantPast
      return node.contact
    }
    guard let moved = moved ?? nil else { return }
    contacts.moveSockets(of: moved)
    // The searches follow, too.
    contacts.changes += 1
    for key in activeKeys(where: { $0.lookup[id] != nil }) { touch(key) }
  }

  /// Another node answers where one was known: it was restarted under a new id.
  mutating func replaceIdentity(_ request: PendingRequest, _ context: inout Context) {
    guard let id = request.node, contacts.known[id]?.address == request.destination else { return }
    expire(id, &context)
  }
}
