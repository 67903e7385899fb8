internal import DHTCore
internal import DHTModel
internal import DHTProxyMessages
internal import NIOCore
internal import OpenDHT

// Listens. Every end of a connection is noticed, and the listen goes on over the next one. (X-73 …)
//
//   idle ─ open ─▶ connecting ─ head ─▶ streaming ─ any end, or silence ─▶ idle, until the pause is over
//                       │ no head                                           ▲
//                       └───────────────────────────────────────────────────┘
extension ProxyEngine {
  func listen(_ id: OperationID, to name: KeyListen.Name) {
    let query: Query
    switch operations[id]?.request {
    case .listen(_, let filters, _): query = Query(where: filters)
    case .forwardedListen: query = Query()
    case .get, .query, .put, .forwardedGet, nil: return
    }
    if let listen = listens[name] {
      listen.subscribers.append((id, query))
      let known = listen.known.values.filter { query.matchesShown($0) }
      if !known.isEmpty { tell(.changes(id, known.map { .added($0) })) }
      return
    }
    let listen = KeyListen(name, number: freshID(), limits)
    listen.subscribers.append((id, query))
    listens[name] = listen
    partings.removeValue(forKey: name.key)?.cancel()
    open(listen)
  }

  /// A listen of the application ended; the last one of a key closes the connection.
  func leave(_ id: OperationID, _ name: KeyListen.Name) {
    guard let listen = listens[name] else { return }
    listen.subscribers.removeAll { $0.id == id }
    guard listen.subscribers.isEmpty else { return }
    listens[name] = nil
    listen.close()
    // The server knows one subscription of a key, for both kinds.
    if listen.subscription != nil, !isListening(to: name.key) { part(from: name.key, listen.subscribedToken ?? "") }
  }

  /// The listens of a key, of both kinds.
  func listens(to key: InfoHash) -> [KeyListen] {
    [false, true].compactMap { listens[KeyListen.Name(key: key, isForwarded: $0)] }
  }

  func isListening(to key: InfoHash) -> Bool { !listens(to: key).isEmpty }

  /// The look is over: those that have no connection get one, a thousand a second.
  func resumeListens() {
    var delay: Duration = .zero
    for listen in listens.values where listen.task == nil && listen.timer == nil {
      if configuration.push != nil, listen.subscription != nil { continue }
      reopen(listen, after: delay)
      delay += .milliseconds(1)
    }
  }

  /// Ends a connection that may be dead, and opens another.
  func restart(_ listen: KeyListen) {
    listen.close()
    reopen(listen)
  }

  private func reopen(_ listen: KeyListen, after delay: Duration = .zero) {
    let name = listen.name
    listen.timer = schedule(at: listen.pace.next(now: now, using: &random) + delay) { engine in
      guard let listen = engine.listens[name] else { return }
      listen.timer = nil
      engine.open(listen)
    }
  }

  func open(_ listen: KeyListen) {
    // Else the look that is to come, or under way, opens it.
    guard !reachable.isEmpty, !machine.holdsListens, let route, listen.task == nil else { return }
    if configuration.push != nil { return subscribe(listen, isRefresh: false) }
    listen.generation.count += 1
    listen.pace.begin(now: now)
    let (name, generation) = (listen.name, listen.generation)
    let opener = opener(isForwarded: name.isForwarded)
    listen.task = launch { door in
      await route.stream(.listen(name.key), for: .listen) {
        await door.enter { $0.streams(name, generation) }
      } take: { events, isBlank in
        let heard = await HeardEvent.open(events, opener)
        await door.enter { $0.hear(heard, isBlank, name, generation) }
      }
    } then: { engine, end in
      engine.ended(name, generation, end)
    }
  }

  private func current(_ name: KeyListen.Name, _ generation: KeyListen.Generation) -> KeyListen? {
    listens[name].flatMap { $0.generation == generation ? $0 : nil }
  }

  private func streams(_ name: KeyListen.Name, _ generation: KeyListen.Generation) {
    guard let listen = current(name, generation) else { return }
    listen.isStreaming = true
    listen.heartbeat = Heartbeat(now: now)
    listen.known.beginAgain()
    lookAround(listen)
    watch()
  }

  var isStreaming: Bool { listens.values.contains { $0.isStreaming } }

  func watch() {
    guard isWatching else { return }
    machine.watch(now: now)
    scheduleCheck()
  }

  /// Whether the proxy is to be looked at often: a connection is open whose silence says nothing, or values are kept that
  /// a restarted server has forgotten. A device that is pushed to is left to sleep.
  var isWatching: Bool {
    guard configuration.push == nil else { return false }
    return !puts.isEmpty || listens.values.contains { $0.isStreaming && $0.heartbeat?.deadline == nil }
  }

  /// The proxy does not answer: whatever seems to be open is not.
  func closeStreams() {
    for listen in listens.values where listen.isStreaming {
      listen.close()
      listen.pace.ended(now: now, hadWorked: true)
    }
  }

  private func hear(_ heard: [HeardEvent], _ isBlank: Bool, _ name: KeyListen.Name, _ generation: KeyListen.Generation)
  {
    guard let listen = current(name, generation) else { return }
    listen.heartbeat?.hear(isBlank: isBlank, now: now)
    watchSilence(listen)
    deliver(heard.compactMap { listen.known.take($0) }, of: listen)
  }

  func deliver(_ transitions: [ListenedValues.Transition], of listen: KeyListen) {
    guard !transitions.isEmpty else { return }
    for (id, query) in listen.subscribers {
      let changes = transitions.compactMap { $0.change { query.matchesShown($0) } }
      if !changes.isEmpty { tell(.changes(id, changes)) }
    }
  }

  private func ended(_ name: KeyListen.Name, _ generation: KeyListen.Generation, _ end: ProxyRoute.StreamEnd) {
    guard let listen = current(name, generation) else { return }
    let hadWorked = listen.isStreaming
    listen.close()
    switch end {
    case .refused(let status): if refuses(listen, status) { return }
    // Whether the whole proxy is gone, a look tells.
    case .failed, .complete: streamEnded()
    }
    listen.pace.ended(now: now, hadWorked: hadWorked)
    reopen(listen)
  }

  /// Whether a refusal is final; then its listens end. What is wrong with the server may pass.
  func refuses(_ listen: KeyListen, _ status: Int) -> Bool {
    let ending = Ending(refusal: status)
    guard ending.isInvalid, status < 500 else { return false }
    for (id, _) in listen.subscribers { end(id, ending) }
    return true
  }
}

// Silence, and what is gone.
extension ProxyEngine {
  private func watchSilence(_ listen: KeyListen) {
    guard listen.timer == nil, let deadline = listen.heartbeat?.deadline else { return }
    let (name, generation) = (listen.name, listen.generation)
    listen.timer = schedule(at: deadline) { engine in
      guard let listen = engine.current(name, generation) else { return }
      listen.timer = nil
      guard let deadline = listen.heartbeat?.deadline, deadline <= engine.now else {
        return engine.watchSilence(listen)
      }
      listen.pace.ended(now: engine.now, hadWorked: true)
      engine.streamEnded()
      engine.restart(listen)
    }
  }

  /// After a connection was lost: a get tells what is no longer there. Nothing else does: a listen has no mark where the
  /// values known at its beginning end. (proxy.md §7.1)
  func lookAround(_ listen: KeyListen, evenIfCertain: Bool = false) {
    guard listen.known.doubtfulCount > 0 || evenIfCertain, listen.look == nil, let route else { return }
    let (name, generation, limit) = (listen.name, listen.generation, limits.getting)
    let opener = opener(isForwarded: name.isForwarded)
    listen.lookPace.begin(now: now)
    listen.look = launch { door in
      let ids = FoundIDs()
      let end = await within(limit, else: .failed("too long")) {
        await route.stream(.get(name.key), for: .background) { events, _ in
          let heard = await HeardEvent.open(events, opener)
          await ids.note(heard)
          // By pushes no values come.
          await door.enter { $0.found(heard, name, generation) }
        }
      }
      if case .complete(0) = end { return await ids.all } else { return nil }
    } then: { engine, ids in
      engine.lookedAround(name, generation, ids)
    }
  }

  private func found(_ heard: [HeardEvent], _ name: KeyListen.Name, _ generation: KeyListen.Generation) {
    guard let listen = current(name, generation), listen.subscription != nil else { return }
    deliver(heard.compactMap { listen.known.take($0) }, of: listen)
  }

  private func lookedAround(_ name: KeyListen.Name, _ generation: KeyListen.Generation, _ ids: Set<Value.ID>?) {
    guard let listen = current(name, generation) else { return }
    listen.look = nil
    // After a push one get says all, unless it found nothing: a node that has just begun finds nothing at all.
    let patience = listen.subscription == nil || ids?.isEmpty ?? true ? 2 : 1
    if let ids { deliver(listen.known.reconcile(found: ids, patience: patience), of: listen) }
    // Not told, or found by the get and not told of by the listen: looked at again.
    guard ids == nil || listen.known.doubtfulCount > 0 else { return listen.lookPace.succeeded() }
    listen.lookPace.ended(now: now, hadWorked: false)
    listen.lookTimer = schedule(at: listen.lookPace.next(now: now, using: &random)) { engine in
      if let listen = engine.current(name, generation) { engine.lookAround(listen, evenIfCertain: true) }
    }
  }
}

/// The ids that a get found.
private actor FoundIDs {
  private var ids: Set<Value.ID> = []
  private var isFull = false

  /// Nil when there were more than a key has.
  var all: Set<Value.ID>? { isFull ? nil : ids }

  func note(_ heard: [HeardEvent]) {
    for case .value(let value) in heard where !isFull {
      ids.insert(value.id)
      isFull = ids.count > ListenedValues.maximumCount
    }
  }
}

extension ListenedValues {
  /// What an event means.
  mutating func take(_ event: HeardEvent) -> Transition? {
    switch event {
    case .value(let value): take(value)
    case .expired(let id): expire(id)
    case .refused: nil
    }
  }
}
