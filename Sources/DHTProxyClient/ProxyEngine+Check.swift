internal import DHTCore
internal import DHTModel
internal import DHTProxyMessages
internal import DHTTransport
internal import Logging
internal import NIOCore
internal import OpenDHT

// Looking at the proxy: is it there, and has it a network? (proxy.md §12.2)
extension ProxyEngine {
  /// What a look over one family brought.
  private struct Look: Sendable {
    let family: AddressFamily
    let answer: ProxyStatus.Answer
    let information: NodeInformation?
    let failure: String?
    /// Whether anything at all came: a server that answers with trouble of its own is no reason to close what streams.
    var isAnswered = true
  }

  func scheduleCheck() {
    checkTimer?.cancel()
    checkTimer = machine.nextCheck.map { time in schedule(at: time) { $0.check() } }
  }

  private func check() {
    guard machine.beginCheck(now: now) else { return }
    tellStatus()
    checkNumber = freshID()
    isResolving = true
    let (number, begin) = (checkNumber, now)
    let engine = NIOLoopBound(self, eventLoop: loop)
    let host = Host(name: configuration.url.host, port: configuration.url.port)
    // Looking up a name may take half a minute: then the addresses that we have must do.
    resolvingTimer = schedule(at: now + limits.checking / 2) { $0.resolved(nil, number, since: begin) }
    configuration.resolver.resolve(host, Set(AddressFamily.allCases), on: loop) { addresses in
      guard !engine.value.isStopped else { return }
      engine.value.resolved(addresses, number, since: begin)
    }
  }

  /// The addresses are known, or nil when they are not in time.
  private func resolved(_ addresses: [DHTModel.SocketAddress]?, _ number: UInt64, since begin: Instant) {
    guard number == checkNumber, isResolving else {
      if let addresses { lateAddresses = addresses }
      guard routes.isEmpty, addresses?.isEmpty == false else { return }
      machine.lookSoon(now: now)
      return scheduleCheck()
    }
    isResolving = false
    resolvingTimer?.cancel()
    let known = addresses ?? lateAddresses
    lateAddresses = nil
    if let addresses = known {
      for family in AddressFamily.allCases { choose(addresses.filter { $0.family == family }, family) }
    }
    let nothing = routes.isEmpty ? "\(configuration.url.host) has no address" : nil
    look(number, within: limits.checking - (now - begin), nothing)
  }

  private func look(_ number: UInt64, within limit: Duration, _ nothing: String?) {
    let routes = routes
    checkTask = launch { _ in
      await withTaskGroup(of: Look.self) { group in
        for (family, route) in routes { group.addTask { await Self.look(family, route, limit) } }
        return await group.reduce(into: []) { $0.append($1) }
      }
    } then: { engine, looks in
      if number == engine.checkNumber { engine.finishCheck(looks, nothing) }
    }
  }

  /// Looks at once, in place of a look that is under way.
  func lookAgain() {
    if machine.isChecking {
      checkNumber = freshID()
      resolvingTimer?.cancel()
      checkTask?.cancel()
      machine.abandonCheck(now: now)
    } else {
      machine.lookSoon(now: now)
    }
    scheduleCheck()
  }

  /// Keeps the address that we use while it works, whatever the name has now: names have other addresses in turn. Else takes
  /// another.
  private func choose(_ addresses: [DHTModel.SocketAddress], _ family: AddressFamily) {
    let old = routes[family]
    if old != nil, reachable.contains(family) || answering.contains(family) && isStreaming { return }
    let place = old.flatMap { addresses.firstIndex(of: $0.address) }.map { ($0 + 1) % addresses.count } ?? 0
    let next = addresses.isEmpty ? nil : addresses[place]
    guard next != old?.address else { return }
    replaceRoute(family, by: next)
  }

  func replaceRoute(_ family: AddressFamily, by address: DHTModel.SocketAddress?) {
    let old = routes[family]
    routes[family] = address.map { ProxyRoute(configuration, $0, tls, on: loop) }
    guard let old else { return }
    let number = freshID()
    farewells[number] = launch { _ in
      await old.close()
    } then: { engine, _ in
      engine.farewells[number] = nil
    }
  }

  private static func look(_ family: AddressFamily, _ route: ProxyRoute, _ limit: Duration) async -> Look {
    switch await route.look(within: limit) {
    case .failed(let reason):
      return Look(family: family, answer: .none, information: nil, failure: reason, isAnswered: false)
    case .answer(let status, let body):
      guard status == 200, let node = try? NodeInformation(reading: body) else {
        return Look(
          family: family, answer: .none, information: nil, failure: "it answers with status \(status), not as a proxy")
      }
      let nodes = ProxyStatus.Answer.nodes(
        good: node.ipv4.good + node.ipv6.good, dubious: node.ipv4.dubious + node.ipv6.dubious)
      return Look(family: family, answer: nodes, information: node, failure: nil)
    }
  }

  private func finishCheck(_ looks: [Look], _ nothing: String?) {
    let before = machine.status.best
    let wasReachable = !reachable.isEmpty
    let wasInDoubt = machine.holdsListens
    checkTask = nil
    answering = Set(looks.filter(\.isAnswered).map(\.family))
    reachable = Set(looks.filter { $0.information != nil }.map(\.family))
    machine.finishCheck(
      Dictionary(uniqueKeysWithValues: looks.map { ($0.family, $0.answer) }), isWatching: isWatching, now: now,
      using: &random)
    if answering.isEmpty { closeStreams() }
    note(looks)
    logFailure(reachable.isEmpty ? nothing ?? looks.compactMap(\.failure).first : nil)
    tellStatus()
    scheduleCheck()
    releaseWaiting()
    guard !reachable.isEmpty else { return }
    resumeListens()
    // Whatever the proxy was told to keep it may have forgotten: one that was away, if only for a moment, and one that has
    // another node.
    let isOther = isFirstSeen()
    if isOther { for listen in listens.values where listen.subscription != nil { listen.known.beginAgain() } }
    let isBack = !wasReachable || before != .connected && machine.status.best == .connected
    if isOther || isBack || wasInDoubt { noteForgetting() }
    sendQueued()
  }

  private func noteForgetting() {
    if !mayHaveForgotten { tellingPace.ended(now: now, hadWorked: true) }
    mayHaveForgotten = true
    tellAgain()
  }

  /// Tells the proxy all that it is to keep; when it must be told often, after pauses that grow.
  private func tellAgain() {
    guard mayHaveForgotten, tellingTimer == nil, !reachable.isEmpty else { return }
    let next = tellingPace.next(now: now, using: &random)
    guard next > now else { return tellAll() }
    // The pause is drawn once: drawn again at its end it would never be over.
    tellingTimer = schedule(at: next) { engine in
      engine.tellingTimer = nil
      // Away again: the look that finds it tells all.
      if !engine.reachable.isEmpty { engine.tellAll() }
    }
  }

  private func tellAll() {
    mayHaveForgotten = false
    tellingPace.begin(now: now)
    for listen in listens.values where listen.subscription != nil { subscribe(listen, isRefresh: true) }
    putAgain()
  }

  /// Whether the proxy has a node that it did not have before. Several behind one name come in turn: each counts once.
  private func isFirstSeen() -> Bool {
    guard let nodeID, seenNodes.count < Self.maximumNodes else { return false }
    let isFirst = seenNodes.isEmpty
    return seenNodes.insert(nodeID).inserted && !isFirst
  }

  /// Nodes that are remembered: a server that was started anew more often in one run of ours is told nothing again by that.
  private static let maximumNodes = 1024

  private func note(_ looks: [Look]) {
    information = [:]
    for look in looks.sorted(by: { $0.family.rawValue < $1.family.rawValue }) {
      guard let node = look.information else { continue }
      let known = addresses[look.family]
      information[look.family] = node
      noteNode(node.nodeID)
      if let text = node.publicAddress, let address = Resolver.literal(Host(name: text))?.unmapped.ip, address != known
      {
        addresses[look.family] = address
        tell(.publicAddressChanged(address))
      }
    }
  }

  /// Once for each new reason: a proxy that stays away is no news.
  private func logFailure(_ reason: String?) {
    defer { failure = reason }
    guard let reason, reason != failure else { return }
    logger?.warning("The proxy \(configuration.url.root) cannot be reached: \(reason.prefix(300))")
  }

  /// A connection of a listen ended.
  func streamEnded() {
    machine.streamEnded(now: now)
    scheduleCheck()
  }

  /// A request got no answer.
  func requestFailed() {
    machine.requestFailed(now: now, using: &random)
    scheduleCheck()
  }
}
