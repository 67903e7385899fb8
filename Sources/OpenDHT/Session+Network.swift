internal import DHTCore
internal import DHTModel
internal import DHTTransport
internal import NIOCore

// Entry points and the machine's network.
extension Session {
  func addBootstrap(_ hosts: [Host]) {
    for host in hosts where !bootstrap.contains(host) { bootstrap.append(host) }
    tellBootstrap(hosts)
  }

  func clearBootstrap() {
    bootstrap = []
    node?.step { node, now in node.clearBootstrap(now: now) }
  }

  func tellBootstrap(_ hosts: [Host]) {
    node?.step { node, now in
      for host in hosts { node.addBootstrap(host, now: now) }
    }
  }

  func insert(_ contacts: [NodeContact]) {
    node?.step { node, now in
      for contact in contacts { node.insert(contact, now: now) }
    }
  }

  func register(_ type: ValueType) -> Bool {
    guard engine != nil else { return false }
    registeredTypes.removeAll { $0.id == type.id }
    registeredTypes.append(type)
    node?.step { node, _ in
      for type in [type].secured() { node.register(type) }
    }
    return true
  }

  func connectivityChanged() { engine?.connectivityChanged() }
}

// Answers.
extension Session {
  func read<Answer>(_ question: (borrowing Node, Instant) -> Answer) -> Answer? { node?.read(question) }

  var boundPorts: BoundPorts { BoundPorts(ipv4: node?.port(.ipv4), ipv6: node?.port(.ipv6)) }
  var socketCounters: SocketCounters { node?.counters ?? SocketCounters() }
  var ongoingOperations: Int { awaitedCount + resolving.count }

  func takeCounters() -> Counters {
    let now = read { node, _ in node.counters } ?? Counters()
    defer { takenCounters = now }
    return now - takenCounters
  }

  func resolve(_ host: Host, _ waiting: Waiting<[DHTModel.SocketAddress]>) {
    guard let driver = node else { return waiting.answer([]) }
    resolves.append(waiting)
    forgetOnceAnswered(waiting)
    driver.resolve(host) { waiting.answer($0) }
  }

  /// Calls that wait for a look-up, for tests.
  var waitingResolves: Int { resolves.count }

  func watchStatus(_ operation: Operation<StatusBacklog>) {
    guard engine != nil else { return operation.finish(.failure(.notRunning)) }
    guard !operation.isCancelled else { return }
    statusWatchers[ObjectIdentifier(operation)] = operation
    operation.take(.statusChanged(ipv4: status.ipv4, ipv6: status.ipv6))
  }

  func waitUntilConnected(timeout: Duration, _ waiting: Waiting<Result<Void, DHTError>>) {
    guard engine != nil else { return waiting.answer(.failure(.notRunning)) }
    guard status.best != .connected else { return waiting.answer(.success(())) }
    connecting.append(waiting)
    bound(waiting, timeout, .failure(.timedOut))
  }
}
