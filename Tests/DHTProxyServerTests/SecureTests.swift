import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import OpenDHT
import Testing

@testable import DHTProxyServer

/// HTTPS, and what is spoken inside.
@Suite(.timeLimit(.minutes(1))) struct SecureServerTests {
  /// With an issuer: one that signs itself is an authority's, and no certificate of a server for TLS.
  private static func identity() throws -> Identity {
    try Identity.generate(name: "localhost", bits: 2048, authority: try Identity.generateAuthority(name: "authority"))
  }

  private static func secure(_ identity: Identity, password: String? = nil) throws -> ProxyServer.Secure {
    ProxyServer.Secure(
      port: 0, certificates: Array(identity.certificate.pemRepresentation.utf8),
      privateKey: Array(try identity.privateKey.pemRepresentation(password: password).utf8), password: password)
  }

  private static func client(
    _ version: HTTPClient.Configuration.HTTPVersion, _ change: (inout TLSConfiguration) -> Void = { _ in }
  ) -> HTTPClient {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.certificateVerification = .none
    change(&tls)
    var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
    configuration.httpVersion = version
    configuration.timeout.connect = .seconds(5)
    return HTTPClient(configuration: configuration)
  }

  private static func get(_ url: String, _ client: HTTPClient) async -> (status: String, version: String, text: String)?
  {
    guard let answer = try? await client.execute(HTTPClientRequest(url: url), timeout: .seconds(10)),
      let body = try? await answer.body.collect(upTo: 1 << 20)
    else { return nil }
    return ("\(answer.status)", "\(answer.version)", String(buffer: body))
  }

  @Test("X-67: TLS 1.2 and 1.3, and HTTP/2 for those who ask", arguments: [TLSVersion.tlsv12, .tlsv13])
  func versions(_ version: TLSVersion) async throws {
    let identity = try Self.identity()
    let secure = try Self.secure(identity, password: "word")
    let world = try await World.make { $0.secure = secure }
    let port = try #require(await world.server.ports.secure)
    _ = try await world.peer.put(Value("hello", id: 1), at: InfoHash(hashing: "foo"))
    for (http, spoken) in [(HTTPClient.Configuration.HTTPVersion.http1Only, "HTTP/1.1"), (.automatic, "HTTP/2.0")] {
      let client = Self.client(http) {
        $0.minimumTLSVersion = version
        $0.maximumTLSVersion = version
      }
      let found = await Self.get("https://localhost:\(port)/key/foo", client)
      #expect(found?.status == "200 OK" && found?.version == spoken)
      #expect(found?.text == "{\"data\":\"aGVsbG8=\",\"id\":\"1\",\"type\":0,\"utype\":\"text/plain\"}\n")
      let report = await Self.get("https://localhost:\(port)/node/info", client)
      #expect(report?.text.contains("\"public_ip\":\"::ffff:127.0.0.1\"") == true)
      #expect(await Self.get("https://localhost:\(port)/a/b", client)?.status == "404 Not Found")
      try await client.shutdown()
    }
    await world.stop()
  }

  @Test("X-43 X-45 X-50: listens over HTTP/2, many on one connection")
  func listens() async throws {
    let identity = try Self.identity()
    let secure = try Self.secure(identity)
    let world = try await World.make { $0.secure = secure }
    let port = try #require(await world.server.ports.secure)
    let client = Self.client(.automatic)
    var bodies: [HTTPClientResponse.Body.AsyncIterator] = []
    for index in 0..<10 {
      let request = HTTPClientRequest(url: "https://localhost:\(port)/key/k\(index)/listen")
      do {
        bodies.append(try await client.execute(request, timeout: .seconds(10)).body.makeAsyncIterator())
      } catch {
        Issue.record("\(index): \(error)")
      }
    }
    #expect(await world.server.listenCount == 10)
    #expect(await world.server.connectionCount == 1)
    for index in bodies.indices {
      _ = try await world.peer.put(Value("hello", id: 1), at: InfoHash(hashing: "k\(index)"))
      let piece = try? await bodies[index].next()
      #expect(
        piece.map { String(buffer: $0) } == "{\"data\":\"aGVsbG8=\",\"id\":\"1\",\"type\":0,\"utype\":\"text/plain\"}\n"
      )
    }
    let start = ContinuousClock.now
    await world.server.stop()
    #expect(ContinuousClock.now - start < .seconds(1.5))
    for index in bodies.indices { #expect((try? await bodies[index].next()) == nil) }
    try await client.shutdown()
    await world.stop()
  }

  @Test("client certificates are asked for when they are wanted")
  func clientCertificates() async throws {
    let identity = try Self.identity()
    let authority = try Identity.generateAuthority(name: "authority")
    let guest = try Identity.generate(name: "guest", bits: 2048, authority: authority)
    var secure = try Self.secure(identity)
    secure.clientAuthorities = Array(authority.certificate.pemRepresentation.utf8)
    secure.requiresClientCertificate = true
    let world = try await World.make { [secure] in $0.secure = secure }
    let url = "https://localhost:\(try #require(await world.server.ports.secure))/"
    let stranger = Self.client(.http1Only)
    #expect(await Self.get(url, stranger) == nil)
    try await stranger.shutdown()
    let chain = try NIOSSLCertificate.fromPEMBytes(Array(guest.certificate.pemRepresentation.utf8))
    let key = try NIOSSLPrivateKey(bytes: Array(guest.privateKey.pemRepresentation().utf8), format: .pem)
    let known = Self.client(.http1Only) {
      $0.certificateChain = chain.map { .certificate($0) }
      $0.privateKey = .privateKey(key)
    }
    #expect(await Self.get(url, known)?.status == "200 OK")
    try await known.shutdown()
    await world.stop()
  }

  @Test("what is no certificate is told at the start")
  func badCertificate() async throws {
    let identity = try Self.identity()
    var secure = try Self.secure(identity)
    secure.certificates = []
    let server = ProxyServer(of: DHT(), ProxyServer.Configuration(port: 0, secure: secure))
    do throws(ProxyServerError) {
      try await server.start()
      Issue.record("it started")
    } catch {
      guard case .badCertificate = error else {
        Issue.record("\(error)")
        return
      }
    }
    #expect(await server.ports.plain == nil)
  }
}
