internal import DHTCore
internal import DHTModel
internal import DHTProxyMessages
internal import NIOCore
internal import OpenDHT

// Listens by pushes: a subscription at the server stands for the connection. (proxy.md §8.7)
extension ProxyEngine {
  /// Whom the server is to push to, and what proves later that we are the same.
  var pushContext: PushContext {
    let push = configuration.push
    return PushContext(
      token: push?.token ?? "", clientID: push?.clientID ?? "", platform: push?.platform ?? .none,
      sessionID: push == nil ? "" : sessionID, topic: push?.topic ?? "", secret: configuration.secret ?? "")
  }

  /// Subscribes to a key, or renews that, and fetches what is there.
  func subscribe(_ listen: KeyListen, isRefresh: Bool) {
    guard let route, listen.task == nil, !unsubscribing.contains(listen.key) else { return }
    let body = SubscribeBody(pushContext, isRefresh: isRefresh).bytes()
    listen.pace.begin(now: now)
    let (name, generation, token) = (listen.name, listen.generation, configuration.push?.token)
    let opener = opener(isForwarded: name.isForwarded)
    listen.task = launch { door in
      await route.stream(.subscribe(name.key, body), for: .background) { events, _ in
        // What a known subscription has is answered at once.
        let heard = await HeardEvent.open(events, opener)
        await door.enter { $0.told(heard, name, generation) }
      }
    } then: { engine, end in
      if case .complete = end { engine.current(name, generation)?.subscribedToken = token }
      engine.subscribed(name, generation, end, isRefresh: isRefresh)
    }
  }

  private func current(_ name: KeyListen.Name, _ generation: KeyListen.Generation) -> KeyListen? {
    listens[name].flatMap { $0.generation == generation ? $0 : nil }
  }

  private func told(_ heard: [HeardEvent], _ name: KeyListen.Name, _ generation: KeyListen.Generation) {
    guard let listen = current(name, generation) else { return }
    deliver(heard.compactMap { listen.known.take($0) }, of: listen)
  }

  private func subscribed(
    _ name: KeyListen.Name, _ generation: KeyListen.Generation, _ end: ProxyRoute.StreamEnd, isRefresh: Bool
  ) {
    guard let listen = current(name, generation) else { return }
    listen.task = nil
    switch end {
    case .complete:
      listen.pace.succeeded()
      listen.subscription = RenewalPlan(limits, now: now, using: &random)
      scheduleRenewals()
      if !isRefresh || listen.known.doubtfulCount > 0 { fetch(listen) }
    case .refused(let status):
      if refuses(listen, status) { return }
      subscribeLater(listen, isRefresh)
    case .failed:
      requestFailed()
      subscribeLater(listen, isRefresh)
    }
  }

  private func subscribeLater(_ listen: KeyListen, _ isRefresh: Bool) {
    listen.pace.ended(now: now, hadWorked: false)
    let next = listen.pace.next(now: now, using: &random)
    if isRefresh, listen.subscription != nil {
      listen.subscription?.failed(until: next)
    } else {
      restart(listen)
    }
  }

  /// Fetches the values of a key: what is there is told, what is not there any more is expired.
  private func fetch(_ listen: KeyListen) {
    listen.known.beginAgain()
    listen.look?.cancel()
    listen.look = nil
    listen.lookTimer?.cancel()
    lookAround(listen, evenIfCertain: true)
  }

  /// The last listen of a key is gone: its subscription ends after a while.
  func part(from key: InfoHash, _ token: String) {
    guard partings.count < limits.farewells else { return unsubscribe(key, token) }
    partings[key] = schedule(at: now + limits.parting) { engine in
      engine.partings[key] = nil
      engine.unsubscribe(key, token)
    }
  }

  private func unsubscribe(_ key: InfoHash, _ token: String) {
    guard let push = configuration.push else { return }
    let body = UnsubscribeBody(token: token, clientID: push.clientID, secret: configuration.secret ?? "")
    unsubscribing.insert(key)
    farewell(.unsubscribe(key, body.bytes())) { engine in
      engine.unsubscribing.remove(key)
      for listen in engine.listens(to: key) { engine.open(listen) }
    }
  }

  /// The application was pushed something.
  func received(_ fields: [String: String]) -> PushResult {
    guard configuration.push != nil else { return .unsupported }
    machine.heardOf(now: now)
    tellStatus()
    scheduleCheck()
    let order = PushOrder(
      fields, sessionID: sessionID, isListening: { isListening(to: $0) },
      isKept: { puts[KeptPut.Name(key: $0, id: $1)] != nil })
    switch order {
    case .putAgain(let key, let id): putAgain(KeptPut.Name(key: key, id: id))
    case .renew(let key): for listen in listens(to: key) { subscribe(listen, isRefresh: true) }
    case .fetch(let key): for listen in listens(to: key) { fetch(listen) }
    case .expire(let key, let ids):
      for listen in listens(to: key) { deliver(ids.compactMap { listen.known.expire($0) }, of: listen) }
    case .nothing: break
    }
    return order.result
  }

  /// The device has another token: all subscriptions are made with it.
  func setPushToken(_ token: String) {
    guard configuration.push != nil, configuration.push?.token != token else { return }
    configuration.push?.token = token
    keepPushToken(token)
    for listen in listens.values {
      listen.close()
      subscribe(listen, isRefresh: true)
      // What cannot be told now is due.
      if listen.task == nil { listen.subscription?.failed(until: now) }
    }
  }
}
