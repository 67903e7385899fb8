internal import DHTCore
internal import DHTModel
internal import DHTProxyMessages
internal import DHTSecurity
internal import DHTTransport
internal import NIOCore
internal import OpenDHT

// Operations: their beginning, waiting and end.
extension ProxyEngine {
  func begin(_ request: OperationRequest, _ note: (OperationID) -> Void) {
    let id = OperationID(freshID())
    note(id)
    operations[id] = ProxyOperation(request, limits)
    if let refusal = refusal(request) { return end(id, refusal) }
    limit(id)
    switch request {
    case .listen, .forwardedListen: request.listenName.map { listen(id, to: $0) }
    case .put(let put, _):
      if put.isPermanent { keep(put) }
      start(id)
    case .get, .query, .forwardedGet: start(id)
    }
  }

  /// What stands against an operation, if anything.
  private func refusal(_ request: OperationRequest) -> Ending? {
    guard operations.count <= limits.operations + listens.count else { return .throttled }
    switch request {
    case .get(_, _, _, isTraced: true): return .invalid(.notOverProxy)
    case .get(.zero, _, _, _), .query(.zero, _, _), .listen(.zero, _, _), .forwardedGet(.zero, _),
      .forwardedListen(.zero):
      return .invalid(.zeroKey)
    case .listen, .forwardedListen:
      return request.listenName.flatMap { listens[$0] } == nil && listens.count >= limits.listens ? .throttled : nil
    case .get, .query, .forwardedGet: return nil
    case .put(let put, _):
      if put.key == .zero { return .invalid(.zeroKey) }
      if put.value.size > ValueType.maximumValueSize { return .invalid(.valueTooLarge(packedBytes: put.value.size)) }
      return put.isPermanent && puts.count >= limits.permanentPuts ? .throttled : nil
    }
  }

  private func limit(_ id: OperationID) {
    guard let request = operations[id]?.request else { return }
    let bound: Instant? =
      switch request {
      case .listen, .forwardedListen: nil
      case .put, .get, .query, .forwardedGet: now + limits.getting
      }
    guard let end = [request.deadline, bound].compactMap({ $0 }).min() else { return }
    operations[id]?.timer = schedule(at: end) { $0.end(id, .timedOut) }
  }

  /// Sends the request, or has it wait for the look at the proxy that is under way or to come, or for its turn: the time
  /// for an answer begins with the request, so there are no more at a time than connections.
  func start(_ id: OperationID) {
    guard let operation = operations[id] else { return }
    // Of a proxy that is away there is one attempt a second, the look, however many ask.
    guard !machine.holdsOperations, !reachable.isEmpty, let route else {
      machine.lookSoon(now: now)
      scheduleCheck()
      return hold(id)
    }
    guard operationsUnderWay < limits.connections else { return hold(id) }
    operationsUnderWay += 1
    operations[id]?.attempts += 1
    switch operation.request {
    case .get(let key, _, _, _), .query(let key, _, _), .forwardedGet(let key, _):
      // Made first: what makes it may look at the table.
      let task = fetch(id, key, opener(isForwarded: operation.request.isForwarded), route)
      operations[id]?.task = task
    case .put(let put, _): operations[id]?.task = send(id, put, route)
    case .listen, .forwardedListen: break
    }
  }

  private func hold(_ id: OperationID) {
    // Those that ended meanwhile stay in the list until it is used, or too long.
    if waiting.count > 2 * operations.count + 64 { waiting.removeAll { operations[$0] == nil } }
    waiting.append(id)
  }

  /// The look is over: those who waited for it go on, or hear that nobody is there.
  func releaseWaiting() {
    guard reachable.isEmpty else { return startWaiting() }
    let ids = waiting
    waiting = []
    for id in ids { end(id, .isolated) }
  }

  /// Begins as many of those who wait as may run.
  private func startWaiting() {
    while !machine.holdsOperations, !reachable.isEmpty, operationsUnderWay < limits.connections,
      let id = waiting.popFirst()
    {
      start(id)
    }
  }

  /// A request of an operation is over.
  private func leaveTurn() {
    operationsUnderWay -= 1
    startWaiting()
  }

  private func failed(_ id: OperationID) {
    guard let operation = operations[id] else { return }
    requestFailed()
    operations[id]?.task = nil
    leaveTurn()
    if operation.attempts < Self.maximumAttempts, machine.holdsOperations { start(id) } else { end(id, .isolated) }
  }

  func cancel(_ ids: [OperationID]) {
    for id in ids {
      if case .put(let put, _)? = operations[id]?.request, put.isPermanent { _ = cancelPut(put.value.id, at: put.key) }
      end(id, .cancelled)
    }
  }

  /// Ends an operation with what it has achieved.
  func end(_ id: OperationID, _ ending: Ending, receipt: PutReceipt? = nil, malformedLines: Int = 0) {
    guard let operation = operations.removeValue(forKey: id) else { return }
    operation.timer?.cancel()
    operation.task?.cancel()
    switch operation.request {
    case .put(let put, _):
      tell(.finished(id, .put(receipt ?? PutReceipt(ending: ending, valueID: put.value.id))))
    case .get, .query, .forwardedGet:
      let fetched = operation.fetched
      let outcome = GetOutcome(
        ending: ending, delivered: fetched.count, refused: fetched.refused,
        incomplete: fetched.dropped + malformedLines)
      tell(.finished(id, .get(outcome)))
    case .listen, .forwardedListen:
      operation.request.listenName.map { leave(id, $0) }
      tell(.finished(id, .listen(ending)))
    }
    if operation.task != nil { leaveTurn() }
  }

  func known(of id: OperationID) -> KnownResults {
    guard let operation = operations[id] else { return KnownResults() }
    switch operation.request {
    case .get, .query, .forwardedGet: return KnownResults(values: operation.fetched.values, records: operation.records)
    case .put: return KnownResults()
    case .forwardedListen: return KnownResults(values: toldValues(operation.request))
    case .listen(_, let filters, _):
      let query = Query(where: filters)
      return KnownResults(values: toldValues(operation.request).filter { query.matchesShown($0) })
    }
  }

  private func toldValues(_ request: OperationRequest) -> [Value] {
    request.listenName.flatMap { listens[$0] }?.known.values ?? []
  }

  func announcedValues(at key: InfoHash) -> [Value] {
    let running = operations.values.compactMap { operation -> Value? in
      guard case .put(let put, _) = operation.request, put.key == key, !put.isPermanent else { return nil }
      return put.value
    }
    return running + puts.filter { $0.key.key == key }.map(\.value.request.value)
  }
}

// Gets and queries.
extension ProxyEngine {
  private func fetch(
    _ id: OperationID, _ key: InfoHash, _ opener: ValueOpener, _ route: ProxyRoute
  ) -> Task<Void, Never> {
    launch { door in
      await route.stream(.get(key), for: .operation) { events, _ in
        let heard = await HeardEvent.open(events, opener)
        if !heard.isEmpty { await door.enter { $0.take(heard, for: id) } }
      }
    } then: { engine, end in
      engine.fetched(id, end)
    }
  }

  private func take(_ heard: [HeardEvent], for id: OperationID) {
    guard let request = operations[id]?.request else { return }
    let query: Query
    switch request {
    case .get(_, let filters, _, _): query = Query(where: filters)
    case .query(_, let given, _): query = given
    case .forwardedGet: query = Query()
    case .put, .listen, .forwardedListen: return
    }
    var values: [Value] = []
    for event in heard {
      switch event {
      case .value(let value): if query.matchesShown(value) { values.append(value) }
      case .refused: operations[id]?.fetched.refused += 1
      case .expired: break
      }
    }
    let news = operations[id]?.fetched.take(values) ?? []
    if query.select.isEmpty {
      if !news.isEmpty { tell(.values(id, news, .proxy)) }
    } else {
      let records = news.map { query.shownRecord(of: $0) }.filter {
        operations[id]?.records.insert($0).inserted ?? false
      }
      if !records.isEmpty { tell(.fields(id, records, .proxy)) }
    }
  }

  private func fetched(_ id: OperationID, _ end: ProxyRoute.StreamEnd) {
    switch end {
    case .complete(let malformedLines): self.end(id, .completed, malformedLines: malformedLines)
    case .refused(let status): self.end(id, Ending(refusal: status))
    case .failed: failed(id)
    }
  }
}

// Puts.
extension ProxyEngine {
  /// What a proxy said to a put.
  enum PutAnswer: Sendable {
    case stored(isVerified: Bool)
    /// Its node could not store it, or it could not be read back.
    case notStored
    case refused(status: Int)
    case failed
  }

  private func send(_ id: OperationID, _ put: PutRequest, _ route: ProxyRoute) -> Task<Void, Never> {
    let (body, limit) = (body(of: put), limits.getting)
    return launch { _ in
      await Self.put(put, body, route, for: .operation, within: limit)
    } then: { engine, answer in
      engine.answered(id, put, answer)
    }
  }

  func body(of put: PutRequest) -> [UInt8] {
    let hasMore = configuration.push != nil || configuration.secret != nil
    let permanence = hasMore ? Permanence.reminding(pushContext) : .unreminded
    return PutBody(put.value, permanence: put.isPermanent ? permanence : nil).bytes(leavingOutEmptyData: true)
  }

  /// `limit` is for reading the value back.
  static func put(
    _ put: PutRequest, _ body: [UInt8], _ route: ProxyRoute, for purpose: ProxyRoute.Purpose, within limit: Duration
  ) async -> PutAnswer {
    switch await route.answer(to: .put(put.key, body), for: purpose) {
    case .failed: return .failed
    case .answer(502, _): return .notStored
    case .answer(200, _): break
    case .answer(let status, _): return .refused(status: status)
    }
    guard put.verify else { return .stored(isVerified: false) }
    // The value as we sent it: nothing has to be opened to see that.
    let seen = SeenValue()
    let end = await within(limit, else: .failed("too long")) {
      await route.stream(.get(put.key), for: purpose) { events, _ in
        for case .value(let value) in events where value.id == put.value.id && value.hasSameContent(as: put.value) {
          await seen.note()
        }
      }
    }
    if await seen.isSeen { return .stored(isVerified: true) }
    if case .complete = end { return .notStored }
    return .stored(isVerified: false)
  }

  private func answered(_ id: OperationID, _ put: PutRequest, _ answer: PutAnswer) {
    if put.isPermanent { kept(KeptPut.Name(key: put.key, id: put.value.id), answer) }
    switch answer {
    case .stored(let isVerified):
      end(
        id, .completed,
        receipt: PutReceipt(ending: .completed, valueID: put.value.id, isVerified: isVerified, proxy: nodeID ?? .zero))
    case .notStored: end(id, .completed)
    case .refused(let status): end(id, Ending(refusal: status))
    case .failed: failed(id)
    }
  }
}

/// Whether a value was seen among those of an answer.
private actor SeenValue {
  private(set) var isSeen = false
  func note() { isSeen = true }
}

extension Ending {
  /// What a status other than 200 means for the operation. (proxy.md §1.4)
  init(refusal status: Int) {
    switch status {
    case 429: self = .throttled
    // The proxy is there, but has no network, or does not manage.
    case 502, 503, 504: self = .isolated
    default: self = .invalid(.refusedByProxy(status: status))
    }
  }

  /// Whether the request as such is refused: once more it would be no better.
  var isInvalid: Bool { if case .invalid = self { true } else { false } }
}

extension OperationRequest {
  /// Whether what it brings is passed on.
  var isForwarded: Bool {
    switch self {
    case .forwardedGet, .forwardedListen: true
    case .get, .query, .listen, .put: false
    }
  }

  /// What a listen is shared by; nil for other operations.
  var listenName: KeyListen.Name? {
    switch self {
    case .listen(let key, _, _): KeyListen.Name(key: key, isForwarded: false)
    case .forwardedListen(let key): KeyListen.Name(key: key, isForwarded: true)
    case .put, .get, .query, .forwardedGet: nil
    }
  }
}

extension Query {
  /// Whether a value, opened if it was sealed, passes every test.
  func matchesShown(_ value: Value) -> Bool { matches(value) { publicKeyID($0) } }

  /// The fields of a value that this query selects.
  func shownRecord(of value: Value) -> FieldRecord {
    var record = FieldRecord()
    for field in select {
      switch field {
      case .id: record.id = value.id
      case .valueType: record.valueType = value.type
      case .owner: record.owner = value.signerID ?? .zero
      case .sequence: record.sequence = value.sequence
      case .userType: record.userTypeBytes = value.body?.userTypeBytes ?? []
      }
    }
    return record
  }
}
