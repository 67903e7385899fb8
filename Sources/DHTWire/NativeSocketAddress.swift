public import DHTModel

extension SocketAddress {
  /// Reads the socket address of a Linux machine, 16 or 28 bytes, the form of exports and of values of type 2;
  /// nil for anything else. (wire.md §10.1)
  ///
  /// ```
  /// IPv4   family 2 (little-endian, 2) · port (2) · address (4) · zeros (8)
  /// IPv6   family 10 (little-endian, 2) · port (2) · flow (4) · address (16) · scope (little-endian, 4)
  /// ```
  public init?(linuxBytes: some Collection<UInt8>) {
    let bytes = Array(linuxBytes)
    guard bytes.count >= 2, bytes[1] == 0 else { return nil }
    switch (AddressFamily(rawValue: bytes[0]), bytes.count) {
    case (.ipv4, 16):
      guard let ip = IPAddress(bytes: bytes[4..<8]) else { return nil }
      self.init(ip: ip, port: UInt16(bytes[2]) << 8 | UInt16(bytes[3]))
    case (.ipv6, 28):
      guard let ip = IPAddress(bytes: bytes[8..<24]) else { return nil }
      let scope = bytes[24..<28].reversed().reduce(0) { $0 << 8 | UInt32($1) }
      self.init(ip: ip, port: UInt16(bytes[2]) << 8 | UInt16(bytes[3]), scope: scope)
    default: return nil
    }
  }

  /// The address as a Linux machine holds it, the form that all nodes read.
  public var linuxBytes: [UInt8] {
    let head = [ip.family.rawValue, 0, UInt8(port >> 8), UInt8(truncatingIfNeeded: port)]
    switch ip.family {
    case .ipv4: return head + ip.bytes + [UInt8](repeating: 0, count: 8)
    case .ipv6:
      return head + [0, 0, 0, 0] + ip.bytes + (0..<4).map { UInt8(truncatingIfNeeded: scope >> UInt32(8 * $0)) }
    }
  }
}
