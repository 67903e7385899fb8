import DHTProxyMessages
import OpenDHT

@testable import DHTProxyServer

/// A proxy server on a node of its own, and a second node to talk to. All on loopback.
struct World {
  /// Its place among the worlds that may run at a time.
  private let turn: Int
  let node: DHT
  let peer: DHT
  let server: ProxyServer
  let port: Int

  /// - Parameter lifetime: Of values of type 5, which live a minute in the field.
  static func make(
    release: PeerRelease = .v4, identity: Identity? = nil, lifetime: Duration = .seconds(60),
    gate: (any RequestGate)? = nil, operations: (any RouteService)? = nil, isAlone: Bool = false,
    _ change: (inout ProxyServer.Configuration) -> Void = { _ in }
  ) async throws -> World {
    let turn = await Turns.shared.take()
    do {
      return try await open(turn, release, identity, lifetime, gate, operations, isAlone, change)
    } catch {
      await Turns.shared.give(turn)
      throw error
    }
  }

  private static func open(
    _ turn: Int, _ release: PeerRelease, _ identity: Identity?, _ lifetime: Duration, _ gate: (any RequestGate)?,
    _ operations: (any RouteService)?, _ isAlone: Bool, _ change: (inout ProxyServer.Configuration) -> Void
  ) async throws -> World {
    let peer = try await startNode(lifetime: lifetime, bootstrap: nil)
    let port = await peer.boundPorts.ipv4 ?? 0
    let node = try await startNode(
      lifetime: lifetime, bootstrap: isAlone ? nil : "127.0.0.1:\(port)", identity: identity)
    if !isAlone { try await node.waitUntilConnected() }
    if !isAlone { try await peer.waitUntilConnected() }
    var configuration = ProxyServer.Configuration(port: 0)
    configuration.release = release
    change(&configuration)
    let server = ProxyServer(of: node, configuration, ProxyServerParts(gate: gate, operations: operations))
    try await server.start()
    return World(turn: turn, node: node, peer: peer, server: server, port: await server.ports.plain ?? 0)
  }

  private static func startNode(
    lifetime: Duration, bootstrap: String?, identity: Identity? = nil
  ) async throws -> DHT {
    var configuration = DHT.Configuration(
      bootstrap: bootstrap.map { [Host(stringLiteral: $0)] } ?? [], bindIPv4: IPAddress(ipv4: 0x7f00_0001))
    configuration.node.families = [AddressFamily.ipv4]
    configuration.node.types.append(ValueType(id: 5, name: "short", lifetime: lifetime))
    configuration.identity = identity
    configuration.publishesCertificate = false
    let node = DHT(configuration)
    try await node.start()
    return node
  }

  func stop() async {
    await server.stop()
    await node.stop()
    await peer.stop()
    await Turns.shared.give(turn)
  }

  func connect() async throws -> RawConnection { try await RawConnection(port: port) }
  func ask(_ text: String) async throws -> HTTPAnswer? { try await RawConnection.ask(text, port: port) }
  func ask(_ method: String, _ path: String, _ body: String = "") async throws -> HTTPAnswer? {
    try await ask(
      "\(method) \(path) HTTP/1.1\r\nHost: a\r\n"
        + (body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n") + "\r\n\(body)")
  }
}

extension World {
  /// Whether so many connections are left within some seconds.
  func hasConnections(_ count: Int, seconds: Double = 5) async -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      if await server.connectionCount == count { return true }
      try? await Task.sleep(for: .milliseconds(10))
    }
    return await server.connectionCount == count
  }
}
