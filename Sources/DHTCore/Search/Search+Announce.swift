import DHTModel
import DHTWire

/// Putting values at the nodes closest to the key, and keeping them there. (node.md §4.3, §4.4)
extension Search {
  mutating func stepAnnounces(_ contacts: inout Contacts, _ context: inout Context) {
    guard !announces.isEmpty else { return }
    let isReady = leadersAnswered(context.now)
    for index in announces.indices {
      let targets = targets(of: announces[index])
      if isReady {
        for target in targets { send(announces[index], index, to: target, &contacts, &context) }
      }
      endIfComplete(index, targets, &contacts, &context)
    }
    let over = announces.map { isOver($0, context.now) }
    for index in announces.indices.reversed() where over[index] { announces.remove(at: index) }
    forgetDistantStatuses()
  }

  /// Whether nothing is left to do for an announce: it was reported, and none of the nearest nodes still owes its
  /// first answer.
  private func isOver(_ announce: Announce, _ now: Instant) -> Bool {
    guard announce.isReported, !announce.isPermanent else { return false }
    guard let end = announce.lingersUntil, now < end else { return true }
    return !lookup.first(Lookup.width) { !$0.isFailed }.contains { candidate in
      switch announce.statuses[candidate.id] {
      case nil: candidate.isLate || candidate.asks > 0
      case let status?: status.isUnfinished
      }
    }
  }

  /// A permanent announce outlives the nodes that it once reached.
  private mutating func forgetDistantStatuses() {
    for index in announces.indices where announces[index].statuses.count > Self.statusesKept {
      announces[index].statuses = announces[index].statuses.filter { node, status in
        status.isUnfinished || lookup.index(of: node) != nil
      }
      announces[index].cleared = announces[index].cleared.filter { announces[index].statuses[$0.key] != nil }
    }
  }

  /// Statuses per announce before those of nodes out of sight are dropped: more than a lookup has candidates.
  private static let statusesKept = 128

  /// Whether the nearest two live nodes answered. They know their neighbourhood, so the nearest eight are the right ones.
  func leadersAnswered(_ now: Instant) -> Bool {
    let leaders = lookup.first(Announce.leaders) { !$0.isFailed && !$0.isLate }
    return !leaders.isEmpty && leaders.allSatisfy { $0.isSynced(at: now) }
  }

  /// The nearest eight live nodes that have not refused. A node that is late with its first answer does not hold up
  /// the put; one that is silent after it got the value does.
  private func targets(of announce: Announce) -> [Candidate] {
    lookup.first(Lookup.width) { candidate in
      let status = announce.statuses[candidate.id]
      return !candidate.isFailed && status != .refused && (!candidate.isLate || status != nil)
    }
  }

  private mutating func send(
    _ announce: Announce, _ index: Int, to target: Candidate, _ contacts: inout Contacts, _ context: inout Context
  ) {
    guard let node = contacts.known[target.id], node.hasFreshToken(at: context.now), let token = node.token else {
      return
    }
    switch announce.statuses[target.id] {
    case nil:
      // The answer that is on its way may tell.
      if announce.mustAsk(target.id), target.asks > 0 { return }
      announce.mustProbe(target.id)
        ? probe(index, target, &contacts, &context) : put(index, target.contact, token, &contacts, &context)
    case .acknowledged:
      guard let refresh = announce.refreshTime(announce.statuses[target.id]), refresh <= context.now else { return }
      probe(index, target, &contacts, &context)
    case .probing, .putting, .refreshing, .verifying, .refused, .withheld:
      return
    }
  }

  /// Asks what the node holds under the id, so that a value is not sent again to those that have it.
  private mutating func probe(
    _ index: Int, _ target: Candidate, _ contacts: inout Contacts, _ context: inout Context
  ) {
    // Without a filter, as deployed nodes ask it; but what is guarded must see the owner each time.
    let query = announces[index].isGuarded ? announces[index].guardQuery : Query(select: [.id, .sequence])
    announces[index].statuses[target.id] = .probing
    announces[index].cleared[target.id] = nil
    contacts.ask(
      target.contact.address, node: target.id, .get(Request.Get(key: key, query: query)),
      for: .probeValue(key: key, announces[index].id), &context)
  }

  private mutating func put(
    _ index: Int, _ target: NodeContact, _ token: Token, _ contacts: inout Contacts, _ context: inout Context
  ) {
    announces[index].statuses[target.id] = .putting
    let created = announces[index].created.map { context.wallTime(of: $0) }
    contacts.ask(
      target.address, node: target.id,
      .put(Request.Put(key: key, values: ValueList([announces[index].value]), created: created, token: token)),
      for: .put(key: key, announces[index].id), &context)
  }

  private mutating func endIfComplete(
    _ index: Int, _ targets: [Candidate], _ contacts: inout Contacts, _ context: inout Context
  ) {
    let announce = announces[index]
    guard !announce.isReported else { return }
    let isWaiting = announce.statuses.values.contains { status in
      switch status {
      case .verifying: true
      case .probing, .putting, .refreshing, .acknowledged, .refused, .withheld: false
      }
    }
    guard !targets.isEmpty, !isWaiting else {
      // Everyone refused: there is nobody left who might take it.
      if targets.isEmpty, !lookup.candidates.allSatisfy({ $0.isFailed || $0.isLate }), !isWaiting {
        report(index, isIsolated: false, &contacts, context.now)
      }
      return
    }
    let isAcknowledged = targets.allSatisfy { target in
      switch announce.statuses[target.id] {
      case .acknowledged, .withheld: true
      case .probing, .putting, .refreshing, .verifying, .refused, nil: false
      }
    }
    guard isAcknowledged else { return }
    if announce.wantsVerify, announce.stored.contains(where: { !announce.verified.contains($0.id) }) {
      verify(index, &contacts, &context)
    } else {
      report(index, isIsolated: false, &contacts, context.now)
    }
  }

  mutating func report(_ index: Int, isIsolated: Bool, _ contacts: inout Contacts, _ now: Instant) {
    announces[index].isReported = true
    announces[index].lingersUntil = now + Announce.linger
    let stored = announces[index].stored.sorted { $0.id.isCloser(to: key, than: $1.id) }
    let failed = announces[index].failed.sorted { $0.node.id.isCloser(to: key, than: $1.node.id) }
    contacts.effects.append(
      .announceEnded(
        announces[index].id, contacts.family, Announce.End(isIsolated: isIsolated, stored: stored, failed: failed)))
  }
}

// MARK: Answers

extension Search {
  func announceIndex(_ id: Announce.ID) -> Int? { announces.firstIndex { $0.id == id } }

  /// The node showed what it holds: refresh what is there, put what is missing.
  mutating func receiveProbe(
    _ reply: Reply, missing: Int, _ id: Announce.ID, from contact: NodeContact, _ contacts: inout Contacts,
    _ context: inout Context
  ) {
    guard let index = announceIndex(id) else { return }
    guard receiveGuard(reply, missing: missing, id, from: contact) else { return }
    guard let token = contacts.known[contact.id]?.token else {
      // It moved, or expired, meanwhile: another token first.
      announces[index].statuses[contact.id] = nil
      lookup.update(contact.id) { $0.desync() }
      return
    }
    let value = announces[index].value
    guard reply.holds(value), announces[index].isPermanent else {
      return put(index, contact, token, &contacts, &context)
    }
    announces[index].statuses[contact.id] = .refreshing
    contacts.ask(
      contact.address, node: contact.id, .refresh(Request.Refresh(key: key, valueID: value.id, token: token)),
      for: .refresh(key: key, id), &context)
  }

  /// The node told whether it holds a signed value under the id of a guarded announce. If so, the value stays away.
  @discardableResult
  mutating func receiveGuard(_ reply: Reply, missing: Int, _ id: Announce.ID, from contact: NodeContact) -> Bool {
    guard let index = announceIndex(id), announces[index].isGuarded else { return true }
    guard reply.showsSignedValue(announces[index].value.id) else {
      // Of what did not arrive whole, anything may be signed: it is asked once more.
      if missing == 0 { announces[index].cleared[contact.id] = reply.holds(announces[index].value) }
      if missing > 0, announces[index].statuses[contact.id] == .probing { announces[index].statuses[contact.id] = nil }
      return missing == 0
    }
    announces[index].statuses[contact.id] = .withheld
    announces[index].fail(contact, .holdsSignedValue)
    return false
  }

  /// A put or refresh was answered.
  mutating func receiveAcknowledgement(
    _ reply: Reply, _ id: Announce.ID, from contact: NodeContact, _ contacts: inout Contacts, _ context: inout Context
  ) {
    guard let index = announceIndex(id) else { return }
    guard reply.valueID == announces[index].value.id else {
      // A reply that names no value, or another, proves nothing and would leave the put open for ever. (node.md W-14)
      announces[index].statuses[contact.id] = .refused
      announces[index].fail(contact, .acknowledgedNothing)
      return
    }
    announces[index].acknowledge(contact, now: context.now)
    contacts.effects.append(.acknowledged(id, contact))
  }

  /// A put, refresh or probe was refused, or its node fell silent.
  mutating func failAnnounce(
    _ request: PendingRequest, code: UInt16?, silence: PutFailure.Reason, _ id: Announce.ID, _ contacts: inout Contacts,
    _ context: inout Context
  ) {
    guard let index = announceIndex(id), let node = request.node else { return }
    let contact = NodeContact(id: node, address: request.destination)
    if case .probeValue = request.purpose, let code {
      // Who will not even show what it has is left alone: asking again would go on for ever.
      announces[index].statuses[node] = .refused
      return announces[index].fail(contact, .refused(code: code))
    }
    switch code {
    case nil:
      announces[index].statuses[node] = nil
      announces[index].fail(contact, silence)
      lookup.update(node) { $0.fail() }
    case 401:
      // The token grew old: fetch another, then put again. The fourth refusal in a row expires the node.
      announces[index].statuses[node] = nil
      announces[index].fail(contact, .refused(code: 401))
      lookup.update(node) { $0.desync() }
    case .some(let code):
      // It lost the value, though it was there a moment ago: put it again at once.
      if code == 404, case .refresh = request.purpose, let token = contacts.known[node]?.token {
        return put(index, contact, token, &contacts, &context)
      }
      announces[index].statuses[node] = .refused
      announces[index].fail(contact, .refused(code: code))
    }
  }
}

// MARK: Verification

extension Search {
  /// An acknowledgement proves nothing (wire.md §3.5): asks each node to show the value.
  private mutating func verify(_ index: Int, _ contacts: inout Contacts, _ context: inout Context) {
    let query = Query(where: [.id(announces[index].value.id)])
    for contact in announces[index].stored where announces[index].verified.insert(contact.id).inserted {
      guard case .acknowledged(let at)? = announces[index].statuses[contact.id] else { continue }
      announces[index].statuses[contact.id] = .verifying(acknowledged: at)
      contacts.ask(
        contact.address, node: contact.id, .get(Request.Get(key: key, query: query)),
        for: .verify(key: key, announces[index].id), &context)
    }
  }

  mutating func receiveVerify(_ reply: Reply, _ id: Announce.ID, from contact: NodeContact) {
    guard let index = announceIndex(id), case .verifying(let at)? = announces[index].statuses[contact.id] else {
      return
    }
    announces[index].statuses[contact.id] = .acknowledged(at: at)
    if !reply.values.values.contains(where: {
      $0.id == announces[index].value.id && $0.hasSameContent(as: announces[index].value)
    }) {
      announces[index].fail(contact, .notFoundOnVerify)
    }
  }

  mutating func failVerify(_ request: PendingRequest, _ id: Announce.ID) {
    guard let index = announceIndex(id), let node = request.node,
      case .verifying(let at)? = announces[index].statuses[node]
    else { return }
    announces[index].statuses[node] = .acknowledged(at: at)
    announces[index].fail(NodeContact(id: node, address: request.destination), .silentOnVerify)
  }
}

extension Reply {
  /// Whether the node holds a signed value under an id. Old peers answer a selection with whole values.
  fileprivate func showsSignedValue(_ id: Value.ID) -> Bool {
    fields?.rows.contains { row in
      row.record.id == id && (row.ownerKey?.isEmpty == false || row.record.owner ?? .zero != .zero)
    } ?? false || values.values.contains { $0.id == id && $0.signature != nil }
  }

  /// Whether the node holds a value, or a newer edition.
  fileprivate func holds(_ value: Value) -> Bool {
    fields?.rows.contains { $0.record.id == value.id && ($0.record.sequence ?? 0) >= value.sequence } ?? false
      || values.values.contains { $0.id == value.id && $0.sequence >= value.sequence }
  }
}
