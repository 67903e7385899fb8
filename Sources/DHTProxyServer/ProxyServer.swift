public import DHTProxyMessages
internal import DHTSecurity
internal import HummingbirdCore
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
public import OpenDHT

/// The REST proxy: an HTTP front of a node, for phones, web pages, and nodes without UDP.
///
///     let server = ProxyServer(of: dht, ProxyServer.Configuration(port: 8000))
///     try await server.start()
///     print(server.ports.plain ?? 0)
///     await server.stop()
///
/// The node must run, and keeps running. A stopped server can be started again.
public actor ProxyServer {
  /// How the server was set up.
  public nonisolated let configuration: Configuration
  private let dht: DHT
  private let parts: ProxyServerParts
  private var state = State.stopped

  private enum State {
    case stopped
    case starting
    /// It is being started, and shall stop as soon as it has.
    case abandoned
    case running(Run)
    case stopping
  }
  /// What runs between a start and a stop.
  private struct Run {
    let context: ServerContext
    let hub: WatchHub
    let registrations: Registrations
    let operations: Operations?
    let group: any EventLoopGroup
    let ownsGroup: Bool
    let services: [ListeningPort]
  }

  /// Prepares a server. Opens nothing.
  public init(of dht: DHT, _ configuration: Configuration = Configuration()) {
    self.init(of: dht, configuration, ProxyServerParts())
  }

  package init(of dht: DHT, _ configuration: Configuration, _ parts: ProxyServerParts) {
    self.dht = dht
    self.configuration = configuration
    self.parts = parts
  }

  /// Opens the ports and begins to serve.
  ///
  /// Throws `.alreadyRunning`, `.portInUse`, `.cannotBind` or `.badCertificate`; nothing runs then. Nor does it when `stop`
  /// was called meanwhile.
  public func start() async throws(ProxyServerError) {
    guard case .stopped = state else { throw .alreadyRunning }
    state = .starting
    do throws(ProxyServerError) {
      let run = try await begin()
      guard case .abandoned = state else {
        state = .running(run)
        return
      }
      await end(run)
      state = .stopped
    } catch {
      state = .stopped
      throw error
    }
  }

  /// Ends every stream, closes every connection and the ports. Takes a second at most. A server that is being started
  /// stops when it has started.
  public func stop() async {
    if case .starting = state { state = .abandoned }
    guard case .running(let run) = state else { return }
    state = .stopping
    await end(run)
    state = .stopped
  }

  /// Serves until the task is cancelled, then stops. For tools. Throws as `start` does.
  public func run() async throws(ProxyServerError) {
    try await start()
    guard case .running = state else { return }
    let (forever, end) = AsyncStream.makeStream(of: Void.self)
    for await _ in forever {}  // Ends when the task is cancelled.
    end.finish()
    await stop()
  }

  /// The ports in use; nil where none is open.
  public var ports: (plain: Int?, secure: Int?) {
    guard case .running(let run) = state else { return (nil, nil) }
    return (run.services.first { !$0.isSecure }?.port, run.services.first { $0.isSecure }?.port)
  }
}

extension ProxyServer {
  /// What the server tells of itself; nil when it does not run.
  public var statistics: ServerStatistics? {
    get async {
      guard case .running(let run) = state else { return nil }
      return await run.context.routes.currentStatistics()
    }
  }

  /// Connections that are open.
  package var connectionCount: Int {
    guard case .running(let run) = state else { return 0 }
    return run.context.connections
  }
  /// Connections and streams with a listen.
  package var listenCount: Int {
    guard case .running(let run) = state else { return 0 }
    return run.context.counters.listenCount
  }

  private func begin() async throws(ProxyServerError) -> Run {
    let tls = try configuration.secure.map { secure throws(ProxyServerError) in try secure.context() }
    let ownsGroup = configuration.threads > 0
    let group: any EventLoopGroup =
      ownsGroup
      ? MultiThreadedEventLoopGroup(numberOfThreads: configuration.threads) : MultiThreadedEventLoopGroup.singleton
    let hub = WatchHub(node: ProxyNode(dht: dht), release: configuration.release, loop: group.next())
    let registrations = Registrations(dht, configuration.registrations, logger: configuration.logger)
    let (context, operations) = await serverContext(group, hub, registrations)
    var services: [ListeningPort] = []
    do throws(ProxyServerError) {
      do throws(SecurityError) { try await registrations.start() } catch { throw .cannotKeepState("\(error)") }
      operations?.start()
      if let port = configuration.port { services.append(try await open(port, nil, context, group)) }
      if let secure = configuration.secure { services.append(try await open(secure.port, tls, context, group)) }
    } catch {
      await end(
        Run(
          context: context, hub: hub, registrations: registrations, operations: operations, group: group,
          ownsGroup: ownsGroup, services: services))
      throw error
    }
    return Run(
      context: context, hub: hub, registrations: registrations, operations: operations, group: group,
      ownsGroup: ownsGroup, services: services)
  }

  private func serverContext(
    _ group: any EventLoopGroup, _ hub: WatchHub, _ registrations: Registrations
  ) async -> (ServerContext, Operations?) {
    let counters = RequestCounters()
    var loops: [ObjectIdentifier: NIOLoopBound<LoopConnections>] = [:]
    for loop in group.makeIterator() {
      let connections = try? await loop.submit {
        let watches = LoopWatches(loop: loop, hub: hub, counters: counters)
        let connections = LoopConnections(watches: watches)
        connections.startClock(on: loop)
        return NIOLoopBound(connections, eventLoop: loop)
      }.get()
      loops[ObjectIdentifier(loop)] = connections
    }
    var parts = parts
    let operations = loops.values.first.map { makeOperations(on: $0, counters, registrations) }
    parts.gate = parts.gate ?? operations
    parts.operations = parts.operations ?? operations
    let context = ServerContext(
      dht: dht, configuration: configuration, parts: parts, registrations: registrations, loops: loops,
      counters: counters)
    return (context, operations)
  }

  private func makeOperations(
    on loop: NIOLoopBound<LoopConnections>, _ counters: RequestCounters, _ registrations: Registrations
  ) -> Operations {
    var settings = configuration.operations
    let isGranted =
      settings.access.tokens.entries.contains { $0.groups.contains(.identity) }
      || settings.access.certificates.contains { $0.groups.contains(.identity) }
    if configuration.mayUseIdentity, !isGranted { settings.access.open.insert(.identity) }
    let hub = EventHub(
      node: ProxyNode(dht: dht), watches: loop,
      .init(keysPerStream: settings.limits.keysPerStream, streamKeys: settings.limits.streamKeys))
    return Operations(of: dht, hub: hub, settings) {
      Operations.Counts(listens: counters.listenCount, await registrations.statistics)
    }
  }

  private func open(
    _ port: Int, _ tls: NIOSSLContext?, _ context: ServerContext, _ group: any EventLoopGroup
  ) async throws(ProxyServerError) -> ListeningPort {
    try await ListeningPort.open(
      address: configuration.address, port: port, ProxyChannel(server: context, tls: tls), group,
      configuration.logger)
  }

  /// Time for what is being answered when the server stops.
  private static let grace = Duration.milliseconds(500)

  private func end(_ run: Run) async {
    run.context.isStopping = true
    for service in run.services { service.beginStopping() }
    for connections in run.context.loops.values {
      connections.eventLoop.execute { connections.value.shutDown() }
    }
    await run.operations?.stop()
    run.hub.stop()
    let start = ContinuousClock.now
    while run.context.connections > 0, ContinuousClock.now - start < Self.grace {
      try? await Task.sleep(for: .milliseconds(10))
    }
    for connections in run.context.loops.values {
      try? await connections.eventLoop.submit { connections.value.closeAll() }.get()
    }
    for service in run.services { await service.waitUntilStopped() }
    await run.registrations.stop()
    if run.ownsGroup { try? await run.group.shutdownGracefully() }
  }
}
