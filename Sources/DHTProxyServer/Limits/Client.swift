public import DHTModel

/// Who counts as one client of the server.
public enum Client: Hashable, Sendable {
  /// An IPv4 address, or the first 64 bits of an IPv6 one.
  case address(IPAddress)
  /// The holder of a token: its place in the file of tokens.
  case token(Int)

  /// The client behind an address that stands as the socket told it. ::1 stays whole: it shares its network with nobody.
  public init(_ address: IPAddress) {
    let address = address.unmapped
    self = .address(address.isLoopback ? address : address.quotaPrefix)
  }
}
