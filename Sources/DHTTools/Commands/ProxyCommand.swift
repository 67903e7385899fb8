import ArgumentParser
import DHTJSON
import DHTProxyServer
import DHTText
import Logging
import OpenDHT

/// `dht proxy`
struct ProxyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "proxy", abstract: "Serve the REST proxy: the network for phones, web pages and scripts.",
    discussion: """
      Runs a node, and an HTTP server in front of it, until interrupted. What it serves is described at /openapi.json; \
      /healthz, /readyz and /metrics are for those who watch over it. By default everybody may read, put and subscribe.
      """)

  @Option(
    help: ArgumentHelp("TCP port of HTTP; 0 lets the system choose. (default: 8000)", valueName: "number"),
    transform: Transform.port)
  var listen: UInt16?
  @Option(
    help: ArgumentHelp("TCP port of HTTPS, too; needs --tls-certificate and --tls-key.", valueName: "number"),
    transform: Transform.port)
  var tls: UInt16?
  @Option(help: ArgumentHelp("The server's certificate with its chain, PEM.", valueName: "file"))
  var tlsCertificate: String?
  @Option(help: ArgumentHelp("Its private key, PEM; its password in $DHT_PROXY_PRIVKEY_PASSWORD.", valueName: "file"))
  var tlsKey: String?
  @Option(help: ArgumentHelp("Ask clients for certificates of these authorities, PEM.", valueName: "file"))
  var clientCA: String?
  @Flag(help: "With --client-ca: turn away clients without a certificate.")
  var requireClientCertificate = false
  @Option(help: ArgumentHelp("Bind the server to this address only.", valueName: "address"))
  var address: String?
  @Option(
    help: ArgumentHelp(
      "Keep permanent puts and subscriptions in this file, and in a journal beside it.", valueName: "file"))
  var state: String?
  @Option(
    help: ArgumentHelp("Gorush gateway for notifications: port, host:port, https://host.", valueName: "gateway"),
    transform: Transform.pushGateway)
  var pushServer: PushGateway?
  @Option(help: ArgumentHelp("Topic of notifications that name none.", valueName: "topic"))
  var bundleID: String?
  @Option(help: ArgumentHelp("Bearer tokens: SHA-256 and groups of routes, a line each.", valueName: "file"))
  var tokens: String?
  @Option(
    help: ArgumentHelp(
      "What needs no token: none, or some of read,write,permanent,push,identity,operations. (default: read,write,permanent,push)",
      valueName: "groups"), transform: Transform.routeGroups)
  var open: Set<RouteGroup>?

  @OptionGroup var identity: IdentityOptions
  @OptionGroup var options: CommonOptions

  func validate() throws {
    if (tlsCertificate == nil) != (tlsKey == nil) || (tls != nil) != (tlsKey != nil) {
      throw ValidationError("--tls, --tls-certificate and --tls-key belong together.")
    }
    if clientCA != nil, tls == nil { throw ValidationError("--client-ca is for --tls.") }
    if requireClientCertificate, clientCA == nil {
      throw ValidationError("--require-client-certificate needs --client-ca.")
    }
    if let address, ipAddress(address) == nil { throw ValidationError("--address takes an address.") }
  }

  func run() async throws {
    let settings = try complaining { () throws(IdentityFailure) -> ProxyServer.Configuration in try configured() }
    try await CommandRun.run(options, as: identity.load(), publishes: true, isClient: false, needsNetwork: false) {
      run in
      let server = ProxyServer(of: run.dht, settings)
      do throws(ProxyServerError) { try await server.start() } catch {
        await run.output.error(error.description)
        return .failed
      }
      await started(server, run)
      for await status in run.dht.statusUpdates { await show(status, run) }
      await server.stop()
      return .done
    }
  }
}

extension ProxyCommand {
  private func configured() throws(IdentityFailure) -> ProxyServer.Configuration {
    var settings = ProxyServer.Configuration(port: Int(listen ?? 8000))
    // Trouble is told also with --quiet: what cannot be kept or sent is for whoever runs the server.
    settings.logger = Logger(label: "dht proxy") { _ in
      ToolLog(LogSwitch(isOn: true), isColored: false) { Descriptor.standardError.write(($0 + "\n").utf8) }
    }
    settings.logger?.logLevel = .warning
    if let address { settings.address = address }
    if let tls, let tlsCertificate, let tlsKey {
      let files = ProxyOptions(certificate: tlsCertificate, privateKey: tlsKey)
      settings.secure = try Proxies.secure(files)
      settings.secure?.port = Int(tls)
      settings.secure?.clientAuthorities = try clientCA.map { path throws(IdentityFailure) in
        try IdentityFiles.contents(of: path, "client authorities")
      }
      settings.secure?.requiresClientCertificate = requireClientCertificate
    }
    settings.registrations.statePath = state
    settings.registrations.push.gateway = pushServer
    settings.registrations.push.defaultTopic = bundleID ?? ""
    if let tokens { settings.operations.access.tokens = try table(tokens) }
    if let open {
      settings.operations.access.open = open
      settings.mayUseIdentity = open.contains(.identity)
    }
    if settings.operations.access.tokens.entries.contains(where: { $0.groups.contains(.identity) }) {
      settings.mayUseIdentity = true
    }
    return settings
  }

  private func table(_ path: String) throws(IdentityFailure) -> TokenTable {
    let bytes = try IdentityFiles.contents(of: path, "tokens")
    do throws(TokenTable.ParsingError) { return try TokenTable(parsing: String(decoding: bytes, as: UTF8.self)) } catch
    {
      throw IdentityFailure(description: "\(terminalSafe(path)): \(error)")
    }
  }

  private func started(_ server: ProxyServer, _ run: CommandRun) async {
    let ports = await server.ports
    if run.output.isJSON {
      await run.output.json([
        ("event", .string("started")), ("id", .string("\(run.dht.nodeID)")),
        ("httpPort", ports.plain.map { .integer($0) } ?? .null),
        ("httpsPort", ports.secure.map { .integer($0) } ?? .null),
      ])
    } else {
      let host = address.map { $0.contains(":") ? "[\($0)]" : $0 } ?? "[::]"
      let urls = [ports.plain.map { "http://\(host):\($0)" }, ports.secure.map { "https://\(host):\($0)" }]
      await run.output.result("Proxy of node \(run.dht.nodeID) on \(urls.compactMap { $0 }.joined(separator: " and "))")
    }
  }

  private func show(_ status: NodeStatus, _ run: CommandRun) async {
    if run.output.isJSON {
      await run.output.json([
        ("event", .string("status")), ("ipv4", .string("\(status.ipv4)")), ("ipv6", .string("\(status.ipv6)")),
      ])
    } else {
      await run.output.result("Status: IPv4 \(status.ipv4), IPv6 \(status.ipv6)")
    }
  }
}

extension Transform {
  @Sendable fileprivate static func pushGateway(_ text: String) throws -> PushGateway {
    guard let gateway = PushGateway(text) else {
      throw ValidationError("Expected a port, host:port, http://host or https://host.")
    }
    return gateway
  }
  @Sendable fileprivate static func routeGroups(_ text: String) throws -> Set<RouteGroup> {
    guard text != "none" else { return [] }
    let groups = text.split(separator: ",").map { RouteGroup(rawValue: String($0)) }
    guard !groups.isEmpty, !groups.contains(nil) else {
      let names = RouteGroup.allCases.map(\.rawValue).joined(separator: ",")
      throw ValidationError("Expected none, or some of \(names).")
    }
    return Set(groups.compactMap { $0 })
  }
}
