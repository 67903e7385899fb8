extension DHT {
  /// Stores a value at the nodes closest to a key, and here.
  ///
  ///     let receipt = try await dht.put(Value("hello"), at: room)
  ///     print(receipt.stored.count, "nodes keep", receipt.valueID)
  ///
  /// - Parameters:
  ///   - permanent: keeps the value alive until `cancelPut`, or until the node stops; the receipt tells of the first round.
  ///   - verify: reads the value back from each node that acknowledged it, since peers acknowledge what they refuse, too.
  ///   - created: when the value was made; nil for now.
  ///   - deadline: ends the operation, at the latest, this long from now; nil leaves it to the network (about 10 s).
  ///
  /// A value id of 0 is replaced by a random one. Returns when each node has stored, refused or stayed silent; a partial
  /// success is a receipt. Throws when nobody stored the value: `.isolated`, `.throttled`, `.invalid`, `.notStored`,
  /// `.timedOut`, `.replaced`, `.cancelled`, `.notRunning`. Cancelling the task ends the put; nodes that have the value
  /// keep it until it expires.
  @discardableResult
  public func put(
    _ value: Value, at key: InfoHash, permanent: Bool = false, verify: Bool = false, created: WallTime? = nil,
    deadline: Duration? = nil
  ) async throws(DHTError) -> PutReceipt {
    try await put(
      PutRequest(value: value, key: key, isPermanent: permanent, verify: verify, created: created, deadline: deadline))
  }

  /// A put whose id the caller has drawn already costs no look at what stands under it.
  package func put(_ request: PutRequest) async throws(DHTError) -> PutReceipt {
    let operation = Operation<NoBacklog>(backlog: NoBacklog(), dht: self)
    tell { session in session.put(request, operation) }
    return try PutReceipt(judging: await operation.cancellableResult())
  }

  /// Stops keeping a value alive, and removes it from our own storage. Other nodes keep it until it expires.
  /// A put of it that still runs ends as cancelled. Returns whether there was one.
  @discardableResult
  public func cancelPut(_ id: Value.ID, at key: InfoHash) async -> Bool {
    await onLoop { session in session.cancelPut(id, at: key) }
  }

  /// Fetches the values of a key, each as soon as a node gives it.
  ///
  ///     let found = dht.values(at: room, where: [.userType("text/plain")])
  ///     for await value in found { print(value.text ?? "?") }
  ///     print(await found.outcome.ending)
  ///
  /// The sequence ends with the get. Leaving the loop, or cancelling its task, ends the get. It never throws: `outcome`
  /// tells how it ended.
  public func values(at key: InfoHash, where filters: [Query.Filter] = [], deadline: Duration? = nil) -> Values {
    values(at: key, where: filters, deadline: deadline, isForwarded: false)
  }

  /// Fetches the values of a key to pass them on: verified, and still encrypted where they are.
  package func forwardedValues(at key: InfoHash, deadline: Duration? = nil) -> Values {
    values(at: key, where: [], deadline: deadline, isForwarded: true)
  }

  private func values(
    at key: InfoHash, where filters: [Query.Filter], deadline: Duration?, isForwarded: Bool
  ) -> Values {
    let operation = Operation(backlog: ValueBacklog(), dht: self)
    tell { session in session.get(key, where: filters, deadline: deadline, isForwarded: isForwarded, operation) }
    return Values(handle: OperationHandle(operation))
  }

  /// Fetches all values of a key.
  ///
  ///     for value in try await dht.get(room).values { print(value) }
  ///
  /// Throws when nothing came and no node could be asked: `.isolated`, `.throttled`, `.invalid`, `.timedOut`,
  /// `.cancelled`, `.notRunning`. A get that only some nodes answered is a result; its `outcome` tells.
  public func get(
    _ key: InfoHash, where filters: [Query.Filter] = [], deadline: Duration? = nil
  ) async throws(DHTError) -> GetResult {
    var result = GetResult()
    result.outcome = try await forEachValue(at: key, where: filters, deadline: deadline) { value, source in
      result.values.append(value)
      result.sources.append(source)
    }
    return result
  }

  /// Fetches all values of a key, and keeps none. Throws like `get`.
  package func forEachValue(
    at key: InfoHash, where filters: [Query.Filter] = [], deadline: Duration? = nil, _ take: (Value, Source) -> Void
  ) async throws(DHTError) -> GetOutcome {
    let found = values(at: key, where: filters, deadline: deadline)
    var isFound = false
    for await entry in found.withSources {
      isFound = true
      take(entry.value, entry.source)
    }
    return try await found.handle.operation.getOutcome(unlessFound: isFound)
  }

  /// Fetches the first value that any node gives, and stops looking.
  ///
  ///     if let value = try await dht.value(at: room) { print(value) }
  ///
  /// Returns nil when nodes answered and none had a value. Throws like `get`.
  public func value(
    at key: InfoHash, where filters: [Query.Filter] = [], deadline: Duration? = nil
  ) async throws(DHTError) -> Value? {
    let found = values(at: key, where: filters, deadline: deadline)
    for await value in found { return value }
    _ = try await found.handle.operation.getOutcome(unlessFound: false)
    return nil
  }

  /// Fetches selected fields of the values of a key, without their data.
  ///
  ///     for await record in dht.query(Query(select: [.id, .sequence]), at: room) { print(record.id ?? 0) }
  ///
  /// Ends, is cancelled and reports as `values(at:where:)`.
  public func query(_ query: Query, at key: InfoHash, deadline: Duration? = nil) -> Records {
    let operation = Operation(backlog: RecordBacklog(), dht: self)
    tell { session in session.query(query, at: key, deadline: deadline, operation) }
    return Records(handle: OperationHandle(operation))
  }

  /// Tells of the values of a key, and of every change of them, until cancelled.
  ///
  ///     for await change in dht.listen(to: room) {            // leaving the loop cancels the listen
  ///       switch change {
  ///       case .added(let value), .updated(let value): show(value)
  ///       case .expired(let value): hide(value.id)
  ///       }
  ///     }
  ///
  /// The listen begins with this call. A slow reader misses steps, never the result: what waits is merged for each
  /// value, so that no more waits than there are values. Ends at its deadline, or when the node stops.
  public func listen(to key: InfoHash, where filters: [Query.Filter] = [], deadline: Duration? = nil) -> Changes {
    listen(to: key, where: filters, deadline: deadline, isForwarded: false)
  }

  /// Tells of the changes of a key to pass them on: values are verified, and still encrypted where they are.
  package func forwardedChanges(of key: InfoHash) -> Changes {
    listen(to: key, where: [], deadline: nil, isForwarded: true)
  }

  private func listen(
    to key: InfoHash, where filters: [Query.Filter], deadline: Duration?, isForwarded: Bool
  ) -> Changes {
    let operation = Operation(backlog: ChangeBacklog(), dht: self)
    tell { session in session.listen(to: key, where: filters, deadline: deadline, isForwarded: isForwarded, operation) }
    return Changes(handle: OperationHandle(operation))
  }

  /// Pings a host whose node id is unknown. A name with several addresses is tried at all of them; the first answer counts.
  /// The deadline covers the look-up of the name.
  ///
  /// Throws `.cannotResolve`, `.noAnswer`, `.timedOut`, `.throttled`, `.cancelled` or `.notRunning`.
  public func ping(_ host: Host, deadline: Duration? = nil) async throws(DHTError) -> PingOutcome {
    let operation = Operation<NoBacklog>(backlog: NoBacklog(), dht: self)
    tell { session in session.ping(host, deadline: deadline, operation) }
    return try PingOutcome(judging: await operation.cancellableResult(), of: host)
  }

  /// Fetches the values of a key and tells of every step: who was asked, at which distance, what each answered.
  ///
  ///     for await step in dht.trace(room) { print(step.hop, step.node, step.kind) }
  public func trace(_ key: InfoHash, where filters: [Query.Filter] = [], deadline: Duration? = nil) -> Trace {
    let operation = Operation(backlog: TraceBacklog(), dht: self)
    tell { session in session.trace(key, where: filters, deadline: deadline, operation) }
    return Trace(handle: OperationHandle(operation))
  }
}
