import DHTProxyClient
import DHTProxyMessages
import DHTProxyServer
import DHTText
import Logging
import OpenDHT

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

  /// Serves those of the command line. Returns what stands against one of them; none runs then.
  func startAll() async -> String? {
    let wanted = [options.port.map { ($0, false) }, options.securePort.map { ($0, true) }].compactMap { $0 }
    for (port, isSecure) in wanted {
      if let reason = await start(port: port, isSecure: isSecure, pushServer: nil) {
        await stopAll()
        return reason
      }
    }
    return nil
  }

  /// Stops all that are served.
  func stopAll() async {
    let running = servers.values
    servers = [:]
    await withTaskGroup { group in
      for server in running { group.addTask { await server.stop() } }
    }
  }

  func start(port: UInt16, isSecure: Bool, pushServer: String?) async -> String? {
    guard servers[port] == nil else { return "A proxy is served on port \(port) already." }
    var configuration = ProxyServer.Configuration(port: isSecure ? nil : Int(port))
    if isSecure {
      guard var secure else { return "Missing Identity private key or certificate" }
      secure.port = Int(port)
      configuration.secure = secure
    }
    if let address = options.address { configuration.address = "\(address)" }
    if let pushServer {
      guard let gateway = PushGateway(pushServer) else {
        return "'\(pushServer)' is no gateway: port, host:port, https://host"
      }
      configuration.registrations.push.gateway = gateway
    } else {
      configuration.registrations.push.gateway = options.pushServer
    }
    configuration.registrations.push.defaultTopic = options.bundleID ?? ""
    configuration.logger = logger
    let server = ProxyServer(of: dht, configuration)
    servers[port] = server
    do throws(ProxyServerError) {
      try await server.start()
      return nil
    } catch {
      servers[port] = nil
      return error.description
    }
  }

  func stop(port: UInt16) async -> Bool {
    guard let server = servers.removeValue(forKey: port) else { return false }
    await server.stop()
    return true
  }

  func reports() async -> [ProxyReport] {
    var reports: [ProxyReport] = []
    for (port, server) in servers.sorted(by: { $0.key < $1.key }) {
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
      guard let proxy = try Self.client(server ?? options.server, deviceKey ?? options.deviceKey) else {
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

  /// A proxy as the command line names it; nil for none. The client id is that of the network's tools. (tools.md §2)
  static func client(_ url: String?, _ deviceKey: String?) throws(DHTError) -> ProxyConfiguration? {
    guard let url else { return nil }
    var proxy = try ProxyConfiguration(url)
    if let deviceKey { proxy.push = .init(token: deviceKey, clientID: "dhtnode", platform: .android) }
    return proxy
  }
}
