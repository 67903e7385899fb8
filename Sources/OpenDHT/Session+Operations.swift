internal import DHTCore
internal import DHTTransport
internal import NIOCore

// Each begins an operation of the node, and remembers where its events go.
extension Session {
  func put(_ request: PutRequest, _ operation: Operation<NoBacklog>) {
    begin(operation) { node, now in
      let options = PutOptions(
        isPermanent: request.isPermanent, created: request.created, verify: request.verify,
        deadline: request.deadline.map { now + $0 }, hasDrawnID: request.hasDrawnID)
      return node.put(request.value, at: request.key, options: options, now: now)
    }
  }

  func cancelPut(_ id: Value.ID, at key: InfoHash) -> Bool {
    var wasThere = false
    driver?.step { node, now in wasThere = node.cancelPut(id, at: key, now: now) }
    return wasThere
  }

  func get(
    _ key: InfoHash, where filters: [Query.Filter], deadline: Duration?, isForwarded: Bool,
    _ operation: Operation<ValueBacklog>
  ) {
    begin(operation) { node, now in
      node.get(key, where: filters, deadline: deadline.map { now + $0 }, isForwarded: isForwarded, now: now)
    }
  }

  func trace(
    _ key: InfoHash, where filters: [Query.Filter], deadline: Duration?, _ operation: Operation<TraceBacklog>
  ) {
    begin(operation) { node, now in
      node.get(key, where: filters, deadline: deadline.map { now + $0 }, isTraced: true, now: now)
    }
  }

  func query(_ query: Query, at key: InfoHash, deadline: Duration?, _ operation: Operation<RecordBacklog>) {
    begin(operation) { node, now in node.query(key, query, deadline: deadline.map { now + $0 }, now: now) }
  }

  func listen(
    to key: InfoHash, where filters: [Query.Filter], deadline: Duration?, isForwarded: Bool,
    _ operation: Operation<ChangeBacklog>
  ) {
    begin(operation, isAwaited: false) { node, now in
      node.listen(to: key, where: filters, deadline: deadline.map { now + $0 }, isForwarded: isForwarded, now: now)
    }
  }

  func ping(_ host: Host, deadline: Duration?, _ operation: Operation<NoBacklog>) {
    guard case .running(let driver) = state else { return operation.finish(.failure(.notRunning)) }
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
    guard let driver, let known = resolving.removeValue(forKey: ObjectIdentifier(operation)) else { return }
    known.timer?.cancel()
    guard !addresses.isEmpty else {
      operation.finish(.failure(.cannotResolve(host)))
      return answerDrains()
    }
    let ping = HostPing(operation, addresses: addresses.count) { [weak self] in self?.cancelLater(operation) }
    driver.step { node, now in
      for address in addresses {
        let id = node.ping(address, deadline: deadline, now: now)
        note(id, ping, owner: ObjectIdentifier(operation), isAwaited: true)
      }
    }
  }

  // The node is busy with the answer that makes the other pings needless.
  private func cancelLater(_ operation: Operation<NoBacklog>) {
    let session = NIOLoopBound(self, eventLoop: loop)
    loop.execute { session.value.cancel(operation) }
  }

  func begin(
    _ operation: any OperationSink, isAwaited: Bool = true, _ start: (inout Node, Instant) -> OperationID
  ) {
    guard let driver = driver(for: operation) else { return operation.finish(.failure(.notRunning)) }
    guard !operation.isCancelled else { return operation.finish(.failure(.cancelled)) }
    driver.step { node, now in
      note(start(&node, now), operation, owner: ObjectIdentifier(operation), isAwaited: isAwaited)
    }
  }

  private func driver(for operation: any OperationSink) -> NodeDriver? {
    switch state {
    case .running(let driver): driver
    case .draining(let driver): operation.isLaterStep ? driver : nil
    case .stopped, .starting, .stopping: nil
    }
  }
}
