/// Every option of `dhtnode`. (tools.md §2)
enum NodeOption: Hashable, Sendable {
  case help, version
  case port, network, bootstrap, bind, ipv4Only, ipv6Only
  case identity, saveIdentity, certificate, privateKey, privateKeyPassword
  case verbose, logFile, service, noRateLimit, publicStable
  case proxyServer, secureProxyServer, proxyAddress, proxyCertificate, proxyPrivateKey, proxyPrivateKeyPassword
  case pushServer, bundleID, persist, proxyClient, deviceKey
  /// Accepted, and does nothing: so it is in the network's tools.
  case ignored
  /// Of a later version: recognised, so that it is never taken for something else, and refused.
  case later(String)

  static let parser = OptionParser<NodeOption>(options: [
    .init(name: .help, long: "help", short: "h", takesValue: false),
    .init(name: .version, long: "version", short: "V", takesValue: false),
    .init(name: .port, long: "port", short: "p", takesValue: true),
    .init(name: .network, long: "net", short: "n", takesValue: true),
    .init(name: .bootstrap, long: "bootstrap", short: "b", takesValue: true),
    .init(name: .bind, long: "bind", short: nil, takesValue: true),
    .init(name: .ipv4Only, long: nil, short: "4", takesValue: false),
    .init(name: .ipv6Only, long: nil, short: "6", takesValue: false),
    .init(name: .verbose, long: "verbose", short: "v", takesValue: false),
    .init(name: .logFile, long: "logfile", short: "l", takesValue: true),
    .init(name: .service, long: "service", short: "s", takesValue: false),
    .init(name: .noRateLimit, long: "no-rate-limit", short: "U", takesValue: false),
    .init(name: .publicStable, long: "public-stable", short: "P", takesValue: false),
    .init(name: .ignored, long: nil, short: "O", takesValue: false),
    .init(name: .identity, long: "identity", short: "i", takesValue: false),
    .init(name: .saveIdentity, long: "save-identity", short: nil, takesValue: true),
    .init(name: .certificate, long: "certificate", short: nil, takesValue: true),
    .init(name: .privateKey, long: "privkey", short: nil, takesValue: true),
    .init(name: .privateKeyPassword, long: "privkey-password", short: nil, takesValue: true),
    .init(name: .proxyServer, long: "proxyserver", short: nil, takesValue: true),
    .init(name: .secureProxyServer, long: "proxyserverssl", short: nil, takesValue: true),
    .init(name: .proxyAddress, long: "proxy-addr", short: nil, takesValue: true),
    .init(name: .proxyCertificate, long: "proxy-certificate", short: nil, takesValue: true),
    .init(name: .proxyPrivateKey, long: "proxy-privkey", short: nil, takesValue: true),
    .init(name: .proxyPrivateKeyPassword, long: "proxy-privkey-password", short: nil, takesValue: true),
    .init(name: .pushServer, long: "pushserver", short: nil, takesValue: true),
    .init(name: .bundleID, long: "bundleid", short: nil, takesValue: true),
    .init(name: .persist, long: "persist", short: "f", takesValue: true),
    .init(name: .proxyClient, long: "proxyclient", short: nil, takesValue: true),
    .init(name: .deviceKey, long: "devicekey", short: nil, takesValue: true),
    later("daemonize", "d"), later("peer-discovery", "D"), later("syslog"),
  ])

  private static func later(_ long: String, _ short: Character? = nil, value: Bool = false)
    -> OptionParser<NodeOption>.Option
  {
    .init(name: .later(long), long: long, short: short, takesValue: value)
  }
}
