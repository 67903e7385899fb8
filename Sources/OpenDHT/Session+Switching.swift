internal import DHTCore
internal import DHTModel
internal import DHTTransport
internal import NIOCore

// From one engine to another, while everything goes on.
extension Session {
  /// What the old engine leaves to the new one.
  private struct Estate {
    var operations: [(running: Running, known: KnownResults)]
    var permanentValues: [(key: InfoHash, value: Value)]
    var contacts: [NodeContact]
    var port: UInt16?
  }

  /// First wait before looking again what is under the key of a listen that was carried over, when nobody could tell.
  private static let reconcilingPause = TimeAmount.seconds(5)
  /// Time for a look; a lost answer must not leave a listen in doubt for ever.
  private static let reconcilingDeadline: Duration = .seconds(60)

  func `switch`(to backend: DHT.Backend, _ done: @escaping @Sendable (Result<Void, DHTError>) -> Void) {
    // One at a time; the next begins when the old engine of the last is gone, since it may have its ports.
    guard !isSwitching else {
      waitingSwitches.append { $0.switch(to: backend, done) }
      return
    }
    guard case .running(let old) = state else { return done(.failure(.notRunning)) }
    if backend.make == nil, old is NodeDriver { return done(.success(())) }
    isSwitching = true
    startEngine(backend) { [self] result in
      switch (result, state) {
      case (.failure(let error), _):
        done(.failure(error))
        switchedLater()
      case (.success(let engine), .running(let old)):
        self.backend = backend
        replace(old, with: engine)
        done(.success(()))
      case (.success(let engine), _):
        // Stopped, or draining, meanwhile.
        engine.stop { self.switchedLater() }
        done(.failure(.notRunning))
      }
    }
  }

  private func replace(_ old: any Engine, with engine: any Engine) {
    let estate = takeEstate(of: old)
    isRetiring = true
    old.stop { self.switchedLater() }
    isRetiring = false
    state = .running(engine)
    let status = engine.status
    handle(.statusChanged(ipv4: status.ipv4, ipv6: status.ipv6))
    if let driver = node {
      log.started(boundPorts)
      tellBootstrap(bootstrap)
      for type in registeredTypes { _ = register(type) }
      driver.step { node, now in
        for contact in keptContacts { node.insert(contact, now: now) }
      }
    } else {
      (keptContacts, keptPort) = (estate.contacts, estate.port)
    }
    for (running, known) in estate.operations { carryOver(running, known) }
    for (key, value) in estate.permanentValues { keepAlive(value, at: key) }
    answerDrains()
  }

  // In a later turn: an engine may stop within the call that stops it.
  private func switchedLater() {
    let session = NIOLoopBound(self, eventLoop: loop)
    loop.execute { session.value.switched() }
  }

  private func switched() {
    isSwitching = false
    while !isSwitching, !waitingSwitches.isEmpty { waitingSwitches.removeFirst()(self) }
  }

  private func takeEstate(of old: any Engine) -> Estate {
    // Looks of listens that were carried over before end here: what goes on with those looks itself.
    let goingOn = running.filter { !($0.value.sink is Look) }.sorted { $0.key < $1.key }
    let operations = goingOn.map { id, running in
      (running, (running.sink as? ResumedListen)?.retire().map { KnownResults(values: $0) } ?? old.known(of: id))
    }
    let driver = old as? NodeDriver
    let contacts = driver?.read { node, now in
      AddressFamily.allCases.flatMap { node.goodNodes($0, now: now) }
    }
    let estate = Estate(
      operations: operations,
      permanentValues: old.permanentValues + leftValues.map { ($0.key.key, $0.value) },
      contacts: contacts ?? keptContacts,
      port: driver.map { $0.port(.ipv4) ?? $0.port(.ipv6) } ?? keptPort)
    leftValues = [:]
    running = [:]
    operationIDs = [:]
    awaitedCount = 0
    for ping in resolving.values {
      ping.timer?.cancel()
      ping.operation.finish(.failure(.cancelled))
    }
    resolving = [:]
    return estate
  }

  private func carryOver(_ old: Running, _ known: KnownResults) {
    guard let engine, let request = old.request, !old.sink.isCancelled else {
      // A ping; or cancelled, of which the session hears in its next turn.
      return old.sink.finish(.failure(.cancelled))
    }
    switch request {
    case .put: begin(old, request, old.sink, engine)
    case .get, .query, .forwardedGet: begin(old, request, ResumedGet(old.sink, known: known), engine)
    case .listen(let key, _, _), .forwardedListen(let key):
      let sink = ResumedListen(old.sink, known: known.values)
      begin(old, request, sink, engine)
      let isForwarded = if case .forwardedListen = request { true } else { false }
      if !sink.isSettled { reconcile(sink, at: key, isForwarded: isForwarded) }
    }
  }

  private func begin(_ old: Running, _ request: OperationRequest, _ sink: any OperationSink, _ engine: any Engine) {
    engine.begin(request) { id in
      note(id, sink, owner: old.owner, isAwaited: old.isAwaited, request)
    }
  }

  /// Looks what is under the key of a listen that goes on, to tell what is gone.
  private func reconcile(
    _ listen: ResumedListen, at key: InfoHash, isForwarded: Bool, after pause: TimeAmount = reconcilingPause
  ) {
    guard let engine, !listen.isOver, !listen.isSettled else { return }
    let session = NIOLoopBound(self, eventLoop: loop)
    let look = Look { ids in
      if let ids {
        listen.reconcile(found: ids, OperationID(0))
        // Found, but not told of by the listen yet: it is looked at again.
      }
      guard !listen.isSettled, !listen.isOver else { return }
      let bound = NIOLoopBound(listen, eventLoop: session.value.loop)
      session.value.loop.scheduleTask(in: pause) {
        session.value.reconcile(bound.value, at: key, isForwarded: isForwarded, after: min(pause * 2, .minutes(1)))
      }
    }
    let end = SystemClock.now() + Self.reconcilingDeadline
    // With the eyes of the listen: another kind of get would not find what is encrypted for others.
    let request: OperationRequest =
      isForwarded ? .forwardedGet(key, until: end) : .get(key, where: [], until: end, isTraced: false)
    engine.begin(request) { id in note(id, look, owner: ObjectIdentifier(look), isAwaited: false, request) }
  }

  /// Has a value kept alive that the old engine kept alive, unless its first put was carried over.
  private func keepAlive(_ value: Value, at key: InfoHash) {
    guard let engine, !engine.announcedValues(at: key).contains(where: { $0.id == value.id }) else { return }
    let session = NIOLoopBound(self, eventLoop: loop)
    let name = LeftValue(key: key, id: value.id)
    let publication = Publication { receipt in
      switch receipt.ending {
      case .throttled:
        session.value.leftValues[name] = value
        session.value.loop.scheduleTask(in: Self.keepingPause) {
          // Not cancelled meanwhile, nor given to another engine.
          guard let value = session.value.leftValues.removeValue(forKey: name) else { return }
          session.value.keepAlive(value, at: key)
        }
      // This engine never takes it; the next one may.
      case .invalid: session.value.leftValues[name] = value
      case .completed, .isolated, .timedOut, .cancelled, .replaced: break
      }
    }
    begin(publication, isAwaited: false, .put(PutRequest(value: value, key: key, isPermanent: true), until: nil))
  }

  /// How long after a put that could not even begin the next one is made.
  private static let keepingPause = TimeAmount.minutes(1)
}
