import DHTText
import OpenDHT

/// Which families get a socket, and at which address.
struct BindAddresses: Equatable {
  private(set) var ipv4: IPAddress?
  private(set) var ipv6: IPAddress?
  private var only: AddressFamily?

  /// Adds an address in text form; false when it is none, or its family has one already.
  mutating func add(_ text: String) -> Bool {
    guard let address = ipAddress(text) else { return false }
    switch address.family {
    case .ipv4:
      guard ipv4 == nil else { return false }
      ipv4 = address
    case .ipv6:
      guard ipv6 == nil else { return false }
      ipv6 = address
    }
    return true
  }

  /// Leaves the other family out; false when only the other was wanted.
  mutating func restrict(to family: AddressFamily) -> Bool {
    if let only, only != family { return false }
    only = family
    return true
  }

  /// Whether `-4` or `-6` leaves out the only family that an address is given for.
  var isContradictory: Bool {
    switch only {
    case .ipv4: ipv4 == nil && ipv6 != nil
    case .ipv6: ipv6 == nil && ipv4 != nil
    case nil: false
    }
  }

  /// A node told to bind one address opens no socket elsewhere: it may be told so for safety.
  var families: Set<AddressFamily> {
    if let only { return [only] }
    switch (ipv4, ipv6) {
    case (nil, nil), (_?, _?): return [.ipv4, .ipv6]
    case (_?, nil): return [.ipv4]
    case (nil, _?): return [.ipv6]
    }
  }
}
