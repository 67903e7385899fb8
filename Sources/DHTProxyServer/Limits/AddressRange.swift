#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif
public import DHTModel

/// Addresses with the same first bits.
///
///     AddressRange(parsing: "10.0.0.0/8")
public struct AddressRange: Hashable, Sendable {
  /// The first address.
  public let first: IPAddress
  /// Bits that all share.
  public let prefixLength: Int

  /// The addresses that share that many bits with one; nil when it has not so many.
  public init?(_ address: IPAddress, prefixLength: Int) {
    guard (0...8 * address.family.byteCount).contains(prefixLength) else { return nil }
    first = address
    self.prefixLength = prefixLength
  }

  /// Reads `192.0.2.0/24`, `2001:db8::/32`, or one address; nil for anything else.
  public init?(parsing text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = IPAddress(parsing: String(parts[0])) else { return nil }
    guard parts.count == 2 else {
      self.init(address, prefixLength: 8 * address.family.byteCount)
      return
    }
    guard let length = Int(parts[1]) else { return nil }
    self.init(address, prefixLength: length)
  }

  private init(known address: IPAddress, _ prefixLength: Int) {
    first = address
    self.prefixLength = prefixLength
  }

  /// 127.0.0.0/8.
  public static let loopbackIPv4 = AddressRange(known: IPAddress(ipv4: 0x7f00_0000), 8)
  /// ::1.
  public static let loopbackIPv6 = AddressRange(known: IPAddress(ipv6High: 0, low: 1), 128)

  /// Whether an address is among them. An IPv4 address counts as such also where it came in the form of IPv6.
  public func contains(_ address: IPAddress) -> Bool {
    let address = address.unmapped
    guard address.family == first.family else { return false }
    guard first.family == .ipv6 else { return Self.agree(address.low << 32, first.low << 32, bits: prefixLength) }
    return Self.agree(address.high, first.high, bits: min(64, prefixLength))
      && Self.agree(address.low, first.low, bits: max(0, prefixLength - 64))
  }

  private static func agree(_ x: UInt64, _ y: UInt64, bits: Int) -> Bool {
    bits == 0 || (x ^ y) >> UInt64(64 - bits) == 0
  }
}

extension IPAddress {
  /// Reads the text of an address; nil for anything else, a name too.
  init?(parsing text: String) {
    // The longest text of an address has 45 characters.
    guard text.utf8.count < 64 else { return nil }
    for (family, byteCount) in [(AF_INET, 4), (AF_INET6, 16)] {
      var bytes = [UInt8](repeating: 0, count: byteCount)
      if inet_pton(family, text, &bytes) == 1 {
        self.init(bytes: bytes)
        return
      }
    }
    return nil
  }
}
