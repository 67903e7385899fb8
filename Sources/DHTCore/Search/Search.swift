import DHTModel
import DHTWire

/// Work toward one key on one family: gets, announces and listens that share one lookup. (node.md §3)
///
/// A step does whatever is possible now: asks the next nodes, sends puts and listens to those that gave a
/// token, and ends what is complete. Every answer and every timeout leads to a step.
struct Search {
  let key: InfoHash
  var lookup: Lookup
  var gets: [SearchGet] = []
  var announces: [Announce] = []
  var listens: [NetworkListen] = []
  /// Looks for the nodes around the key without anything to put or get: how a node finds its neighbours.
  var explores = false
  private(set) var lastStep: Instant = .distantPast
  private(set) var lastUsed: Instant
  private var lastRefill: Instant = .distantPast
  /// Everyone it knows has failed, and that was told.
  private var isDead = false
  /// How far it has followed nodes that expired or came back.
  private var followed = -1
  /// When the next step is due by itself.
  private(set) var nextStep: Instant?

  init(key: InfoHash, limits: Limits, now: Instant) {
    self.key = key
    lookup = Lookup(key: key, perSite: limits.nodesPerSite)
    lastUsed = now
  }

  /// Gets that may run at once per node are few: four while the search explores. (node.md §0.1: MAX_SOLICITED)
  static let exploringWidth = 4
  /// All of the nearest eight, once they are the ones that must be asked anyway, or when answers are missing. (node.md W-3)
  static let closingWidth = 8
  /// Pause before known nodes are looked through again for a thin search.
  static let refillPause: Duration = .seconds(1)
  /// Least pause between steps that no answer causes: what is due and cannot be done, for want of a token, must not
  /// spin. A quarter of the first wait for a reply, so that nobody notices. A choice of ours.
  static let retryPause: Duration = .milliseconds(250)
  /// Pause of a search that has nobody left to ask: as long as three sends take (wire.md §8.1), after which nodes given
  /// up may be known again.
  static let deadPause: Duration = .seconds(10)

  /// Whether it has work now or later.
  var isActive: Bool { explores || servesApplication }
  /// Whether the application waits for it; false for one that only looks around.
  var servesApplication: Bool { !gets.isEmpty || !announces.isEmpty || !listens.isEmpty }
  /// Whether it needs nodes with tokens, not only answers.
  private var needsTokens: Bool { explores || !announces.isEmpty || !listens.isEmpty }

  mutating func step(_ contacts: inout Contacts, _ context: inout Context) {
    lastStep = context.now
    nextStep = nil
    guard isActive else { return }
    lastUsed = context.now
    followKnownNodes(contacts, context.now)
    lookup.markCrowds()
    if lookup.liveCount < Lookup.width, lastRefill <= context.now - Self.refillPause {
      refill(contacts, now: context.now)
    }
    sendAsks(&contacts, &context)
    stepAnnounces(&contacts, &context)
    stepListens(&contacts, &context)
    endGets(&contacts, now: context.now)
    endExploring(&contacts, now: context.now)
    let hasNobody = lookup.candidates.allSatisfy(\.isFailed)
    if hasNobody { die(&contacts, context.now) }
    isDead = hasNobody
    nextStep = deadline(contacts, context.now)
  }

  /// Takes the nearest nodes that are known.
  mutating func refill(_ contacts: borrowing Contacts, now: Instant) {
    lastRefill = now
    let fresh = contacts.known.nearest(to: key, count: Lookup.confirmedLimit) {
      !$0.isClient && $0.isFresh(at: now) && $0.mayBeAsked(at: now)
    }
    for contact in fresh { lookup.insert(contact, hop: 0) }
    // Behind a crowd of one network stand others. (node.md W-41)
    if lookup.hasCrowds {
      let crowded = Set(lookup.candidates.filter(\.isCrowded).compactMap(\.site))
      let others = contacts.known.nearest(to: key, count: Lookup.width) { node in
        !node.isClient && node.isFresh(at: now) && node.mayBeAsked(at: now)
          && !(node.address.ip.site.map(crowded.contains) ?? false)
      }
      for contact in others { lookup.insert(contact, hop: 0) }
    }
    guard fresh.count < Lookup.width else { return }
    let old = contacts.known.nearest(to: key, count: Lookup.confirmedLimit) {
      !$0.isClient && !$0.isFresh(at: now) && $0.mayBeAsked(at: now)
    }
    for contact in old { lookup.insert(contact, hop: 0, isDoubtful: true) }
  }
}

// MARK: Asking

extension Search {
  /// Whether the eight nearest candidates are about as near as nodes can be in a network of this size. Then all
  /// of them must be asked anyway, and asking them at once saves round trips.
  func isClosing(_ contacts: borrowing Contacts) -> Bool {
    guard let eighth = lookup.eighth else { return true }
    return eighth.commonBits(with: key) >= contacts.table.depth - 1
  }

  /// Nodes that expired elsewhere fail here; nodes that came back count again; nodes that moved are asked where they are.
  private mutating func followKnownNodes(_ contacts: borrowing Contacts, _ now: Instant) {
    guard followed != contacts.changes else { return }
    followed = contacts.changes
    lookup.updateAll { candidate in
      let (isBack, isLost, contact) =
        contacts.known.look(candidate.id) {
          ($0.expired == nil && $0.heard > .distantPast, !$0.mayBeAsked(at: now), $0.contact)
        } ?? (false, false, candidate.contact)
      if candidate.asks == 0 { candidate.contact = contact }
      if candidate.isFailed, isBack { candidate.revive() }
      if !candidate.isFailed, isLost { candidate.fail() }
    }
  }

  private mutating func sendAsks(_ contacts: inout Contacts, _ context: inout Context) {
    let isWide = isClosing(contacts) || lookup.candidates.contains(where: \.isLate)
    let width = isWide ? Self.closingWidth : Self.exploringWidth
    while lookup.solicited < width {
      guard let (candidate, get) = nextAsk(contacts, context.now) else { return }
      if let get {
        sendGet(gets[get].nextStage, at: get, to: candidate, &contacts, &context)
      } else {
        contacts.remember(candidate.contact, now: context.now)
        let (request, purpose) = findRequest(candidate)
        contacts.ask(candidate.contact.address, node: candidate.id, request, for: purpose, &context)
        lookup.update(candidate.id) { $0.ask() }
      }
    }
  }

  /// A find; or a get that brings the same, nodes and a token, and also tells what a guarded announce must know.
  private func findRequest(_ candidate: Candidate) -> (Request, PendingRequest.Purpose) {
    guard let announce = announces.first(where: { $0.mustAsk(candidate.id) }) else {
      return (.find(Request.Find(target: key)), .find(key: key))
    }
    return (.get(Request.Get(key: key, query: announce.guardQuery)), .find(key: key, guarding: announce.id))
  }

  /// The nearest node with something left to ask it, and for which get; nil for a find.
  private func nextAsk(_ contacts: borrowing Contacts, _ now: Instant) -> (Candidate, get: Int?)? {
    // A node that refused a value is replaced by the next, which needs a token, too.
    let refused = lookup.candidates.count { candidate in
      announces.contains { $0.statuses[candidate.id] == .refused }
    }
    var seen = 0
    let inOrder =
      lookup.hasCrowds
      ? lookup.first(Lookup.width + refused) { !$0.isFailed && !$0.isLate } : lookup.candidates
    for candidate in inOrder where !candidate.isFailed && !candidate.isLate {
      seen += 1
      guard seen <= Lookup.width + refused else { return nil }
      if let get = gets.firstIndex(where: { $0.statuses[candidate.id] == nil }) { return (candidate, get) }
      guard needsTokens, candidate.asks == 0 else { continue }
      let hasToken = explores || contacts.known.look(candidate.id) { $0.hasFreshToken(at: now) } ?? false
      if !candidate.isSynced(at: now) || !hasToken { return (candidate, nil) }
    }
    return nil
  }

  private mutating func sendGet(
    _ stage: PendingRequest.GetStage, at get: Int, to candidate: Candidate, _ contacts: inout Contacts,
    _ context: inout Context
  ) {
    contacts.remember(candidate.contact, now: context.now)
    let request = Request.get(Request.Get(key: key, query: gets[get].request(stage)))
    let purpose = PendingRequest.Purpose.get(key: key, gets[get].operation, stage)
    contacts.ask(candidate.contact.address, node: candidate.id, request, for: purpose, &context)
    lookup.update(candidate.id) { $0.ask() }
    if gets[get].statuses[candidate.id] == nil { gets[get].statuses[candidate.id] = .asked }
    if gets[get].isTraced { contacts.trace(gets[get].operation, candidate, .asked(attempt: 1), context.now) }
  }
}

// MARK: Answers

extension Search {
  /// A node answered a find or get of this search.
  mutating func receive(
    _ reply: Reply, missing: Int, _ request: PendingRequest, from contact: NodeContact, nodes: [NodeContact],
    _ contacts: inout Contacts, _ context: inout Context
  ) {
    let hop = lookup[contact.id]?.hop ?? 0
    lookup.update(contact.id) { $0.answer(now: context.now) }
    for node in nodes { lookup.insert(node, hop: hop + 1) }
    if case .find(_, let id?) = request.purpose { receiveGuard(reply, missing: missing, id, from: contact) }
    guard case .get(_, let operation, let stage) = request.purpose,
      let get = gets.firstIndex(where: { $0.operation == operation })
    else { return }
    if gets[get].isTraced {
      let values = reply.values.values.count + (reply.fields?.rows.count ?? 0)
      contacts.trace(
        operation, Candidate(contact, hop: hop),
        .answered(nodes: nodes, values: values, hasToken: reply.token != nil), context.now,
        roundTrip: context.now - request.lastSent)
    }
    take(reply, missing: missing, stage, at: get, from: contact, &contacts, &context)
  }

  private mutating func take(
    _ reply: Reply, missing: Int, _ stage: PendingRequest.GetStage, at get: Int, from contact: NodeContact,
    _ contacts: inout Contacts, _ context: inout Context
  ) {
    let operation = gets[get].operation
    if !reply.values.values.isEmpty {
      // What a sealed value says of itself counts once it is opened: else a forged number would keep honest ones away.
      let open = reply.values.values.filter { !$0.isSealed || context.configuration.opener == nil }
      for value in open { gets[get].see(value) }
      contacts.effects.append(.values(operation, reply.values.values, from: contact))
    }
    switch stage {
    case .values where !gets[get].query.select.isEmpty:
      let records = contacts.records(reply.fields, context.configuration)
      if !records.isEmpty { contacts.effects.append(.records(operation, records, from: contact)) }
      gets[get].statuses[contact.id] = .answered
    case .values:
      if missing > 0 { gets[get].isLarge = true }
      // Some of its values did not arrive whole: ask what it has, then for each by itself.
      if missing > 0, let candidate = lookup[contact.id] {
        sendGet(.list, at: get, to: candidate, &contacts, &context)
      } else {
        gets[get].statuses[contact.id] = .answered
      }
    case .list:
      let listed = (reply.fields?.rows ?? []).compactMap { row in
        row.record.id.map { SearchGet.Listed(id: $0, sequence: row.record.sequence ?? 0) }
      }
      fetch(Array(listed.prefix(SearchGet.listedValues)), at: get, from: contact, &contacts, &context)
    case .value(let id):
      gets[get].fetching[id] = nil
      // It listed what it does not give: whatever else it lists is not worth the time.
      guard !reply.values.values.isEmpty || missing > 0 else {
        gets[get].statuses[contact.id] = .answered
        return
      }
      if missing > 0 { gets[get].incomplete += 1 }
      guard case .fetching(let rest)? = gets[get].statuses[contact.id] else { return }
      fetch(rest, at: get, from: contact, &contacts, &context)
    }
  }

  /// Fetches the next listed value that nobody else is fetching; the others come last, in case that fails.
  private mutating func fetch(
    _ listed: [SearchGet.Listed], at get: Int, from contact: NodeContact, _ contacts: inout Contacts,
    _ context: inout Context
  ) {
    let wanted = listed.filter(gets[get].wants)
    let free = wanted.filter { gets[get].fetching[$0.id] == nil }
    let rest = free + wanted.filter { gets[get].fetching[$0.id] != nil }
    guard let next = rest.first, let candidate = lookup[contact.id] else {
      gets[get].statuses[contact.id] = .answered
      return
    }
    gets[get].fetching[next.id] = contact.id
    gets[get].statuses[contact.id] = .fetching(Array(rest.dropFirst()))
    sendGet(.value(next.id), at: get, to: candidate, &contacts, &context)
  }

  /// An ask is late: another node is asked as well.
  mutating func becomeLate(_ request: PendingRequest, _ contacts: inout Contacts, _ context: inout Context) {
    guard let id = request.node else { return }
    lookup.update(id) { $0.becomeLate(now: context.now) }
    traceGet(request, .late, &contacts, context.now)
  }

  /// An ask ended without an answer: the node is silent, or refused.
  mutating func fail(_ request: PendingRequest, code: UInt16?, _ contacts: inout Contacts, _ context: inout Context) {
    guard let id = request.node else { return }
    traceGet(request, code.map { .refused(code: $0) } ?? .silent, &contacts, context.now)
    if case .get(_, let operation, let stage) = request.purpose,
      let get = gets.firstIndex(where: { $0.operation == operation })
    {
      if case .value(let value) = stage { gets[get].fetching[value] = nil }
      gets[get].statuses[id] = .answered
    }
    // An error is an answer too: the node lives, but has nothing for us.
    lookup.update(id) { code == nil ? $0.fail() : $0.answer(now: context.now) }
  }

  private func traceGet(_ request: PendingRequest, _ kind: TraceStep.Kind, _ contacts: inout Contacts, _ now: Instant) {
    guard case .get(_, let operation, _) = request.purpose, let id = request.node, let candidate = lookup[id],
      gets.contains(where: { $0.operation == operation && $0.isTraced })
    else { return }
    contacts.trace(operation, candidate, kind, now)
  }
}

// MARK: Endings

extension Search {
  private mutating func endGets(_ contacts: inout Contacts, now: Instant) {
    guard !gets.isEmpty else { return }
    let front = lookup.front(at: now)
    func isComplete(_ get: SearchGet) -> Bool { front.allSatisfy { get.statuses[$0.id] == .answered } }
    for get in gets where isComplete(get) {
      contacts.effects.append(.getEnded(get.operation, contacts.family, end(of: get)))
    }
    gets.removeAll(where: isComplete)
  }

  private func end(of get: SearchGet) -> SearchGet.End {
    let answered = lookup.first(Lookup.width) { !$0.isFailed && $0.answered != nil && get.statuses[$0.id] == .answered }
    let closest = lookup.first(Lookup.width) { !$0.isFailed }.count
    return SearchGet.End(
      isIsolated: answered.isEmpty, answered: answered.count, closest: closest, incomplete: get.incomplete,
      nodes: answered.map(\.contact))
  }

  private mutating func endExploring(_ contacts: inout Contacts, now: Instant) {
    guard explores, lookup.front(at: now).allSatisfy({ $0.isSynced(at: now) }) else { return }
    explores = false
    contacts.effects.append(.explored(key))
  }

  /// Nobody is left to ask. Gets and first rounds of puts end; what stands for long waits for better times.
  private mutating func die(_ contacts: inout Contacts, _ now: Instant) {
    // A search that lasts tells of it once: each time is a reason to try the entry points early.
    if !isDead || !gets.isEmpty || announces.contains(where: { !$0.isReported }) {
      contacts.effects.append(.searchDied)
    }
    for get in gets {
      contacts.effects.append(
        .getEnded(
          get.operation, contacts.family,
          SearchGet.End(isIsolated: true, answered: 0, closest: 0, incomplete: get.incomplete, nodes: [])))
    }
    gets = []
    if explores { contacts.effects.append(.explored(key)) }
    explores = false
    for index in announces.indices where !announces[index].isReported {
      report(index, isIsolated: announces[index].stored.isEmpty, &contacts, now)
    }
    announces.removeAll { $0.isReported && !$0.isPermanent }
  }

  /// When something is due without an answer.
  private func deadline(_ contacts: borrowing Contacts, _ now: Instant) -> Instant? {
    guard isActive else { return nil }
    var next = Instant.distantFuture
    if lookup.candidates.allSatisfy(\.isFailed) { return now + Self.deadPause }
    var live = 0
    for candidate in lookup.candidates where !candidate.isFailed {
      live += 1
      if let late = candidate.lateSince, !candidate.isOverdue(at: now) { next = min(next, late + Candidate.grace) }
      if live <= Lookup.width || lookup.hasCrowds, needsTokens, let answered = candidate.answered {
        let end = answered + KnownNode.syncAge
        if end > now { next = min(next, end) }
      }
    }
    if live < Lookup.width, contacts.known.count > live { next = min(next, lastRefill + Self.deadPause) }
    for announce in announces {
      if !announce.isPermanent, let end = announce.lingersUntil { next = min(next, end) }
      for (id, status) in announce.statuses where lookup.index(of: id) != nil {
        // What is due and could not be done waits for an answer, which leads to a step.
        if let refresh = announce.refreshTime(status), refresh > now { next = min(next, refresh) }
      }
    }
    for listen in listens {
      for status in listen.statuses.values where !status.isPending {
        if let refresh = status.refresh, refresh > now { next = min(next, refresh) }
      }
    }
    return next == .distantFuture ? nil : max(next, now + Self.retryPause)
  }
}

extension Search {
  /// Takes a get out, and tells what it achieved so far.
  mutating func stopGet(_ operation: OperationID) -> SearchGet.End? {
    guard let index = gets.firstIndex(where: { $0.operation == operation }) else { return nil }
    let get = gets.remove(at: index)
    return end(of: get)
  }
}
