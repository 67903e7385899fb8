internal import DHTCore
internal import DHTModel
internal import DHTSecurity
internal import DHTTransport
internal import NIOCore

/// What stands behind a `DHT`: the driver while it runs, and who waits for what. Lives on one event loop and never
/// leaves it; `DHT.tell` and its kin are the only doors.
final class Session {
  enum State {
    case stopped
    /// The sockets are being given to the loop; a stop that comes meanwhile waits for that.
    case starting(stops: [@Sendable () -> Void])
    case running(NodeDriver)
    /// Answers others, takes no new operation of ours.
    case draining(NodeDriver)
    /// Every operation has ended; the node passes on what it keeps for others. Whoever waits for the stop is told then.
    case stopping(NodeDriver, stops: [@Sendable () -> Void])
  }
  /// An operation that the node works on.
  struct Running {
    let sink: any OperationSink
    /// The operation that the application holds. A ping of a host has several of the node's.
    let owner: ObjectIdentifier
    /// Whether `drain` waits for it.
    let isAwaited: Bool
  }

  let configuration: DHT.Configuration
  private let nodeConfiguration: DHTCore.Configuration
  let loop: any EventLoop
  var state = State.stopped
  private var bootstrap: [Host]
  private(set) var status = NodeStatus()

  var running: [OperationID: Running] = [:]
  var operationIDs: [ObjectIdentifier: [OperationID]] = [:]
  /// Pings whose host is being resolved, each with the timer of its deadline.
  var resolving: [ObjectIdentifier: (operation: Operation<NoBacklog>, timer: Scheduled<Void>?)] = [:]
  private var awaitedCount = 0
  /// Calls of several steps, between whose steps nothing runs here.
  private(set) var stepsCount = 0
  private var statusWatchers: [ObjectIdentifier: Operation<StatusBacklog>] = [:]
  private var connecting: [Waiting<Result<Void, DHTError>>] = []
  private var drains: [Waiting<Bool>] = []
  private var resolves: [Waiting<[DHTModel.SocketAddress]>] = []
  private var takenCounters = Counters()
  /// The certificate is put once per run; the node keeps it alive.
  var isPublished = false
  var log: SessionLog

  init(_ configuration: DHT.Configuration, nodeID: NodeID, keys: KeyCache, loop: any EventLoop) {
    self.configuration = configuration
    self.loop = loop
    bootstrap = configuration.bootstrap
    log = SessionLog(configuration.logger, nodeID)
    var node = configuration.core(nodeID)
    node.types = node.types.secured()
    node.unknownType = node.unknownType.withWellFormedOwners()
    node.opener =
      configuration.opensValues ? ValueOpener(key: configuration.identity?.privateKey, keys: keys) : .closed
    node.forwardingOpener = configuration.opensValues ? .forwarding(keys: keys) : .closed
    nodeConfiguration = node
  }
}

// Life.
extension Session {
  func start(_ done: @escaping @Sendable (Result<Void, DHTError>) -> Void) {
    guard case .stopped = state else { return done(.failure(.alreadyRunning)) }
    state = .starting(stops: [])
    let transport = TransportConfiguration(
      port: configuration.port, ipv4: configuration.bindIPv4, ipv6: configuration.bindIPv6,
      sockets: configuration.sockets)
    NodeDriver.start(nodeConfiguration, transport, on: loop, delegate: self) { result in
      guard case .starting(let stops) = self.state else { return }
      switch result {
      case .failure(let error):
        self.state = .stopped
        done(.failure(DHTError(error)))
      case .success(let driver):
        self.state = .running(driver)
        self.log.started(self.boundPorts)
        self.tellBootstrap(self.bootstrap)
        done(.success(()))
      }
      for stopped in stops { self.stop(stopped) }
    }
  }

  func stop(_ done: @escaping @Sendable () -> Void) {
    switch state {
    case .stopped: break
    case .starting(let stops):
      state = .starting(stops: stops + [done])
      return
    case .stopping(let driver, let stops):
      state = .stopping(driver, stops: stops + [done])
      return
    case .running(let driver), .draining(let driver):
      state = .stopping(driver, stops: [done])
      driver.stop { self.stopped() }
      finishEverything()
      return
    }
    done()
  }

  // Within the call that stopped the driver, unless the node had something to pass on.
  private func stopped() {
    guard case .stopping(_, let stops) = state else { return }
    state = .stopped
    finishEverything()
    log.stopped()
    for stopped in stops { stopped() }
  }

  // The node has ended its operations while it shut down. What is left here never reached it.
  private func finishEverything() {
    let left = running.values.map(\.sink)
    running = [:]
    operationIDs = [:]
    awaitedCount = 0
    for sink in left { sink.finish(.failure(.cancelled)) }
    for ping in resolving.values {
      ping.timer?.cancel()
      ping.operation.finish(.failure(.cancelled))
    }
    resolving = [:]
    for waiting in resolves { waiting.answer([]) }
    resolves = []
    for watcher in statusWatchers.values { watcher.finish(.failure(.notRunning)) }
    statusWatchers = [:]
    for waiting in connecting { waiting.answer(.failure(.notRunning)) }
    connecting = []
    answerDrains()
    status = NodeStatus()
    takenCounters = Counters()
    isPublished = false
  }

  func drain(timeout: Duration, _ waiting: Waiting<Bool>) {
    if case .running(let driver) = state { state = .draining(driver) }
    drains.append(waiting)
    answerDrains()
    bound(waiting, timeout, false)
  }

  // Answers when the time is over. Once answered, the timer is gone, and the lists above forget.
  private func bound<Answer>(_ waiting: Waiting<Answer>, _ timeout: Duration, _ answer: Answer) {
    guard !waiting.isAnswered else { return }
    let timer = loop.scheduleTask(in: .saturating(timeout)) { waiting.answer(answer) }
    forgetOnceAnswered(waiting, timer)
  }

  private func forgetOnceAnswered(_ waiting: Waiting<some Sendable>, _ timer: Scheduled<Void>? = nil) {
    let session = NIOLoopBound(self, eventLoop: loop)
    let loop = loop
    waiting.whenAnswered {
      timer?.cancel()
      loop.execute { session.value.forgetAnswered() }
    }
  }

  private func forgetAnswered() {
    drains.removeAll { $0.isAnswered }
    connecting.removeAll { $0.isAnswered }
    resolves.removeAll { $0.isAnswered }
  }

  func answerDrains() {
    guard ongoingOperations == 0, stepsCount == 0 else { return }
    for waiting in drains { waiting.answer(true) }
    drains = []
  }

  /// A call of several steps begins; false when it may not.
  func beginSteps() -> Bool {
    guard case .running = state else { return false }
    stepsCount += 1
    return true
  }

  func endSteps() {
    stepsCount -= 1
    answerDrains()
  }

  var driver: NodeDriver? {
    switch state {
    case .running(let driver), .draining(let driver): driver
    case .stopped, .starting, .stopping: nil
    }
  }
}

// Entry points and the machine's network.
extension Session {
  func addBootstrap(_ hosts: [Host]) {
    for host in hosts where !bootstrap.contains(host) { bootstrap.append(host) }
    tellBootstrap(hosts)
  }

  func clearBootstrap() {
    bootstrap = []
    driver?.step { node, now in node.clearBootstrap(now: now) }
  }

  private func tellBootstrap(_ hosts: [Host]) {
    driver?.step { node, now in
      for host in hosts { node.addBootstrap(host, now: now) }
    }
  }

  func insert(_ contacts: [NodeContact]) {
    driver?.step { node, now in
      for contact in contacts { node.insert(contact, now: now) }
    }
  }

  func register(_ type: ValueType) -> Bool {
    guard let driver else { return false }
    driver.step { node, _ in
      for type in [type].secured() { node.register(type) }
    }
    return true
  }

  func connectivityChanged() {
    driver?.step { node, now in node.connectivityChanged(now: now) }
  }
}

// Answers.
extension Session {
  func read<Answer>(_ question: (borrowing Node, Instant) -> Answer) -> Answer? { driver?.read(question) }

  var boundPorts: BoundPorts { BoundPorts(ipv4: driver?.port(.ipv4), ipv6: driver?.port(.ipv6)) }
  var socketCounters: SocketCounters { driver?.counters ?? SocketCounters() }
  var ongoingOperations: Int { awaitedCount + resolving.count }

  func takeCounters() -> Counters {
    let now = read { node, _ in node.counters } ?? Counters()
    defer { takenCounters = now }
    return now - takenCounters
  }

  func resolve(_ host: Host, _ waiting: Waiting<[DHTModel.SocketAddress]>) {
    guard let driver else { return waiting.answer([]) }
    resolves.append(waiting)
    forgetOnceAnswered(waiting)
    driver.resolve(host) { waiting.answer($0) }
  }

  /// Calls that wait for a look-up, for tests.
  var waitingResolves: Int { resolves.count }

  func watchStatus(_ operation: Operation<StatusBacklog>) {
    guard driver != nil else { return operation.finish(.failure(.notRunning)) }
    guard !operation.isCancelled else { return }
    statusWatchers[ObjectIdentifier(operation)] = operation
    operation.take(.statusChanged(ipv4: status.ipv4, ipv6: status.ipv6))
  }

  func waitUntilConnected(timeout: Duration, _ waiting: Waiting<Result<Void, DHTError>>) {
    guard driver != nil else { return waiting.answer(.failure(.notRunning)) }
    guard status.best != .connected else { return waiting.answer(.success(())) }
    connecting.append(waiting)
    bound(waiting, timeout, .failure(.timedOut))
  }
}

// The running operations.
extension Session {
  /// Remembers that the node works on an operation. Within the step that started it, so that none of its events is missed.
  func note(_ id: OperationID, _ sink: any OperationSink, owner: ObjectIdentifier, isAwaited: Bool) {
    running[id] = Running(sink: sink, owner: owner, isAwaited: isAwaited)
    operationIDs[owner, default: []].append(id)
    if isAwaited { awaitedCount += 1 }
  }

  func forget(_ id: OperationID) -> Running? {
    guard let gone = running.removeValue(forKey: id) else { return nil }
    operationIDs[gone.owner]?.removeAll { $0 == id }
    if operationIDs[gone.owner]?.isEmpty == true { operationIDs[gone.owner] = nil }
    if gone.isAwaited { awaitedCount -= 1 }
    return gone
  }

  /// The application cancelled an operation, or dropped the sequence that shows it.
  func cancel(_ operation: any OperationSink) {
    let owner = ObjectIdentifier(operation)
    if let ids = operationIDs[owner], let driver {
      driver.step { node, now in
        for id in ids { node.cancel(id, now: now) }
      }
    }
    resolving.removeValue(forKey: owner)?.timer?.cancel()
    statusWatchers[owner] = nil
    // Already finished by the node's own account of it, unless it never reached the node.
    operation.finish(.failure(.cancelled))
    answerDrains()
  }
}

extension Session: NodeDriverDelegate {
  func handle(_ event: Event) {
    switch event {
    case .values(let id, _, _), .fields(let id, _, _), .changes(let id, _), .acknowledged(let id, _),
      .traced(let id, _):
      running[id]?.sink.take(event)
    case .finished(let id, let outcome):
      forget(id)?.sink.finish(.success(outcome))
      answerDrains()
    case .statusChanged(let ipv4, let ipv6):
      status = NodeStatus(ipv4: ipv4, ipv6: ipv6)
      log.changed(status)
      for watcher in statusWatchers.values { watcher.take(event) }
      guard status.best == .connected else { return }
      for waiting in connecting { waiting.answer(.success(())) }
      connecting = []
      publishCertificate()
    case .publicAddressChanged(let address):
      log.seenAt(address)
    case .resolve, .check:
      break
    }
  }

  func couldNotResolve(_ host: Host) { log.unresolved(host) }
  func socketDied(_ family: AddressFamily) { log.socketDied(family) }
  func socketReopened(_ family: AddressFamily) { log.socketReopened(family, driver?.port(family)) }

  func minutePassed() {
    guard let driver else { return }
    log.minutePassed(driver.read { node, _ in node.counters }, driver.counters)
  }
}

extension DHTError {
  fileprivate init(_ error: TransportError) {
    switch error {
    case .portInUse(let port): self = .portInUse(port)
    case .cannotBind(let reason): self = .cannotBind(reason)
    }
  }
}

extension TimeAmount {
  /// A span of time, cut to what the loop's clock can add without overflow: 100 years.
  static func saturating(_ duration: Duration) -> TimeAmount {
    .nanoseconds(min(duration.inNanoseconds, 100 * 365 * 86400 * 1_000_000_000))
  }
}
