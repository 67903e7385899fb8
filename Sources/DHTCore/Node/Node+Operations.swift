import DHTCollections
public import DHTModel
import DHTWire

/// Operations of the application: their beginning, waiting and end. Each ends exactly once.
extension Node {
  /// How long an operation that one family completed waits for the other. (node.md N-68: at most 1 s)
  static let familyGrace: Duration = .milliseconds(500)

  var hasRoom: Bool { operations.count < configuration.limits.operations }

  /// Fetches values. They come as `Event.values`, each distinct content once. Those of a get that is forwarded stay
  /// encrypted.
  public mutating func get(
    _ key: InfoHash, where filters: [Query.Filter] = [], deadline: Instant? = nil, isTraced: Bool = false,
    isForwarded: Bool = false, now: Instant
  ) -> OperationID {
    begin(now)
    let get = GetOperation(key: key, query: Query(where: filters), isTraced: isTraced, isForwarded: isForwarded)
    return fetch(get, deadline: deadline)
  }

  /// Fetches selected fields. They come as `Event.fields`.
  public mutating func query(_ key: InfoHash, _ query: Query, deadline: Instant? = nil, now: Instant) -> OperationID {
    begin(now)
    return fetch(GetOperation(key: key, query: query), deadline: deadline)
  }

  private mutating func fetch(_ get: GetOperation, deadline: Instant?) -> OperationID {
    let (key, query) = (get.key, get.query)
    let operation = freshOperation()
    if let refusal = refusal(key) {
      context.outbox.tell(.finished(operation, .get(GetOutcome(ending: refusal))))
      return operation
    }
    operations[operation] = .get(get)
    limit(operation, by: deadline)
    let local = store.values(at: key, matching: query)
    if query.select.isEmpty {
      deliver(local, .local, to: operation)
    } else {
      deliver(local.map { query.record(of: $0, ownerID: configuration.ownerID) }, .local, to: operation)
    }
    holdOrStart(operation)
    settle()
    return operation
  }

  /// Stores a value here and at the nodes closest to the key. An id of 0 is replaced by a random one; the receipt names it.
  /// A permanent put runs, and is renewed, until it is cancelled; its `finished` tells of the first round only.
  public mutating func put(
    _ value: Value, at key: InfoHash, options: PutOptions = PutOptions(), now: Instant
  ) -> OperationID {
    begin(now)
    let operation = freshOperation()
    var value = value
    let hasChosenID = value.id != 0 && !options.hasDrawnID
    if value.id == 0 { value.id = context.random.nonZero64() }
    if let refusal = refusal(key) ?? refusal(value, key) {
      context.outbox.tell(.finished(operation, .put(PutReceipt(ending: refusal, valueID: value.id))))
      return operation
    }
    // A permanent value is always fresh, and carries no date.
    let created = options.isPermanent ? nil : context.instant(of: options.created)
    let stored = store.put(
      value, at: key, created: created ?? context.now, origin: .local(isPermanent: options.isPermanent),
      now: context.now)
    let isStored =
      switch stored {
      case .stored, .edited, .refreshed: true
      case .refused: false
      }
    operations[operation] = .put(
      Operation.PutOperation(
        key: key, value: value, options: options, created: created, isStoredLocally: isStored,
        hasChosenID: hasChosenID))
    limit(operation, by: options.deadline)
    holdOrStart(operation)
    settle()
    return operation
  }

  /// What stands against an operation on this key, if anything.
  private func refusal(_ key: InfoHash) -> Ending? {
    if isShutDown { return .cancelled }
    if key == .zero { return .invalid(.zeroKey) }
    return hasRoom ? nil : .throttled
  }

  /// What stands against putting this value, if anything.
  private func refusal(_ value: Value, _ key: InfoHash) -> Ending? {
    let size = value.packedByteCount
    if size > WireLimits.packedValueBytes { return .invalid(.valueTooLarge(packedBytes: size)) }
    // Never send a node what would stop it: an unsigned value over a signed one, or one of another owner. (node.md W-20)
    let known = [store.value(value.id, at: key)] + (announcementsByKey[key] ?? []).map { announcements[$0]?.value }
    for case let old? in known where old.id == value.id {
      guard let signature = old.signature else { continue }
      if value.signature?.owner != signature.owner { return .invalid(.wouldReplaceSignedValue) }
    }
    return nil
  }
}

// MARK: Waiting

extension Node {
  /// While it is not known whether we are connected, operations wait for the answer. (node.md §9.3)
  private mutating func holdOrStart(_ operation: OperationID) {
    updateStatus()
    guard status == .connecting else { return start(operation) }
    held.append(operation)
    // Those that ended meanwhile stay in the list until it is used, or too long.
    if held.count > 2 * operations.count + 64 { held.removeAll { operations[$0] == nil } }
    // Somebody waits to know whether the nodes that were silent for long are there.
    for index in overlays.indices { overlays[index].wake(context.now) }
  }

  mutating func releaseHeld() {
    guard !held.isEmpty else { return }
    let waiting = held
    held = []
    for operation in waiting { start(operation) }
  }

  private mutating func start(_ operation: OperationID) {
    switch operations[operation] {
    case .get(let get): startGet(operation, get)
    case .put(let put): startPut(operation, put)
    case .listen, .ping, nil: break
    }
  }

  private mutating func startGet(_ operation: OperationID, _ get: GetOperation) {
    var get = get
    let started = overlays.indices.filter { index in
      if answerFromListen(&get, operation, index) { return false }
      let search = SearchGet(operation: operation, query: get.query, isTraced: get.isTraced)
      return overlays[index].startGet(search, at: get.key, &context)
    }
    get.running = Set(started.map { overlays[$0].family })
    // What the listens delivered is in the table's copy.
    if case .get(let current)? = operations[operation] {
      var merged = current
      merged.running = get.running
      merged.ends += get.ends
      operations[operation] = .get(merged)
      if merged.running.isEmpty {
        finish(operation, merged.ends.isEmpty ? .throttled : .completed)
      } else if !merged.ends.isEmpty {
        awaitOthers(merged.running, operation)
      }
    }
  }

  /// A running listen that every node confirmed knows all values already: no packet is needed. (N-66)
  private mutating func answerFromListen(_ get: inout GetOperation, _ operation: OperationID, _ index: Int) -> Bool {
    guard !get.isQuery, !get.isTraced else { return false }
    for id in groupsByKey[get.key] ?? [] {
      guard let group = groups[id], group.isForwarded == get.isForwarded, get.query.isSatisfied(by: group.query),
        overlays[index].isListenSynced(id, at: get.key), group.backlog.isEmpty, !group.isIncomplete
      else { continue }
      tell(group.view.values, .listen, of: operation)
      let nodes = overlays[index].listeningNodes(id, at: get.key)
      get.ends.append(
        SearchGet.End(isIsolated: false, answered: nodes.count, closest: nodes.count, incomplete: 0, nodes: nodes))
      return true
    }
    return false
  }

  /// Ends an operation at its deadline, whatever it achieved by then.
  mutating func limit(_ operation: OperationID, by deadline: Instant?) {
    guard let deadline else { return }
    deadlines[operation] = deadline
    operationDeadlines.push(operation, at: deadline)
    // Most operations end long before their deadline.
    if operationDeadlines.count > 2 * operations.count + 64 {
      let running = Set(operations.keys)
      operationDeadlines.removeAll { !running.contains($0) }
    }
  }

  mutating func advanceOperations() {
    while let operation = operationDeadlines.popDue(context.now) {
      guard operations[operation] != nil else { continue }
      if let deadline = deadlines[operation], deadline <= context.now {
        finish(operation, .timedOut)
      } else if case .get(let get)? = operations[operation], !get.ends.isEmpty, get.ending == nil {
        // The grace for the other family is over.
        finish(operation, .completed)
      }
    }
    while let id = announceDeadlines.popDue(context.now) {
      if let grace = announcements[id]?.grace, grace <= context.now { reportAnnouncement(id) }
    }
    advanceGroups()
  }
}

// MARK: Results

extension Node {
  mutating func deliver(_ values: [Value], _ source: Source, to operation: OperationID) {
    guard case .get(var get)? = operations[operation] else { return }
    if get.isQuery {
      // Old peers answer a selection with whole values. (N-50)
      let matching = values.filter { get.query.matches($0, ownerID: configuration.ownerID) }
      return deliver(matching.map { get.query.record(of: $0, ownerID: configuration.ownerID) }, source, to: operation)
    }
    guard let opener = configuration.opener(isForwarded: get.isForwarded) else {
      return tell(values, source, of: operation)
    }
    let sealed = get.sealedNews(values.filter(\.isSealed), ownerID: configuration.ownerID)
    operations[operation] = .get(get)
    tell(values.filter { !$0.isSealed }, source, of: operation)
    if !sealed.isEmpty { open(sealed, from: source, opener, for: operation) }
  }

  /// Tells of values as they are.
  private mutating func tell(_ values: [Value], _ source: Source, of operation: OperationID) {
    guard case .get(var get)? = operations[operation] else { return }
    let news = get.news(values, ownerID: configuration.ownerID)
    operations[operation] = .get(get)
    if !news.isEmpty { context.outbox.tell(.values(operation, news, source)) }
  }

  /// Values of a get were opened. The last of them may be what its end waited for.
  mutating func deliver(_ openings: [ValueOpener.Opening], _ source: Source, to operation: OperationID) {
    guard case .get(var get)? = operations[operation] else { return }
    let values = get.opened(openings, ownerID: configuration.ownerID)
    operations[operation] = .get(get)
    for index in overlays.indices { overlays[index].noteSeen(values, by: operation, at: get.key) }
    if !values.isEmpty { context.outbox.tell(.values(operation, values, source)) }
    if get.opening == 0, let ending = get.ending { finish(operation, ending) }
  }

  mutating func deliver(_ records: [FieldRecord], _ source: Source, to operation: OperationID) {
    guard case .get(var get)? = operations[operation] else { return }
    let news = get.news(records)
    operations[operation] = .get(get)
    if !news.isEmpty { context.outbox.tell(.fields(operation, news, source)) }
  }

  /// One family's search is over.
  mutating func endGet(_ operation: OperationID, _ family: AddressFamily, _ end: SearchGet.End) {
    guard case .get(var get)? = operations[operation] else { return }
    get.running.remove(family)
    get.ends.append(end)
    operations[operation] = .get(get)
    guard !get.running.isEmpty else {
      return finish(operation, get.ends.allSatisfy(\.isIsolated) ? .isolated : .completed)
    }
    if !end.isIsolated { awaitOthers(get.running, operation) }
  }

  /// One family completed a get: one without a good node must not delay it, another gets a moment. (node.md §3.8)
  private mutating func awaitOthers(_ running: Set<AddressFamily>, _ operation: OperationID) {
    if running.allSatisfy({ !isConnected($0) }) {
      finish(operation, .completed)
    } else {
      operationDeadlines.push(operation, at: context.now + Self.familyGrace)
    }
  }

  func isConnected(_ family: AddressFamily) -> Bool {
    overlayIndex(family).map { overlays[$0].status(context.now) == .connected } ?? false
  }

  /// Ends an operation: takes its work from the searches, and tells its outcome.
  mutating func finish(_ operation: OperationID, _ ending: Ending) {
    if case .get(var get)? = operations[operation] {
      stopSearches(of: &get, operation)
      // What came is opened first, unless there is no time for it.
      let mayWait = ending != .timedOut && ending != .cancelled
      if get.opening > 0, mayWait { get.ending = ending }
      operations[operation] = .get(get)
      if get.opening > 0, mayWait { return }
    }
    guard let state = operations.removeValue(forKey: operation) else { return }
    deadlines[operation] = nil
    switch state {
    case .get(let get):
      context.outbox.tell(.finished(operation, .get(get.outcome(ending))))
    case .put(let put):
      context.outbox.tell(.finished(operation, .put(leave(put, operation, ending))))
    case .listen(let listen):
      unsubscribe(operation, listen.group)
      context.outbox.tell(.finished(operation, .listen(ending)))
    case .ping:
      context.outbox.tell(.finished(operation, .ping(PingOutcome(ending: ending))))
    }
  }

  private mutating func stopSearches(of get: inout GetOperation, _ operation: OperationID) {
    for index in overlays.indices where get.running.contains(overlays[index].family) {
      if let end = overlays[index].stopGet(operation, at: get.key) { get.ends.append(end) }
    }
    get.running = []
  }

  /// Ends an operation; a running put is no longer announced, but stays where it is stored.
  public mutating func cancel(_ operation: OperationID, now: Instant) {
    begin(now)
    if operations[operation] != nil { finish(operation, .cancelled) }
    if let id = announcementOfPut.removeValue(forKey: operation) {
      announcements[id]?.operations.removeAll { $0 == operation }
      if announcements[id]?.operations.isEmpty == true { letGo(id) }
    }
    settle()
  }
}

extension Query {
  /// The fields of a value that this query selects.
  func record(of value: Value, ownerID: ([UInt8]) -> InfoHash?) -> FieldRecord {
    var record = FieldRecord()
    for field in select {
      switch field {
      case .id: record.id = value.id
      case .valueType: record.valueType = value.type
      case .owner: record.owner = value.signature.flatMap { ownerID($0.owner) } ?? .zero
      case .sequence: record.sequence = value.sequence
      case .userType: record.userTypeBytes = value.body?.userTypeBytes ?? []
      }
    }
    return record
  }
}
