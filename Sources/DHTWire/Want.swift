/// Which address families of nodes a reply should hold. (wire.md §4.2)
public enum Want: Hashable, Sendable {
  /// The field was missing: the family of the request's transport.
  case unspecified
  /// The families that were named; both may be absent.
  case families(ipv4: Bool, ipv6: Bool)
}
