/// Every option of `dhtnode`. (tools.md §2)
enum NodeOption: Hashable, Sendable {
  case help, version
  case port, network, bootstrap, bind, ipv4Only, ipv6Only
  case identity, saveIdentity, certificate, privateKey, privateKeyPassword
  case verbose, logFile, service, noRateLimit, publicStable
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
    later("daemonize", "d"), later("peer-discovery", "D"), later("persist", "f", value: true), later("syslog"),
    later("proxyserver", value: true), later("proxyserverssl", value: true), later("proxy-addr", value: true),
    later("proxy-certificate", value: true), later("proxy-privkey", value: true),
    later("proxy-privkey-password", value: true), later("proxyclient", value: true), later("pushserver", value: true),
    later("devicekey", value: true), later("bundleid", value: true),
  ])

  private static func later(_ long: String, _ short: Character? = nil, value: Bool = false)
    -> OptionParser<NodeOption>.Option
  {
    .init(name: .later(long), long: long, short: short, takesValue: value)
  }
}
