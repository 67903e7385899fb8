internal import DHTCore
internal import DHTModel
internal import DHTProxyMessages
internal import DHTSecurity
internal import DHTTransport
internal import Logging
internal import NIOCore
internal import NIOSSL
internal import OpenDHT

/// A proxy as the engine of a `DHT`: operations become requests. (proxy.md §12)
///
///     begin ─▶ held while we look at the proxy ─▶ request ─▶ values, outcome
///                         ▲                          │ no answer: a look, and once more
///                         └──────────────────────────┘
///
/// Lives on one loop. What takes long runs in tasks, each owned by what it serves, and comes back to the loop.
final class ProxyEngine {
  /// Attempts at one operation; between them the proxy is looked at.
  static let maximumAttempts = 3

  var configuration: ProxyConfiguration
  var limits: ProxyLimits { configuration.limits }
  let tls: TLSConfiguration
  let loop: any EventLoop
  private let opener: ValueOpener
  private let forwardingOpener: ValueOpener
  private(set) var delegate: (any EngineDelegate)?
  let logger: Logger?
  var random = SystemRandomNumberGenerator()

  var machine: ProxyStatus
  /// Families over which the last look got an answer.
  var reachable: Set<AddressFamily> = []
  /// Families over which anything came, if not what a proxy says.
  var answering: Set<AddressFamily> = []
  var routes: [AddressFamily: ProxyRoute] = [:]
  var information: [AddressFamily: NodeInformation] = [:]
  private(set) var nodeID: NodeID?
  /// All ids that it had.
  var seenNodes: Set<NodeID> = []
  var checkTimer: Scheduled<Void>?
  var checkTask: Task<Void, Never>?
  /// Our address as the proxy sees it.
  var addresses: [AddressFamily: IPAddress] = [:]
  var failure: String?
  /// Tells the look that is under way from those before; whether it has its addresses.
  var checkNumber: UInt64 = 0
  var isResolving = false
  /// Those that a look did not wait for.
  var lateAddresses: [DHTModel.SocketAddress]?
  var resolvingTimer: Scheduled<Void>?
  /// Whether the proxy may have forgotten what it is to keep, and when it is told that again.
  var mayHaveForgotten = false
  var tellingPace: RetryPace
  var tellingTimer: Scheduled<Void>?
  private var toldStatus = NodeStatus()

  var operations: [OperationID: ProxyOperation] = [:]
  /// Those that wait for a look or for their turn, and how many have a request under way.
  var waiting = CircularBuffer<OperationID>()
  var operationsUnderWay = 0
  var listens: [KeyListen.Name: KeyListen] = [:]
  var puts: [KeptPut.Name: KeptPut] = [:]
  /// Values to be put once more, and how many are under way.
  var putQueue = CircularBuffer<KeptPut.Name>()
  var putsUnderWay = 0
  /// How many of them may be.
  var putWidth: Int
  var renewalTimer: Scheduled<Void>?
  /// Subscriptions that nobody listens by any more: ended after a while, since many come back; and those that are being
  /// ended, which a new one must not overtake.
  var partings: [InfoHash: Scheduled<Void>] = [:]
  var unsubscribing: Set<InfoHash> = []
  /// Requests that nobody waits for, as the end of a subscription.
  var farewells: [UInt64: Task<Void, Never>] = [:]
  /// Told when the device has another token.
  let keepPushToken: (String) -> Void
  /// Names this run to those who push to us. (proxy.md §8.1)
  let sessionID: String
  private var lastID: UInt64 = 0
  private(set) var isStopped = false

  init(
    _ configuration: ProxyConfiguration, _ context: EngineContext, keepPushToken: @escaping (String) -> Void = { _ in }
  ) throws(DHTError) {
    self.configuration = configuration
    self.keepPushToken = keepPushToken
    tls = try configuration.tls()
    loop = context.loop
    opener = context.opener
    forwardingOpener = context.forwardingOpener
    delegate = context.delegate
    logger = context.logger
    putWidth = configuration.limits.connections
    tellingPace = RetryPace(shortest: configuration.limits.shortestPause, longest: configuration.limits.checkInterval)
    machine = ProxyStatus(configuration.limits, now: SystemClock.now())
    sessionID = PushContext.randomSessionID(using: &random)
    scheduleCheck()
  }

  func freshID() -> UInt64 {
    lastID += 1
    return lastID
  }

  var now: Instant { SystemClock.now() }

  /// What opens values, for those who see them or for those who pass them on.
  func opener(isForwarded: Bool) -> ValueOpener { isForwarded ? forwardingOpener : opener }

  func tell(_ event: Event) { delegate?.handle(event) }

  func tellStatus() {
    guard machine.status != toldStatus else { return }
    toldStatus = machine.status
    tell(.statusChanged(ipv4: toldStatus.ipv4, ipv6: toldStatus.ipv6))
  }

  func noteNode(_ id: NodeID) {
    guard nodeID != id else { return }
    nodeID = id
    delegate?.hasNodeID(id)
  }

  /// The way to send a request: over a family that answers and is connected, IPv6 before IPv4; nil before the first look.
  var route: ProxyRoute? {
    let families: [AddressFamily] = [.ipv6, .ipv4].filter { routes[$0] != nil }
    let best = families.max { x, y in rank(x) < rank(y) || rank(x) == rank(y) && x == .ipv4 }
    return best.flatMap { routes[$0] }
  }

  private func rank(_ family: AddressFamily) -> Int {
    (reachable.contains(family) ? 10 : 0) + (family == .ipv4 ? machine.status.ipv4 : machine.status.ipv6).rawValue
  }
}

// Life.
extension ProxyEngine: Engine {
  var status: NodeStatus { machine.status }

  func stop(_ done: @escaping () -> Void) {
    // Else the next begins as one ends.
    waiting = []
    for id in operations.keys.sorted() { end(id, .cancelled) }
    // Subscriptions stay: a device that sleeps is to hear of its values.
    for parting in partings.values { parting.cancel() }
    isStopped = true
    delegate = nil
    checkTask?.cancel()
    checkTimer?.cancel()
    resolvingTimer?.cancel()
    renewalTimer?.cancel()
    tellingTimer?.cancel()
    for listen in listens.values { listen.close() }
    for put in puts.values { put.task?.cancel() }
    for task in farewells.values { task.cancel() }
    (listens, puts, farewells, waiting) = ([:], [:], [:], [])
    putQueue.removeAll()
    let open = Array(routes.values)
    routes = [:]
    let bound = NIOLoopBound(done, eventLoop: loop)
    Task { [loop] in
      for route in open { await route.close() }
      loop.execute { bound.value() }
    }
  }

  /// Has a task do some work, and comes back to the loop with what it made, unless stopped meanwhile.
  func launch<Result: Sendable>(
    _ work: @escaping @Sendable (EngineDoor) async -> Result,
    then: @escaping @Sendable (ProxyEngine, Result) -> Void
  ) -> Task<Void, Never> {
    let door = EngineDoor(self)
    return Task {
      let result = await work(door)
      await door.enter { then($0, result) }
    }
  }

  /// Does something later, on the loop, unless stopped or cancelled before.
  func schedule(at time: Instant, _ work: @escaping @Sendable (ProxyEngine) -> Void) -> Scheduled<Void> {
    let engine = NIOLoopBound(self, eventLoop: loop)
    return loop.scheduleTask(in: TimeAmount(max(.zero, time - now))) {
      if !engine.value.isStopped { work(engine.value) }
    }
  }

  func connectivityChanged() {
    // Connections of the old network may be dead without a word.
    for family in AddressFamily.allCases { replaceRoute(family, by: nil) }
    reachable = []
    for listen in listens.values where listen.subscription == nil { listen.close() }
    lookAgain()
  }

  func statistics(_ family: AddressFamily) -> FamilyStatistics {
    var statistics = FamilyStatistics()
    statistics.status = family == .ipv4 ? machine.status.ipv4 : machine.status.ipv6
    guard let node = information[.ipv6] ?? information[.ipv4] else { return statistics }
    let known = family == .ipv4 ? node.ipv4 : node.ipv6
    (statistics.good, statistics.dubious, statistics.incoming) = (known.good, known.dubious, known.incoming)
    statistics.tableDepth = known.table?.depth ?? 0
    return statistics
  }
}
