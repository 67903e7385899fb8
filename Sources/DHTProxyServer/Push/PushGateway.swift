/// Where a Gorush gateway listens.
public struct PushGateway: Hashable, Sendable {
  /// A name, an IPv4 address, or an IPv6 address without brackets.
  public var host: String
  /// TCP port.
  public var port: UInt16
  /// Whether it is spoken to by TLS; the reference cannot.
  public var usesTLS: Bool

  /// A gateway.
  public init(host: String, port: UInt16, usesTLS: Bool = false) {
    self.host = host
    self.port = port
    self.usesTLS = usesTLS
  }

  /// Reads `PORT`, `HOST:PORT`, as the reference does, or `http://HOST[:PORT]` or `https://HOST[:PORT]`; nil for anything
  /// else. (proxy.md §8.6)
  public init?(_ text: String) {
    if let port = UInt16(text) {
      self.init(host: "localhost", port: port)
    } else {
      let hasScheme = text.contains("://")
      guard let endpoint = HTTPEndpoint(hasScheme ? text : "http://\(text)"),
        hasScheme || endpoint.hasPort, endpoint.target == "/"
      else { return nil }
      self.init(host: endpoint.host, port: endpoint.port, usesTLS: endpoint.isSecure)
    }
    if port == 0 { return nil }
  }
}

extension PushGateway: CustomStringConvertible {
  /// As it can be read again.
  public var description: String { "\(usesTLS ? "https" : "http")://\(hostAndPort)" }

  /// The header `Host`. The reference always names the port.
  var hostAndPort: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
