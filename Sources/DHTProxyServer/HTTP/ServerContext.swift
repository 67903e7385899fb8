internal import NIOCore
internal import OpenDHT
internal import Synchronization

/// What all connections of a server share.
final class ServerContext: Sendable {
  /// Bounds in ticks of the loops' clocks, each at least one.
  struct Timing: Sendable {
    let idle, request, write, linger: LoopConnections.Tick
    let heartbeat: LoopConnections.Tick?
  }

  let configuration: ProxyServer.Configuration
  let parts: ProxyServerParts
  let routes: RouteHandlers
  let timing: Timing
  /// Of each event loop, by its identity.
  let loops: [ObjectIdentifier: NIOLoopBound<LoopConnections>]
  let counters: RequestCounters
  private let stopping = Atomic(false)
  private let connectionCount = Atomic(0)

  init(
    dht: DHT, configuration: ProxyServer.Configuration, parts: ProxyServerParts, registrations: Registrations,
    loops: [ObjectIdentifier: NIOLoopBound<LoopConnections>], counters: RequestCounters
  ) {
    self.configuration = configuration
    self.parts = parts
    self.loops = loops
    self.counters = counters
    routes = RouteHandlers(
      dht: dht, configuration: configuration, parts: parts, registrations: registrations, counters: counters)
    timing = Timing(
      idle: configuration.limits.idleTime.ticks, request: configuration.limits.requestTime.ticks,
      write: configuration.limits.writeTime.ticks, linger: Self.lingerTime.ticks,
      heartbeat: configuration.heartbeat?.ticks)
  }

  /// How long a client may take to read a last answer before the connection is closed under it.
  private static let lingerTime = Duration.seconds(3)

  var isStopping: Bool {
    get { stopping.load(ordering: .relaxed) }
    set { stopping.store(newValue, ordering: .relaxed) }
  }
  /// Whether clients may show certificates.
  var showsCertificates: Bool { configuration.secure?.clientAuthorities != nil }

  func countRequest(_ route: Route?) { counters.count(route) }

  /// Takes a place for a connection; false when all are taken.
  func connectionOpened() -> Bool {
    connectionCount.add(1, ordering: .relaxed).newValue <= configuration.limits.connections
  }
  func connectionClosed() { connectionCount.subtract(1, ordering: .relaxed) }
  /// Connections that are open.
  var connections: Int { connectionCount.load(ordering: .relaxed) }
}

extension Duration {
  /// In ticks, rounded up.
  fileprivate var ticks: LoopConnections.Tick {
    let (seconds, rest) = components
    return LoopConnections.Tick(clamping: max(1, seconds + (rest > 0 ? 1 : 0)))
  }
}
