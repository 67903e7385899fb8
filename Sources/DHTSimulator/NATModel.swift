/// What a router with address translation does with packets from outside.
public struct NATModel: Sendable {
  /// Whose packets pass through a mapping.
  public enum Filter: Sendable {
    /// Everybody's.
    case open
    /// Those of IPs that were sent to through it.
    case byAddress
    /// Those of IPs and ports that were sent to through it. Most home routers.
    case byAddressAndPort
  }
  /// Whose packets from outside are let through.
  public var filter: Filter
  /// A mapping ends when nothing went out for so long. RFC 4787 asks for 2 min; many routers take 30 s.
  public var timeout: Duration

  /// A router; by default one as strict as most at home.
  public init(filter: Filter = .byAddressAndPort, timeout: Duration = .seconds(60)) {
    self.filter = filter
    self.timeout = timeout
  }
}
