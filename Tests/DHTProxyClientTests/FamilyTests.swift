import DHTModel
import DHTTransport
import OpenDHT
import Testing

@testable import DHTProxyClient

@Suite("Addresses of a proxy", .timeLimit(.minutes(4)))
struct FamilyTests {
  private static let dead = IPAddress(ipv4: 0x7f00_0002)
  private static let alive = IPAddress(ipv4: 0x7f00_0001)
  private static let other = IPAddress(ipv6High: 0, low: 1)

  /// A client of a name that has these addresses.
  private func withClient(
    _ addresses: [IPAddress], _ body: @escaping (ScriptedServer, StandIn, DHT) async throws -> Void
  ) async throws {
    let standIn = StandIn()
    try await ScriptedServer.run(standIn.script) { server in
      let port = UInt16(server.port)
      var proxy = try ProxyConfiguration("http://proxy.invalid:\(port)")
      proxy.limits.connecting = .seconds(2)
      proxy.resolver = Resolver { _ in addresses.map { SocketAddress(ip: $0, port: port) } }
      var configuration = DHT.Configuration()
      configuration.backend = .proxy(proxy)
      let dht = DHT(configuration)
      try await dht.start()
      do { try await body(server, standIn, dht) } catch {
        await dht.stop()
        throw error
      }
      await dht.stop()
    }
  }

  @Test("X-71: each family has its own status; the one that answers is used, and the name goes with the request")
  func families() async throws {
    try await withClient([Self.other, Self.alive]) { server, _, dht in
      try await dht.waitUntilConnected()
      #expect(await dht.status == NodeStatus(ipv4: .connected, ipv6: .disconnected))
      try await dht.put(Value("x"), at: .random())
      #expect(server.requests.allSatisfy { $0.head.lowercased().contains("host: proxy.invalid:\(server.port)") })
    }
  }

  @Test("X-71: a name without address is disconnected")
  func nameless() async throws {
    try await withClient([]) { server, _, dht in
      await #expect(throws: DHTError.isolated) { try await dht.get(.random()) }
      #expect(await eventually { await dht.status == NodeStatus() })
      #expect(server.requests.isEmpty)
    }
  }

  @Test("Of several addresses the next is tried when one is dead")
  func several() async throws {
    try await withClient([Self.dead, Self.alive]) { _, _, dht in
      try await dht.waitUntilConnected(timeout: .seconds(20))
      try await dht.put(Value("x"), at: .random())
    }
  }
}
