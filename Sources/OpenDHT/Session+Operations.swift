internal import DHTCore
internal import DHTTransport
internal import NIOCore

// Each begins an operation of the node, and remembers where its events go.
extension Session {
  func put(_ request: PutRequest, _ operation: Operation<NoBacklog>) {
    var request = request
    if request.value.id == 0 {
      // Drawn here, so that a put that is begun again is the same put.
      request.value.id = .random(in: 1 ... .max)
      request.hasDrawnID = true
    }
    begin(operation, .put(request, until: end(request.deadline)))
  }

  func cancelPut(_ id: Value.ID, at key: InfoHash) -> Bool {
    let wasLeft = leftValues.removeValue(forKey: LeftValue(key: key, id: id)) != nil
    return engine?.cancelPut(id, at: key) ?? false || wasLeft
  }

  func get(
    _ key: InfoHash, where filters: [Query.Filter], deadline: Duration?, isForwarded: Bool,
    _ operation: Operation<ValueBacklog>
  ) {
    begin(
      operation,
      isForwarded
        ? .forwardedGet(key, until: end(deadline)) : .get(key, where: filters, until: end(deadline), isTraced: false))
  }

  func trace(
    _ key: InfoHash, where filters: [Query.Filter], deadline: Duration?, _ operation: Operation<TraceBacklog>
  ) {
    begin(operation, .get(key, where: filters, until: end(deadline), isTraced: true))
  }

  func query(_ query: Query, at key: InfoHash, deadline: Duration?, _ operation: Operation<RecordBacklog>) {
    begin(operation, .query(key, query, until: end(deadline)))
  }

  func listen(
    to key: InfoHash, where filters: [Query.Filter], deadline: Duration?, isForwarded: Bool,
    _ operation: Operation<ChangeBacklog>
  ) {
    begin(
      operation, isAwaited: false,
      isForwarded ? .forwardedListen(key) : .listen(key, where: filters, until: end(deadline)))
  }

  private func end(_ deadline: Duration?) -> Instant? { deadline.map { SystemClock.now() + $0 } }

  func ping(_ host: Host, deadline: Duration?, _ operation: Operation<NoBacklog>) {
    guard case .running(let engine) = state else { return operation.finish(.failure(.notRunning)) }
    guard let driver = engine as? NodeDriver else { return operation.finish(.failure(.invalid(.notOverProxy))) }
    guard !operation.isCancelled else { return operation.finish(.failure(.cancelled)) }
    let owner = ObjectIdentifier(operation)
    let session = NIOLoopBound(self, eventLoop: loop)
    // One deadline for the look-up and the pings.
    let end = deadline.map { deadline in driver.read { _, now in now + deadline } }
    let timer = deadline.map { deadline in
      loop.scheduleTask(in: .saturating(deadline)) { session.value.giveUpResolving(owner) }
    }
    resolving[owner] = (operation, timer)
    driver.resolve(host) { addresses in
      session.value.ping(host, at: addresses, deadline: end, operation)
    }
  }

  private func giveUpResolving(_ owner: ObjectIdentifier) {
    resolving.removeValue(forKey: owner)?.operation.finish(.failure(.timedOut))
    answerDrains()
  }

  private func ping(
    _ host: Host, at addresses: [DHTModel.SocketAddress], deadline: Instant?, _ operation: Operation<NoBacklog>
  ) {
    // Gone when it was cancelled, its time was over, or the node stopped, meanwhile.
    guard let driver = node, let known = resolving.removeValue(forKey: ObjectIdentifier(operation)) else { return }
    known.timer?.cancel()
    guard !addresses.isEmpty else {
      operation.finish(.failure(.cannotResolve(host)))
      return answerDrains()
    }
    let ping = HostPing(operation, addresses: addresses.count) { [weak self] in self?.cancelLater(operation) }
    driver.step { node, now in
      for address in addresses {
        let id = node.ping(address, deadline: deadline, now: now)
        note(id, ping, owner: ObjectIdentifier(operation), isAwaited: true, nil)
      }
    }
  }

  // The node is busy with the answer that makes the other pings needless.
  private func cancelLater(_ operation: Operation<NoBacklog>) {
    let session = NIOLoopBound(self, eventLoop: loop)
    loop.execute { session.value.cancel(operation) }
  }

  func begin(_ operation: any OperationSink, isAwaited: Bool = true, _ request: OperationRequest) {
    guard let engine = engine(for: operation) else { return operation.finish(.failure(.notRunning)) }
    guard !operation.isCancelled else { return operation.finish(.failure(.cancelled)) }
    engine.begin(request) { id in
      note(id, operation, owner: ObjectIdentifier(operation), isAwaited: isAwaited, request)
    }
  }

  private func engine(for operation: any OperationSink) -> (any Engine)? {
    switch state {
    case .running(let engine): engine
    case .draining(let engine): operation.isLaterStep ? engine : nil
    case .stopped, .starting, .stopping: nil
    }
  }
}
