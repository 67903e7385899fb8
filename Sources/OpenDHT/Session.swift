internal import DHTCore
internal import DHTModel
internal import DHTSecurity
internal import DHTTransport
internal import NIOConcurrencyHelpers
internal import NIOCore

/// What stands behind a `DHT`: the driver while it runs, and who waits for what. Lives on one event loop and never
/// leaves it; `DHT.tell` and its kin are the only doors.
final class Session {
  enum State {
    case stopped
    /// The sockets are being given to the loop; a stop that comes meanwhile waits for that.
    case starting(stops: [@Sendable () -> Void])
    case running(any Engine)
    /// Answers others, takes no new operation of ours.
    case draining(any Engine)
    /// Every operation has ended; the node passes on what it keeps for others. Whoever waits for the stop is told then.
    case stopping(any Engine, stops: [@Sendable () -> Void])
  }
  /// An operation that the node works on.
  struct Running {
    let sink: any OperationSink
    /// The operation that the application holds. A ping of a host has several of the node's.
    let owner: ObjectIdentifier
    /// Whether `drain` waits for it.
    let isAwaited: Bool
    /// How to begin it once more with another engine; nil for a ping.
    let request: OperationRequest?
  }

  /// What a value is called by that no engine keeps alive at the moment.
  struct LeftValue: Hashable {
    let key: InfoHash
    let id: Value.ID
  }

  let configuration: DHT.Configuration
  /// What carries out operations: as configured, or as switched to since.
  var backend: DHT.Backend
  private let nodeIDs: NIOLockedValueBox<NodeID>
  private let nodeConfiguration: DHTCore.Configuration
  let loop: any EventLoop
  var state = State.stopped
  var bootstrap: [Host]
  private(set) var status = NodeStatus()

  var running: [OperationID: Running] = [:]
  var operationIDs: [ObjectIdentifier: [OperationID]] = [:]
  /// Pings whose host is being resolved, each with the timer of its deadline.
  var resolving: [ObjectIdentifier: (operation: Operation<NoBacklog>, timer: Scheduled<Void>?)] = [:]
  var awaitedCount = 0
  /// Calls of several steps, between whose steps nothing runs here.
  private(set) var stepsCount = 0
  var statusWatchers: [ObjectIdentifier: Operation<StatusBacklog>] = [:]
  var connecting: [Waiting<Result<Void, DHTError>>] = []
  private var drains: [Waiting<Bool>] = []
  var resolves: [Waiting<[DHTModel.SocketAddress]>] = []
  var takenCounters = Counters()
  /// Whether an engine takes the place of another.
  var isSwitching = false
  /// Whether an engine is being stopped whose ends are nobody's concern.
  var isRetiring = false
  /// What waits for the end of a switch: other switches, and stops.
  var waitingSwitches: [(Session) -> Void] = []
  /// Types that were registered in this run, for a node that is started later in it.
  var registeredTypes: [ValueType] = []
  /// Permanent values that the engine did not take from the one before: the next one is given them. No more than an engine
  /// kept.
  var leftValues: [LeftValue: Value] = [:]
  /// Good nodes of the UDP node that was left for a proxy, to find back.
  var keptContacts: [NodeContact] = []
  /// Its port: others know it there, and for a while believe nobody who has its id elsewhere.
  var keptPort: UInt16?
  /// The certificate is put once per run; the node keeps it alive.
  var isPublished = false
  var log: SessionLog

  init(
    _ configuration: DHT.Configuration, nodeID: NodeID, nodeIDs: NIOLockedValueBox<NodeID>, keys: KeyCache,
    loop: any EventLoop
  ) {
    self.configuration = configuration
    self.nodeIDs = nodeIDs
    self.loop = loop
    backend = configuration.backend
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
    startEngine(backend) { [self] result in
      guard case .starting(let stops) = state else { return }
      switch result {
      case .failure(let error):
        state = .stopped
        done(.failure(error))
      case .success(let engine):
        state = .running(engine)
        log.started(boundPorts)
        tellBootstrap(bootstrap)
        done(.success(()))
      }
      for stopped in stops { stop(stopped) }
    }
  }

  func startEngine(_ backend: DHT.Backend, _ done: @escaping (Result<any Engine, DHTError>) -> Void) {
    guard let make = backend.make else { return startNode(done) }
    let opener = nodeConfiguration.opener ?? ValueOpener { .opened($0) }
    let context = EngineContext(
      loop: loop, delegate: self, opener: opener, forwardingOpener: nodeConfiguration.forwardingOpener ?? .closed,
      logger: configuration.logger)
    done(Result { () throws(DHTError) in try make(context) })
  }

  private func startNode(_ done: @escaping (Result<any Engine, DHTError>) -> Void) {
    guard configuration.port == 0, let port = keptPort else { return startNode(port: configuration.port, done) }
    startNode(port: port) { result in
      if case .success = result { done(result) } else { self.startNode(port: 0, done) }
    }
  }

  private func startNode(port: UInt16, _ done: @escaping (Result<any Engine, DHTError>) -> Void) {
    let transport = TransportConfiguration(
      port: port, ipv4: configuration.bindIPv4, ipv6: configuration.bindIPv6, sockets: configuration.sockets)
    NodeDriver.start(nodeConfiguration, transport, on: loop, delegate: self) { result in
      if case .success = result, let id = self.nodeConfiguration.nodeID { self.hasNodeID(id) }
      done(result.map { $0 as any Engine }.mapError { DHTError($0) })
    }
  }

  func stop(_ done: @escaping @Sendable () -> Void) {
    guard !isSwitching else {
      waitingSwitches.append { $0.stop(done) }
      return
    }
    switch state {
    case .stopped: break
    case .starting(let stops):
      state = .starting(stops: stops + [done])
      return
    case .stopping(let engine, let stops):
      state = .stopping(engine, stops: stops + [done])
      return
    case .running(let engine), .draining(let engine):
      state = .stopping(engine, stops: [done])
      engine.stop { self.stopped() }
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
    registeredTypes = []
    leftValues = [:]
    keptContacts = []
    keptPort = nil
  }

  func drain(timeout: Duration, _ waiting: Waiting<Bool>) {
    if case .running(let engine) = state { state = .draining(engine) }
    drains.append(waiting)
    answerDrains()
    bound(waiting, timeout, false)
  }

  // Answers when the time is over. Once answered, the timer is gone, and the lists above forget.
  func bound<Answer>(_ waiting: Waiting<Answer>, _ timeout: Duration, _ answer: Answer) {
    guard !waiting.isAnswered else { return }
    let timer = loop.scheduleTask(in: .saturating(timeout)) { waiting.answer(answer) }
    forgetOnceAnswered(waiting, timer)
  }

  func forgetOnceAnswered(_ waiting: Waiting<some Sendable>, _ timer: Scheduled<Void>? = nil) {
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

  var engine: (any Engine)? {
    switch state {
    case .running(let engine), .draining(let engine): engine
    case .stopped, .starting, .stopping: nil
    }
  }

  /// The UDP node; nil when none runs, or a proxy does its work.
  var node: NodeDriver? { engine as? NodeDriver }
}

// The running operations.
extension Session {
  /// Remembers that the node works on an operation. Within the step that started it, so that none of its events is missed.
  func note(
    _ id: OperationID, _ sink: any OperationSink, owner: ObjectIdentifier, isAwaited: Bool,
    _ request: OperationRequest?
  ) {
    running[id] = Running(sink: sink, owner: owner, isAwaited: isAwaited, request: request)
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
    if let ids = operationIDs[owner] { engine?.cancel(ids) }
    resolving.removeValue(forKey: owner)?.timer?.cancel()
    statusWatchers[owner] = nil
    // Already finished by the node's own account of it, unless it never reached the node.
    operation.finish(.failure(.cancelled))
    answerDrains()
  }
}

extension Session: NodeDriverDelegate, EngineDelegate {
  func handle(_ event: Event) {
    guard !isRetiring else { return }
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

  func hasNodeID(_ id: NodeID) { nodeIDs.withLockedValue { $0 = id } }

  func couldNotResolve(_ host: Host) { log.unresolved(host) }
  func socketDied(_ family: AddressFamily) { log.socketDied(family) }
  func socketReopened(_ family: AddressFamily) { log.socketReopened(family, node?.port(family)) }

  func minutePassed() {
    guard let driver = node else { return }
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
