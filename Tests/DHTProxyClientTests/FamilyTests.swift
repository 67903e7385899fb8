import DHTModel
import DHTTransport
import NIOConcurrencyHelpers
import OpenDHT
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

@testable import DHTProxyClient

@Suite("Addresses of a proxy", .timeLimit(.minutes(4)))
struct FamilyTests {
  private static let dead = IPAddress(ipv4: 0x7f00_0002)
  private static let alive = IPAddress(ipv4: 0x7f00_0001)
  private static let other = IPAddress(ipv6High: 0, low: 1)

  /// A client of a name that has these addresses.
  private func withClient(
    _ addresses: [IPAddress], _ change: @escaping @Sendable (inout ProxyConfiguration) -> Void = { _ in },
    _ body: @escaping (ScriptedServer, StandIn, DHT) async throws -> Void
  ) async throws {
    let standIn = StandIn()
    try await ScriptedServer.run(standIn.script) { server in
      let port = UInt16(server.port)
      var proxy = try ProxyConfiguration("http://proxy.invalid:\(port)")
      proxy.limits.connecting = .seconds(2)
      proxy.resolver = Resolver { _ in addresses.map { SocketAddress(ip: $0, port: port) } }
      change(&proxy)
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

  @Test("While an address works, another answer of the resolver, or none, changes nothing")
  func rotation() async throws {
    let answers = NIOLockedValueBox(0)
    let change: @Sendable (inout ProxyConfiguration) -> Void = { proxy in
      let port = proxy.url.port
      proxy.limits.watchInterval = .milliseconds(200)
      proxy.resolver = Resolver { _ in
        let count = answers.withLockedValue { count in
          count += 1
          return count
        }
        let others: [[IPAddress]] = [[Self.dead], [], [Self.alive]]
        return (count == 1 ? [Self.alive] : others[count % 3]).map { SocketAddress(ip: $0, port: port) }
      }
    }
    try await withClient([], change) { server, _, dht in
      try await dht.waitUntilConnected()
      let key = InfoHash.random()
      let listen = dht.listen(to: key)
      #expect(await eventually { answers.withLockedValue { $0 } >= 8 })
      #expect(await dht.status.best == .connected)
      #expect(server.count("GET", "/key/\(key)/listen") == 1)
      listen.cancel()
    }
  }

  @Test("A name that is looked up for long holds nothing up: the address known does")
  func slowName() async throws {
    let isSlow = NIOLockedValueBox(false)
    let change: @Sendable (inout ProxyConfiguration) -> Void = { proxy in
      let port = proxy.url.port
      proxy.limits.checking = .seconds(2)
      proxy.limits.watchInterval = .milliseconds(300)
      proxy.resolver = Resolver { _ in
        if isSlow.withLockedValue({ $0 }) { sleep(8) }
        return [SocketAddress(ip: Self.alive, port: port)]
      }
    }
    try await withClient([], change) { server, _, dht in
      try await dht.waitUntilConnected()
      isSlow.withLockedValue { $0 = true }
      let looks = server.count("GET", "/node/info")
      try await dht.put(Value("stays"), at: .random(), permanent: true)
      #expect(await eventually(within: .seconds(6)) { server.count("GET", "/node/info") > looks })
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
