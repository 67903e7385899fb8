import DHTProxyClient
import DHTProxyMessages
import DHTProxyServer
import DHTText
import Logging
import OpenDHT

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The proxies of a program: those that it serves, by port, and the one that it goes through.
actor Proxies: ProxyControl {
  private let dht: DHT
  private let options: ProxyOptions
  private let secure: ProxyServer.Secure?
  private let logger: Logger?
  private var servers: [UInt16: ProxyServer] = [:]

  /// - Parameter secure: certificate and key of `--proxyserverssl` and `psx`, for any port.
  init(_ dht: DHT, _ options: ProxyOptions, secure: ProxyServer.Secure?, logger: Logger?) {
    self.dht = dht
    self.options = options
    self.secure = secure
    self.logger = logger
  }

  /// Serves what the command line asks for: one server, on one port or two. Returns what stands against it.
  func startAll() async -> String? {
    guard options.port != nil || options.securePort != nil else { return nil }
    return await start(port: options.port, securePort: options.securePort, options.pushServer)
  }

  /// Stops all that are served.
  func stopAll() async {
    let running = Set(servers.values.map(ObjectIdentifier.init)).compactMap { id in
      servers.values.first { ObjectIdentifier($0) == id }
    }
    servers = [:]
    await withTaskGroup { group in
      for server in running { group.addTask { await server.stop() } }
    }
  }

  func start(port: UInt16, isSecure: Bool, pushServer: String?) async -> String? {
    var gateway = options.pushServer
    if let pushServer {
      guard let named = PushGateway(pushServer) else {
        return "'\(pushServer)' is no gateway: port, host:port, https://host"
      }
      gateway = named
    }
    return await start(port: isSecure ? nil : port, securePort: isSecure ? port : nil, gateway)
  }

  private func start(port: UInt16?, securePort: UInt16?, _ gateway: PushGateway?) async -> String? {
    let ports = [port, securePort].compactMap { $0 }
    for port in ports where servers[port] != nil { return "A proxy is served on port \(port) already." }
    var configuration = ProxyServer.Configuration(port: port.map { Int($0) })
    if let securePort {
      guard var secure else { return "Missing Identity private key or certificate" }
      secure.port = Int(securePort)
      configuration.secure = secure
    }
    if let address = options.address { configuration.address = "\(address)" }
    configuration.registrations.push.gateway = gateway
    configuration.registrations.push.defaultTopic = options.bundleID ?? ""
    // The files have the name that the network's tools give them. (proxy.md §10)
    configuration.registrations.statePath = options.statePrefix.map { "\($0)_\(ports[0])" }
    configuration.logger = logger
    let server = ProxyServer(of: dht, configuration)
    for port in ports { servers[port] = server }
    do throws(ProxyServerError) {
      try await server.start()
      return nil
    } catch {
      for port in ports { servers[port] = nil }
      return error.description
    }
  }

  func stop(port: UInt16) async -> Bool {
    guard let server = servers[port] else { return false }
    // Both of its ports.
    servers = servers.filter { $0.value !== server }
    await server.stop()
    return true
  }

  func reports() async -> [ProxyReport] {
    var reports: [ProxyReport] = []
    var told: Set<ObjectIdentifier> = []
    for (port, server) in servers.sorted(by: { $0.key < $1.key }) where told.insert(ObjectIdentifier(server)).inserted {
      guard let statistics = await server.statistics else { continue }
      reports.append(
        ProxyReport(
          port: port, listens: statistics.listens, puts: statistics.permanentKeys,
          pushListeners: statistics.pushTokens, requestsPerSecond: statistics.requestRate))
    }
    return reports
  }
}

// The proxy that the program goes through.
extension Proxies {
  func use(server: String?, deviceKey: String?) async -> String? {
    do throws(DHTError) {
      guard
        let proxy = try Self.client(server ?? options.server, deviceKey ?? options.deviceKey, identity: dht.identity)
      else {
        return "No proxy is named: stt [server_address]"
      }
      try await dht.switch(to: .proxy(proxy))
      return nil
    } catch {
      return error.description
    }
  }

  func leave() async -> String? {
    do throws(DHTError) {
      try await dht.switch(to: .udp)
      return nil
    } catch {
      return error.description
    }
  }

  func setPushToken(_ token: String) async -> String? {
    await dht.setPushToken(token)
    return nil
  }

  func pushReceived(_ data: [String: String]) async -> String { "\(await dht.pushNotificationReceived(data))" }

  /// Certificate and key of TLS from the files that the command line names; nil when it names none. Their formats are
  /// looked at when a server starts.
  static func secure(_ options: ProxyOptions) throws(IdentityFailure) -> ProxyServer.Secure? {
    guard let certificate = options.certificate, let key = options.privateKey else { return nil }
    return ProxyServer.Secure(
      port: 0, certificates: try IdentityFiles.contents(of: certificate, "proxy certificate"),
      privateKey: try IdentityFiles.contents(of: key, "proxy private key"),
      password: Password(word: options.password, variable: "DHT_PROXY_PRIVKEY_PASSWORD").atHand)
  }

  /// A proxy as the command line and the environment name it; nil for none. The client id is that of the network's
  /// tools. (tools.md §2)
  ///
  /// - Parameter identity: offered when the server asks for a certificate.
  static func client(
    _ url: String?, _ deviceKey: String?, identity: Identity?
  ) throws(DHTError) -> ProxyConfiguration? {
    guard let url else { return nil }
    var proxy = try ProxyConfiguration(url)
    proxy.identity = identity
    proxy.bearerToken = environment("DHT_PROXY_TOKEN")
    proxy.secret = environment("DHT_PROXY_SECRET")
    if let file = environment("DHT_PROXY_CA") { proxy.trust = .file(file) }
    if let deviceKey { proxy.push = .init(token: deviceKey, clientID: "dhtnode", platform: .android) }
    return proxy
  }

  /// Words that others should not read in a list of processes.
  private static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }
}
