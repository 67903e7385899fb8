import DHTProxyServer
import DHTText
import OpenDHT

/// The proxies that a program serves, and the one that it uses in place of a node of its own. (tools.md §2)
struct ProxyOptions: Equatable {
  /// `--proxyserver`, `--proxyserverssl`: TCP ports; nil serves none.
  var port: UInt16?
  var securePort: UInt16?
  /// `--proxy-addr`: the address that both bind; nil for any.
  var address: IPAddress?
  /// `--proxy-certificate`, `--proxy-privkey`, `--proxy-privkey-password`: files, and the password of the key.
  var certificate: String?
  var privateKey: String?
  var password: String?
  /// `--pushserver`: where notifications go.
  var pushServer: PushGateway?
  /// `--bundleid`: the topic of notifications that name none.
  var bundleID: String?
  /// `--persist`: what clients leave with a proxy is kept in files whose names begin so, each with its port behind `_`.
  var statePrefix: String?
  /// `--proxyclient`: the proxy to use.
  var server: String?
  /// `--devicekey`: the push token that listens of this program are subscribed with.
  var deviceKey: String?

  /// Takes an option, if it is one of the proxy's.
  mutating func apply(_ option: NodeOption, _ value: String) throws(OptionError) {
    switch option {
    case .proxyServer: port = try Self.port("--proxyserver", value)
    case .secureProxyServer: securePort = try Self.port("--proxyserverssl", value)
    case .proxyAddress:
      guard let address = ipAddress(value) else { throw .badValue("--proxy-addr", value, expected: "an address") }
      self.address = address
    case .proxyCertificate: certificate = value
    case .proxyPrivateKey: privateKey = value
    case .proxyPrivateKeyPassword: password = value
    case .pushServer:
      guard let gateway = PushGateway(value) else {
        throw .badValue("--pushserver", value, expected: "port, host:port or https://host")
      }
      pushServer = gateway
    case .bundleID: bundleID = value
    case .persist: statePrefix = value
    case .proxyClient: server = value
    case .deviceKey: deviceKey = value
    default: break
    }
  }

  /// 0 serves nothing, as in the network's tools.
  private static func port(_ option: String, _ value: String) throws(OptionError) -> UInt16? {
    guard let number = portArgument(value) else { throw .badValue(option, value, expected: "0 … 65535") }
    return number == 0 ? nil : number
  }

  /// What does not go together; nil when all is well.
  var contradiction: OptionError? {
    if (certificate == nil) != (privateKey == nil) {
      return .contradiction("--proxy-certificate and --proxy-privkey belong together")
    }
    if securePort != nil, certificate == nil {
      return .contradiction("--proxyserverssl needs --proxy-certificate and --proxy-privkey")
    }
    // The node's own state is of a later version: whoever wants that kept must not believe that it is.
    if statePrefix != nil, port == nil, securePort == nil { return .unavailable("--persist without --proxyserver") }
    if deviceKey != nil, server == nil { return .contradiction("--devicekey is for --proxyclient: give both") }
    return nil
  }
}
