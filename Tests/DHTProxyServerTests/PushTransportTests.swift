import DHTModel
import DHTProxyMessages
import NIOSSL
import Testing

@testable import DHTProxyServer

/// Endpoints and gateways that are spoken to by TLS. (proxy.md §8.6, §16)
@Suite struct PushTransportTests {
  @Test("An endpoint's certificate is that of its name, though the request goes to an address that was looked at")
  func pinned() async throws {
    let gateway = StandInGateway()
    let port = try await gateway.start(tls: try Self.serverTLS)
    let transport = try transport(port)
    func reply(_ url: String) async -> PushTransport.Reply? {
      let context = PushContext(token: url, clientID: "c", platform: .unifiedPush)
      guard let request = PushRequest(unifiedPush: PushNotification(pongTo: context), release: .v4) else { return nil }
      return await transport.send(unifiedPush: request)
    }
    for _ in 0..<3 {
      guard case .answered(200, _) = await reply("https://up.example.org:\(port)/x") else {
        Issue.record("no answer")
        break
      }
    }
    #expect(gateway.connections == 1)
    #expect(await reply("https://other.example.org:\(port)/x") == .silent)
    #expect(await reply("http://up.example.org:\(port)/x") == .silent)
    #expect(gateway.requests.count == 3)
    await transport.stop()
    await gateway.stop()
  }

  @Test("A gateway by https, whose name must be that of its certificate")
  func gateway() async throws {
    let gateway = StandInGateway()
    let port = try await gateway.start(tls: try Self.serverTLS)
    let transport = try transport(port)
    let push = PushNotification(pongTo: PushContext(token: "t", clientID: "c", platform: .android))
    let there = PushGateway(host: "127.0.0.1", port: port, usesTLS: true)
    let request = try #require(PushRequest(push, to: there, now: 0, release: .v4))
    #expect(await transport.send(request) == .silent)
    #expect(gateway.requests.isEmpty)
    await transport.stop()
    await gateway.stop()
  }

  private func transport(_ port: UInt16) throws -> PushTransport {
    var configuration = PushConfiguration()
    configuration.allowsLocalEndpoints = true
    configuration.limits.requestTimeout = .seconds(3)
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .certificates([try NIOSSLCertificate(bytes: Array(Self.certificate.utf8), format: .pem)])
    return PushTransport(configuration, tls: tls) { _, port in [.init(ip: IPAddress(ipv4: 0x7f00_0001), port: port)] }
  }

  private static var serverTLS: NIOSSLContext {
    get throws {
      let certificate = try NIOSSLCertificate(bytes: Array(certificate.utf8), format: .pem)
      let key = try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)
      return try NIOSSLContext(
        configuration: .makeServerConfiguration(
          certificateChain: [.certificate(certificate)], privateKey: .privateKey(key)))
    }
  }

  // Of up.example.org, signed by itself, until 2126; of no use anywhere else.
  private static let key = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgKlki3q7ogrBfe5yA
    BbKNhYLnJr+LgEzaYww/MJnGYJyhRANCAASDOiv1sWrwMSxk/0CdtEAdjJCZgLYf
    budVIYHqeWzy/vUiXEy6Cb29zBxCq1YcsJh/EVNWzy1gdEUtv6vjoXzn
    -----END PRIVATE KEY-----
    """
  private static let certificate = """
    -----BEGIN CERTIFICATE-----
    MIIBozCCAUqgAwIBAgIUEzy+A6LHKm7jZkgby6lTAFSD1VkwCgYIKoZIzj0EAwIw
    GTEXMBUGA1UEAwwOdXAuZXhhbXBsZS5vcmcwIBcNMjYxMTIxMTkzMTQwWhgPMjEy
    NjEwMjgxOTMxNDBaMBkxFzAVBgNVBAMMDnVwLmV4YW1wbGUub3JnMFkwEwYHKoZI
    zj0CAQYIKoZIzj0DAQcDQgAEgzor9bFq8DEsZP9AnbRAHYyQmYC2H27nVSGB6nls
    8v71IlxMugm9vcwcQqtWHLCYfxFTVs8tYHRFLb+r46F856NuMGwwHQYDVR0OBBYE
    FDiafh2ncKyemfO5oM17MSju1iWCMB8GA1UdIwQYMBaAFDiafh2ncKyemfO5oM17
    MSju1iWCMA8GA1UdEwEB/wQFMAMBAf8wGQYDVR0RBBIwEIIOdXAuZXhhbXBsZS5v
    cmcwCgYIKoZIzj0EAwIDRwAwRAIgL07la4ZGxkMlLtdMpcfmQRyfX2qTUnW0URDu
    e6aL9EICID3HRJwOJOc0SsIV4hXyhQssrLvhhhZuoTboGZff7W2m
    -----END CERTIFICATE-----
    """
}
