package import OpenDHT

/// The address that a value of type 2 announces. (wire.md §11.2)
package struct ServiceAnnouncement: Equatable {
  package static let typeNumber: UInt16 = 2
  package var address: SocketAddress

  /// Reads the payload: a MessagePack bin that holds a Linux socket address.
  ///
  ///     c4 10 │ 02 00 │ port │ IPv4 (4)    │ 0 (8)
  ///     c4 1c │ 0a 00 │ port │ flow (4)    │ IPv6 (16) │ scope (4)
  package init?(_ payload: [UInt8]) {
    guard payload.count >= 2, payload[0] == 0xc4, payload.count == 2 + Int(payload[1]) else { return nil }
    let bytes = payload.dropFirst(2)
    guard bytes.count >= 4, bytes[3] == 0 else { return nil }
    let ip: IPAddress?
    switch (bytes[2], bytes.count) {
    case (AddressFamily.ipv4.rawValue, 16): ip = IPAddress(bytes: bytes[6..<10])
    case (AddressFamily.ipv6.rawValue, 28): ip = IPAddress(bytes: bytes[10..<26])
    default: ip = nil
    }
    guard let ip else { return nil }
    address = SocketAddress(ip: ip, port: UInt16(bytes[4]) << 8 | UInt16(bytes[5]))
  }
}
