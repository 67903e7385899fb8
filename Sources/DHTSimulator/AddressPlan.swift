import DHTModel

/// Gives out addresses, scattered so that no two share a /16 (IPv4) or /48 (IPv6) by more than chance.
struct AddressPlan {
  private var next: UInt32 = 0

  /// Port of every machine: that of the protocol, since nothing here shares an address.
  static let port: UInt16 = 4222
  /// Behind each NAT.
  static let privatePrefix: UInt32 = 192 << 24 | 168 << 16

  /// An IPv4 and an IPv6 address that nobody had before.
  mutating func draw() -> (ipv4: IPAddress, ipv6: IPAddress) {
    while true {
      next += 1
      // An odd factor permutes all 32-bit numbers: never the same address twice.
      let number = next &* 0x9e37_79b1
      guard Self.isOrdinary(number) else { continue }
      return (IPAddress(ipv4: number), IPAddress(ipv6High: 0x2001_0db8 << 32 | UInt64(number), low: 1))
    }
  }

  /// Neither martian, loopback, nor private.
  private static func isOrdinary(_ number: UInt32) -> Bool {
    switch number >> 24 {
    case 0, 10, 127, 169, 172, 192, 224...: false
    default: true
    }
  }
}
