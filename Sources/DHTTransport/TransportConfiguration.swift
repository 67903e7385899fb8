public import DHTModel

/// Where a node's sockets are bound.
public struct TransportConfiguration: Hashable, Sendable {
  /// UDP port of both families; 0 lets the system choose one, the same for both. (node.md §7.1)
  public var port: UInt16
  /// Address to bind for IPv4; nil for any.
  public var ipv4: IPAddress?
  /// Address to bind for IPv6; nil for any.
  public var ipv6: IPAddress?
  /// Sizes of the sockets' buffers.
  public var sockets: SocketConfiguration

  /// Any address of both families.
  public init(
    port: UInt16 = 0, ipv4: IPAddress? = nil, ipv6: IPAddress? = nil,
    sockets: SocketConfiguration = SocketConfiguration()
  ) {
    self.port = port
    self.ipv4 = ipv4
    self.ipv6 = ipv6
    self.sockets = sockets
  }

  /// Whether the user named the address to bind.
  func isNamed(_ family: AddressFamily) -> Bool {
    switch family {
    case .ipv4: ipv4 != nil
    case .ipv6: ipv6 != nil
    }
  }

  func address(of family: AddressFamily) -> IPAddress {
    switch family {
    case .ipv4: ipv4 ?? IPAddress(ipv4: 0)
    case .ipv6: ipv6 ?? IPAddress(ipv6High: 0, low: 0)
    }
  }
}
