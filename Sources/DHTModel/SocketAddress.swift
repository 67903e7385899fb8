/// IPv4 or IPv6. Raw values are the numbers of the wire's `w` field (those of Linux).
public enum AddressFamily: UInt8, Sendable, Hashable, CaseIterable {
  /// Addresses of 4 bytes.
  case ipv4 = 2
  /// Addresses of 16 bytes.
  case ipv6 = 10

  /// Bytes of an address: 4 or 16.
  public var byteCount: Int { self == .ipv4 ? 4 : 16 }
}

/// An IP address without a port.
public struct IPAddress: Hashable, Sendable {
  /// Which kind of address.
  public let family: AddressFamily
  /// The address as a big-endian number; IPv4 stands in the low 32 bits of `low`.
  public let high, low: UInt64

  /// An IPv4 address from its 32-bit number, `0x7f000001` being 127.0.0.1.
  public init(ipv4: UInt32) {
    family = .ipv4
    high = 0
    low = UInt64(ipv4)
  }
  /// An IPv6 address from its two halves.
  public init(ipv6High: UInt64, low: UInt64) {
    family = .ipv6
    high = ipv6High
    self.low = low
  }
  /// Reads 4 or 16 bytes in network order; nil for any other count.
  public init?(bytes: some Collection<UInt8>) {
    switch bytes.count {
    case 4: self.init(ipv4: bytes.reduce(0) { $0 << 8 | UInt32($1) })
    case 16:
      let half = bytes.index(bytes.startIndex, offsetBy: 8)
      self.init(
        ipv6High: bytes[..<half].reduce(0) { $0 << 8 | UInt64($1) },
        low: bytes[half...].reduce(0) { $0 << 8 | UInt64($1) })
    default: return nil
    }
  }

  /// 4 or 16 bytes in network order.
  public var bytes: [UInt8] {
    switch family {
    case .ipv4: (0..<4).map { UInt8(truncatingIfNeeded: low >> UInt64(24 - 8 * $0)) }
    case .ipv6:
      (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> UInt64(56 - 8 * ($0 % 8))) }
    }
  }

  /// 127.0.0.0/8 or ::1.
  public var isLoopback: Bool {
    family == .ipv4 ? low >> 24 == 127 : high == 0 && low == 1
  }
  /// An address no node can have as a source: IPv4 first byte 0 or ≥ 224; IPv6 multicast, unspecified, IPv4-mapped.
  public var isMartian: Bool {
    switch family {
    case .ipv4: low >> 24 == 0 || low >> 24 >= 224
    case .ipv6: high >> 56 == 0xff || high == 0 && (low == 0 || low >> 32 == 0xffff)
    }
  }
  /// The IPv4 address inside an IPv4-mapped IPv6 one; any other address as it is.
  public var unmapped: IPAddress {
    family == .ipv6 && high == 0 && low >> 32 == 0xffff ? IPAddress(ipv4: UInt32(truncatingIfNeeded: low)) : self
  }
  /// What one host can claim at no cost: the IPv4 address, or the first 64 bits of an IPv6 one.
  public var quotaPrefix: IPAddress {
    family == .ipv4 ? self : IPAddress(ipv6High: high, low: 0)
  }
}

extension IPAddress {
  /// An address that means something only inside a house or a machine: loopback, private (RFC 1918, RFC 4193), link-local.
  package var isLocal: Bool {
    if isLoopback { return true }
    switch family {
    case .ipv4:
      return low >> 24 == 10 || low >> 20 == 0xac1 || low >> 16 == 0xc0a8 || low >> 16 == 0xa9fe
    case .ipv6: return high >> 57 == 0xfc >> 1 || high >> 54 == 0xfe80 >> 6
    }
  }

  /// The network it stands in, which one owner usually has as a whole: IPv4 /24, IPv6 /64. (node.md W-41) Nil for a local
  /// address: a laboratory or a household is one such network and must work.
  package var site: UInt64? {
    if isLocal { return nil }
    return family == .ipv4 ? low >> 8 : high
  }

  /// What one owner has as a whole, at the most: IPv4 /24, IPv6 /48. (node.md W-23)
  package var range: IPAddress {
    family == .ipv4
      ? IPAddress(ipv4: UInt32(truncatingIfNeeded: low) & 0xffff_ff00) : IPAddress(ipv6High: (high >> 16) << 16, low: 0)
  }
}

extension IPAddress: CustomStringConvertible {
  /// Dotted IPv4, or IPv6 with its longest run of zeros shortened (RFC 5952).
  public var description: String {
    guard family == .ipv6 else { return bytes.map(String.init).joined(separator: ".") }
    let groups = (0..<8).map { UInt16(truncatingIfNeeded: ($0 < 4 ? high : low) >> UInt64(48 - 16 * ($0 % 4))) }
    var best = 0..<0
    var start = 0
    while start < 8 {
      guard groups[start] == 0 else {
        start += 1
        continue
      }
      var end = start
      while end < 8, groups[end] == 0 { end += 1 }
      if end - start > max(best.count, 1) { best = start..<end }
      start = end
    }
    func text(_ slice: ArraySlice<UInt16>) -> String {
      slice.map { String($0, radix: 16) }.joined(separator: ":")
    }
    return best.isEmpty ? text(groups[...]) : text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
  }
}

/// Where a node is reached: IP address and UDP port.
public struct SocketAddress: Hashable, Sendable {
  /// The IP address.
  public let ip: IPAddress
  /// UDP port, host order.
  public let port: UInt16
  /// Interface of a link-local IPv6 address; 0 elsewhere. Never on the wire.
  public let scope: UInt32

  /// An address and a port.
  public init(ip: IPAddress, port: UInt16, scope: UInt32 = 0) {
    self.ip = ip
    self.port = port
    self.scope = scope
  }

  /// IPv4 or IPv6.
  public var family: AddressFamily { ip.family }
  /// Whether no packet can rightly come from here: port 0, or a martian IP.
  public var isMartian: Bool { port == 0 || ip.isMartian }
  /// The same with an IPv4-mapped IPv6 address turned into IPv4.
  public var unmapped: SocketAddress {
    SocketAddress(ip: ip.unmapped, port: port, scope: ip.unmapped == ip ? scope : 0)
  }
}

extension SocketAddress: CustomStringConvertible {
  /// `127.0.0.1:4222` or `[::1]:4222`.
  public var description: String {
    family == .ipv4 ? "\(ip):\(port)" : "[\(ip)]:\(port)"
  }
}

/// A node as others name it: its id and where it is reached.
public struct NodeContact: Hashable, Sendable, CustomStringConvertible {
  /// The node's id.
  public let id: NodeID
  /// Where it is reached.
  public let address: SocketAddress

  /// An id at an address.
  public init(id: NodeID, address: SocketAddress) {
    self.id = id
    self.address = address
  }

  /// Id and address.
  public var description: String { "\(id) \(address)" }
}
