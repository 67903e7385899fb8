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
  }

  func scheduleCheck() {
    checkTimer?.cancel()
    checkTimer = machine.nextCheck.map { time in schedule(at: time) { $0.check() } }
  }

  private func check() {
    guard machine.beginCheck(now: now) else { return }
    tellStatus()
    let engine = NIOLoopBound(self, eventLoop: loop)
    let host = Host(name: configuration.url.host, port: configuration.url.port)
    configuration.resolver.resolve(host, Set(AddressFamily.allCases), on: loop) { addresses in
      guard !engine.value.isStopped else { return }
      engine.value.look(at: addresses)
    }
  }

  private func look(at addresses: [DHTModel.SocketAddress]) {
    for family in AddressFamily.allCases { choose(addresses.filter { $0.family == family }, family) }
    let routes = routes
    let limit = limits.checking
    let nothing = addresses.isEmpty ? "\(configuration.url.host) has no address" : nil
    checkTask = launch { _ in
      await withTaskGroup(of: Look.self) { group in
        for (family, route) in routes { group.addTask { await Self.look(family, route, limit) } }
        return await group.reduce(into: []) { $0.append($1) }
      }
    } then: { engine, looks in
      engine.finishCheck(looks, nothing)
    }
  }

  /// Keeps the address that we use while the name still has it, and it works; else takes another in turn.
  private func choose(_ addresses: [DHTModel.SocketAddress], _ family: AddressFamily) {
    let old = routes[family]
    if let old, reachable.contains(family), addresses.contains(old.address) { return }
    let place = old.flatMap { addresses.firstIndex(of: $0.address) }.map { ($0 + 1) % addresses.count } ?? 0
    let next = addresses.isEmpty ? nil : addresses[place]
    guard next != old?.address else { return }
    routes[family] = next.map { ProxyRoute(configuration, $0, tls, on: loop) }
    guard let old else { return }
    let number = freshID()
    farewells[number] = launch { _ in
      await old.close()
    } then: { engine, _ in
      engine.farewells[number] = nil
    }
  }

  private static func look(_ family: AddressFamily, _ route: ProxyRoute, _ limit: Duration) async -> Look {
    var answer = await route.answer(to: .information, within: limit)
    if case .answer(404, _) = answer { answer = await route.answer(to: .oldInformation, within: limit) }
    if case .answer(501, _) = answer { answer = await route.answer(to: .oldInformation, within: limit) }
    switch answer {
    case .failed(let reason): return Look(family: family, answer: .none, information: nil, failure: reason)
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
    checkTask = nil
    reachable = Set(looks.filter { $0.information != nil }.map(\.family))
    machine.finishCheck(
      Dictionary(uniqueKeysWithValues: looks.map { ($0.family, $0.answer) }), isWatching: isWatching, now: now,
      using: &random)
    if reachable.isEmpty { closeStreams() }
    note(looks)
    logFailure(reachable.isEmpty ? nothing ?? looks.compactMap(\.failure).first : nil)
    tellStatus()
    scheduleCheck()
    releaseWaiting()
    guard !reachable.isEmpty else { return }
    resumeListens()
    // Whatever the proxy was told to keep it may have forgotten; also one that was away unnoticed, and has another node.
    let isOther = isFirstSeen()
    if isOther { for listen in listens.values where listen.subscription != nil { subscribe(listen, isRefresh: false) } }
    if isOther || !wasReachable || before != .connected && machine.status.best == .connected { putAgain() }
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

  /// A request got no answer.
  func requestFailed() {
    machine.requestFailed(now: now, using: &random)
    scheduleCheck()
  }
}
