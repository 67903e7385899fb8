internal import DHTCore
internal import DHTJSON
internal import DHTModel
internal import DHTProxyMessages
internal import NIOCore
internal import OpenDHT

// Values that are kept alive: put again before the proxy forgets them, and after it was away. (proxy.md §6, §12.3)
extension ProxyEngine {
  var permanentValues: [(key: InfoHash, value: Value)] {
    puts.sorted { ($0.key.key, $0.key.id) < ($1.key.key, $1.key.id) }.map { ($0.key.key, $0.value.request.value) }
  }

  func keep(_ put: PutRequest) {
    let name = KeptPut.Name(key: put.key, id: put.value.id)
    let old = puts[name]
    old?.task?.cancel()
    let earlier = old.flatMap { old in old.plan.map { (old.request, $0) } ?? old.earlier }
    puts[name] = KeptPut(request: put, earlier: earlier, number: freshID(), pace: RetryPace(limits))
    scheduleRenewals()
    watch()
  }

  /// How a put of it went.
  func kept(_ name: KeptPut.Name, _ answer: PutAnswer) {
    guard var put = puts[name] else { return }
    put.task = nil
    switch answer {
    case .stored:
      put.pace.succeeded()
      put.plan = RenewalPlan(limits, now: now, using: &random)
      put.earlier = nil
    case .refused(let status) where put.plan == nil && status < 500 && Ending(refusal: status).isInvalid:
      // It never began, and the application heard so: what was there before stays.
      guard let earlier = put.earlier else {
        puts[name] = nil
        return
      }
      (put.request, put.plan, put.earlier) = (earlier.request, earlier.plan, nil)
    case .notStored, .refused, .failed:
      put.pace.ended(now: now, hadWorked: false)
      let next = max(put.pace.next(now: now, using: &random), now + limits.longestPause / 2)
      if put.plan == nil { put.plan = RenewalPlan(limits, now: now, using: &random) }
      put.plan?.failed(until: next)
    }
    puts[name] = put
    scheduleRenewals()
  }

  /// Puts every value once more.
  func putAgain() {
    for name in puts.keys { putAgain(name) }
  }

  /// Puts a value once more, in its turn: not more at a time than there are connections, else the last would wait for
  /// longer than an answer may take.
  func putAgain(_ name: KeptPut.Name) {
    guard let put = puts[name], put.task == nil, !put.isQueued, !isBeingPut(name) else { return }
    puts[name]?.isQueued = true
    putQueue.append(name)
    sendQueued()
  }

  /// Goes on with the queue, unless the proxy is away or in doubt: the look that finds it goes on.
  func sendQueued() {
    guard !machine.holdsOperations, !reachable.isEmpty else { return }
    while putsUnderWay < putWidth, let name = putQueue.popFirst() {
      guard let put = puts[name], put.isQueued else { continue }
      puts[name]?.isQueued = false
      guard let route, !isBeingPut(name) else { continue }
      send(put, as: name, route)
    }
  }

  private func send(_ put: KeptPut, as name: KeptPut.Name, _ route: ProxyRoute) {
    let (request, body, number, limit) = (put.request, body(of: put.request), put.number, limits.getting)
    putsUnderWay += 1
    puts[name]?.pace.begin(now: now)
    puts[name]?.task = launch { _ in
      await Self.put(request, body, route, for: .background, within: limit)
    } then: { engine, answer in
      engine.putsUnderWay -= 1
      engine.adaptPutWidth(answer)
      if engine.puts[name]?.number == number {
        engine.kept(name, answer)
        if case .failed = answer { engine.requestFailed() }
      }
      engine.sendQueued()
    }
  }

  /// After a failure one at a time, and more as they succeed: a server that takes none is asked once for each look.
  private func adaptPutWidth(_ answer: PutAnswer) {
    if case .failed = answer { putWidth = 1 } else { putWidth = min(putWidth * 2, limits.connections) }
  }

  // Two puts of one id at a time: 2.4.12 fails the first.
  private func isBeingPut(_ name: KeptPut.Name) -> Bool {
    operations.values.contains { operation in
      guard case .put(let put, _) = operation.request else { return false }
      return put.key == name.key && put.value.id == name.id
    }
  }

  func cancelPut(_ id: Value.ID, at key: InfoHash) -> Bool {
    let name = KeptPut.Name(key: key, id: id)
    let running = operations.filter { _, operation in
      if case .put(let put, _) = operation.request { put.key == key && put.value.id == id } else { false }
    }
    for operation in running.keys.sorted() { end(operation, .cancelled) }
    guard let put = puts.removeValue(forKey: name) else { return !running.isEmpty }
    put.task?.cancel()
    // Else the server announces it for up to 24 h. Those that do not know this answer 501, and do so, too.
    guard let secret = configuration.secret else { return true }
    var body = JSONWriter(escaping: .notASCII)
    body.object { $0.member("secret", secret) }
    farewell(.cancelPut(key, id, body.bytes))
    return true
  }

  /// Sends a request whose answer changes nothing. `done` is called whatever becomes of it.
  func farewell(_ request: ProxyRequest, done: @escaping @Sendable (ProxyEngine) -> Void = { _ in }) {
    guard let route, farewells.count < limits.farewells else { return done(self) }
    let number = freshID()
    farewells[number] = launch { _ in
      _ = await route.answer(to: request, for: .background)
    } then: { engine, _ in
      engine.farewells[number] = nil
      done(engine)
    }
  }
}

// Renewals, of values and of subscriptions.
extension ProxyEngine {
  /// Looks what is due: every minute is often enough for what is due each day.
  func scheduleRenewals() {
    guard renewalTimer == nil, !puts.isEmpty || listens.values.contains(where: { $0.subscription != nil }) else {
      return
    }
    let interval = min(.seconds(60), limits.renewal / 20)
    renewalTimer = schedule(at: now + interval) { engine in
      engine.renewalTimer = nil
      engine.renew()
      engine.scheduleRenewals()
    }
  }

  private func renew() {
    guard !reachable.isEmpty else { return }
    let now = now
    // One without plan was never sent: its operation ended while it waited.
    for (name, put) in puts where put.plan?.isDue(now) ?? true { putAgain(name) }
    for listen in listens.values where listen.subscription?.isDue(now) ?? false { subscribe(listen, isRefresh: true) }
  }
}
