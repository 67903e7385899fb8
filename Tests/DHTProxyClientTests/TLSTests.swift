import DHTProxyClient
import DHTSecurity
import NIOSSL
import OpenDHT
import Testing

@Suite("A proxy over TLS", .timeLimit(.minutes(4)))
struct TLSTests {
  /// Smaller keys are refused by TLS libraries of today.
  private static let bits = 2048
  private static let authority = Result { try Identity.generate(name: "Authority", bits: bits) }
  private static let server = Result {
    try Identity.generate(name: "localhost", bits: bits, authority: authority.get())
  }

  private func context(_ identity: Identity, asking authority: Identity? = nil) throws -> NIOSSLContext {
    let chain = try NIOSSLCertificate.fromPEMBytes(Array(identity.certificate.pemRepresentation.utf8))
    let key = try NIOSSLPrivateKey(
      bytes: Array(identity.privateKey.pemRepresentation(password: nil).utf8), format: .pem)
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    if let authority {
      let roots = try NIOSSLCertificate.fromPEMBytes(Array(authority.certificate.pemRepresentation.utf8))
      tls.trustRoots = .certificates(roots)
      tls.certificateVerification = .noHostnameVerification
    }
    return try NIOSSLContext(configuration: tls)
  }

  private func client(
    _ url: String, trusting authority: Identity, _ change: (inout ProxyConfiguration) -> Void = { _ in }
  )
    throws -> DHT
  {
    var proxy = try ProxyConfiguration(url)
    proxy.trust = .certificates(Array(authority.certificate.pemRepresentation.utf8))
    change(&proxy)
    var configuration = DHT.Configuration()
    configuration.backend = .proxy(proxy)
    return DHT(configuration)
  }

  @Test("A server whose certificate our authority issued is used")
  func trusted() async throws {
    let standIn = StandIn()
    let tls = try context(Self.server.get())
    try await ScriptedServer.run(tls: tls, standIn.script) { server in
      let dht = try client("https://localhost:\(server.port)", trusting: Self.authority.get())
      try await dht.start()
      try await dht.waitUntilConnected()
      let key = InfoHash.random()
      try await dht.put(Value("x", id: 1), at: key)
      var changes = dht.listen(to: key).makeAsyncIterator()
      #expect(await changes.next(isolation: nil) == .added(Value("x", id: 1)))
      await dht.stop()
    }
  }

  @Test("X-68: an unknown authority, or another name: disconnected, and nothing is sent")
  func untrusted() async throws {
    let standIn = StandIn()
    let stranger = try Identity.generate(name: "Stranger", bits: Self.bits)
    let elsewhere = try Identity.generate(name: "elsewhere", bits: Self.bits, authority: Self.authority.get())
    for (identity, trusted) in [(try Self.server.get(), stranger), (elsewhere, try Self.authority.get())] {
      let tls = try context(identity)
      try await ScriptedServer.run(tls: tls, standIn.script) { server in
        let dht = try client("https://localhost:\(server.port)", trusting: trusted)
        try await dht.start()
        await #expect(throws: DHTError.isolated) { try await dht.put(Value("x"), at: .random()) }
        #expect(await dht.status.best != .connected)
        #expect(server.requests.isEmpty)
        await dht.stop()
      }
    }
  }

  @Test("X-69: a client identity is offered when asked for")
  func mutual() async throws {
    let standIn = StandIn()
    let authority = try Self.authority.get()
    let tls = try context(Self.server.get(), asking: authority)
    try await ScriptedServer.run(tls: tls, standIn.script) { server in
      let nobody = try client("https://localhost:\(server.port)", trusting: authority)
      try await nobody.start()
      await #expect(throws: DHTError.isolated) { try await nobody.get(.random()) }
      await nobody.stop()
      #expect(server.requests.isEmpty)
      let identity = try Identity.generate(name: "client", bits: Self.bits, authority: authority)
      let somebody = try client("https://localhost:\(server.port)", trusting: authority) { $0.identity = identity }
      try await somebody.start()
      try await somebody.waitUntilConnected()
      #expect(try await somebody.get(.random()).values.isEmpty)
      await somebody.stop()
    }
  }

  @Test("A file of authorities that is none is told at the start")
  func badTrust() async throws {
    var proxy = try ProxyConfiguration("https://localhost")
    proxy.trust = .file("/nonexistent")
    var configuration = DHT.Configuration()
    configuration.backend = .proxy(proxy)
    let dht = DHT(configuration)
    await #expect(throws: DHTError.self) { try await dht.start() }
    await #expect(throws: DHTError.notRunning) { try await dht.get(.random()) }
  }
}
