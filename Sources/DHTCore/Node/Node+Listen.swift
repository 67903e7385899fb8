import DHTCollections
public import DHTModel

/// Listens of the application. (node.md §4.6–4.8)
extension Node {
  /// Tells of changes under a key until cancelled. The values of a listen that is forwarded stay encrypted.
  public mutating func listen(
    to key: InfoHash, where filters: [Query.Filter] = [], deadline: Instant? = nil, isForwarded: Bool = false,
    now: Instant
  ) -> OperationID {
    begin(now)
    let operation = freshOperation()
    guard key != .zero, hasRoom, !isShutDown else {
      let ending: Ending = key == .zero ? .invalid(.zeroKey) : isShutDown ? .cancelled : .throttled
      context.outbox.tell(.finished(operation, .listen(ending)))
      return operation
    }
    let query = Query(where: filters)
    let shared = (groupsByKey[key] ?? []).first { id in
      groups[id].map { $0.isForwarded == isForwarded && query.isSatisfied(by: $0.query) } ?? false
    }
    guard let group = shared ?? openGroup(key, query, isForwarded: isForwarded) else {
      context.outbox.tell(.finished(operation, .listen(.throttled)))
      return operation
    }
    operations[operation] = .listen(Operation.ListenOperation(key: key, query: query, group: group))
    limit(operation, by: deadline)
    groups[group]?.subscribers.append(operation)
    groups[group]?.lingersUntil = nil
    let known = (groups[group]?.view.values ?? []).map(ListenChange.added)
    tell(known, to: operation, query)
    settle()
    return operation
  }

  /// A listen that no other serves: fill it from our own storage, and ask the network. Nil when there are too many searches.
  private mutating func openGroup(_ key: InfoHash, _ query: Query, isForwarded: Bool) -> NetworkListen.ID? {
    let id = freshSharedID()
    let wire = Query(where: query.filters.filter { $0.field != .sequence })
    let started = overlays.indices.filter {
      overlays[$0].startListen(NetworkListen(id: id, query: wire), at: key, &context)
    }
    guard !started.isEmpty || overlays.isEmpty else { return nil }
    let limits = configuration.limits
    groups[id] = ListenGroup(
      id: id, key: key, query: wire, isForwarded: isForwarded,
      view: ListenView(limit: limits.listenedValuesPerNode, bytes: limits.listenedBytesPerNode))
    groupsByKey[key, default: []].append(id)
    take(store.values(at: key, matching: wire), from: .local, id)
    return id
  }

  mutating func unsubscribe(_ operation: OperationID, _ id: NetworkListen.ID) {
    groups[id]?.subscribers.removeAll { $0 == operation }
    guard let group = groups[id], group.subscribers.isEmpty else { return }
    if isShutDown { return closeGroup(id) }
    groups[id]?.lingersUntil = context.now + ListenGroup.linger
    plan(id)
  }

  mutating func closeGroup(_ id: NetworkListen.ID) {
    guard let group = groups.removeValue(forKey: id) else { return }
    groupsByKey[group.key]?.removeAll { $0 == id }
    if groupsByKey[group.key]?.isEmpty == true { groupsByKey[group.key] = nil }
    for index in overlays.indices { overlays[index].stopListen(id, at: group.key) }
  }

  mutating func advanceGroups() {
    while let id = groupDeadlines.popDue(context.now) {
      guard let group = groups[id], group.planned.map({ $0 <= context.now }) ?? false else { continue }
      groups[id]?.planned = nil
      if let end = group.lingersUntil, end <= context.now {
        closeGroup(id)
        continue
      }
      let changes = groups[id]!.view.expire(now: context.now)
      tell(changes, of: id)
      plan(id)
    }
  }

  private mutating func plan(_ id: NetworkListen.ID) {
    guard let group = groups[id] else { return }
    let next = min(group.view.nextDeadline ?? .distantFuture, group.lingersUntil ?? .distantFuture)
    guard next < group.planned ?? .distantFuture else { return }
    groups[id]?.planned = next
    groupDeadlines.push(id, at: next)
  }
}

// MARK: News

extension Node {
  /// A storing node told something.
  mutating func hear(_ news: ListenNews, _ id: NetworkListen.ID, from contact: NodeContact, _ family: AddressFamily) {
    let source = ListenView.Source.node(family, contact.id)
    switch news {
    case .values(let values): take(values, from: source, id)
    case .refreshed(let ids): take(.refreshed(ids, from: source), id)
    case .expired(let ids): take(.expired(ids, from: source), id)
    }
  }

  mutating func loseListenSource(_ id: NetworkListen.ID, _ family: AddressFamily, _ node: NodeID) {
    take(.lost(.node(family, node)), id)
  }

  /// Our own storage changed: its listens hear of it without the network. (N-106)
  mutating func hearLocal(_ change: StoreChange) {
    for id in groupsByKey[change.key] ?? [] {
      switch change.kind {
      case .added(let value), .edited(let value): take([value], from: .local, id)
      case .expired(let values): take(.expired(values.map(\.id), from: .local), id)
      case .refreshed: continue
      }
    }
  }

  private mutating func take(_ values: [Value], from source: ListenView.Source, _ id: NetworkListen.ID) {
    guard let group = groups[id] else { return }
    let opener = configuration.opener(isForwarded: group.isForwarded)
    // What an encrypted value is about shows once it is open.
    let wanted = values.filter { $0.cypher != nil || group.query.matches($0, ownerID: configuration.ownerID) }
    let heard = wanted.map { value in
      HeardValue(value: value, shown: opener == nil || !value.isSealed ? value : group.view.shown(value))
    }
    let step = ListenStep.values(heard, from: source, isCertain: source == .local)
    let sealed = heard.filter { $0.shown == nil }.map(\.value)
    take(step, id, opening: opener.flatMap { sealed.isEmpty ? nil : ($0, sealed) })
  }

  /// News are told of in their order. Those with sealed values wait until these are open, and what follows waits for them.
  private mutating func take(
    _ step: ListenStep, _ id: NetworkListen.ID, opening work: (opener: ValueOpener, sealed: [Value])? = nil
  ) {
    guard let backlog = groups[id]?.backlog else { return }
    if work == nil, backlog.isEmpty { return apply(step, id) }
    let limits = configuration.limits
    // What goes is always heard: else a value would never expire.
    let mayDrop = if case .values = step { true } else { false }
    let hasRoom =
      backlog.bytes + step.bytes <= limits.listenBacklogBytes && backlog.count < limits.listenBacklogSteps
    guard hasRoom || !mayDrop && backlog.count < 2 * limits.listenBacklogSteps else {
      context.counters.newsDropped += 1
      groups[id]?.isIncomplete = true
      return
    }
    let check = work.map { _ in checks.add(id) }
    groups[id]?.backlog.append(step, awaiting: check)
    if let work, let check { context.outbox.tell(.check(Check(id: check, work: .open(work.sealed, work.opener)))) }
  }

  /// Sealed values of a listen were opened.
  mutating func hear(_ openings: [ValueOpener.Opening], _ id: NetworkListen.ID, of check: Check.ID) {
    groups[id]?.backlog.opened(openings, check)
    while let step = groups[id]?.backlog.popReady() { apply(step, id) }
  }

  /// A source's word holds for twice the life of the value's type: a refresh may come at the very end. (N-104)
  private mutating func apply(_ step: ListenStep, _ id: NetworkListen.ID) {
    guard groups[id] != nil else { return }
    var changes: [ListenChange] = []
    switch step {
    case .values(let values, let source, let isCertain):
      for heard in values {
        guard let shown = heard.shown else { continue }
        let value = heard.value
        let expiry = source == .local ? Instant.distantFuture : context.now + store.lifetime(ofType: value.type) * 2
        let change = groups[id]!.view.add(value, shown: shown, from: source, until: expiry, isCertain: isCertain)
        if let change { changes.append(change) }
      }
    case .refreshed(let ids, let source):
      for value in ids {
        guard let type = groups[id]!.view.type(of: value) else { continue }
        groups[id]!.view.refresh(value, from: source, until: context.now + store.lifetime(ofType: type) * 2)
      }
    case .expired(let ids, let source):
      changes = ids.compactMap { groups[id]!.view.drop($0, from: source) }
    case .lost(let source):
      changes = groups[id]!.view.dropAll(from: source)
    }
    tell(changes, of: id)
    plan(id)
  }

  private mutating func tell(_ changes: [ListenChange], of id: NetworkListen.ID) {
    guard !changes.isEmpty, let group = groups[id] else { return }
    for operation in group.subscribers {
      guard case .listen(let listen)? = operations[operation] else { continue }
      tell(changes, to: operation, listen.query)
    }
  }

  private mutating func tell(_ changes: [ListenChange], to operation: OperationID, _ query: Query) {
    let matching = changes.filter { query.matches($0.value, ownerID: configuration.ownerID) }
    if !matching.isEmpty { context.outbox.tell(.changes(operation, matching)) }
  }
}

extension ListenChange {
  /// The value that changed.
  public var value: Value {
    switch self {
    case .added(let value), .updated(let value), .expired(let value): value
    }
  }
}
