#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif
internal import DHTModel
internal import NIOCore

typealias Address = DHTModel.SocketAddress

extension Address {
  /// The source of a datagram; nil for a family that is not ours. Allocates nothing.
  init?(_ address: NIOCore.SocketAddress) {
    switch address {
    case .v4(let v4): self.init(v4.address)
    case .v6(let v6): self.init(v6.address)
    case .unixDomainSocket: return nil
    }
  }

  init(_ address: sockaddr_in) {
    self.init(
      ip: IPAddress(ipv4: UInt32(bigEndian: address.sin_addr.s_addr)), port: UInt16(bigEndian: address.sin_port))
  }

  /// An IPv4-mapped address becomes IPv4. (node.md §7.1)
  init(_ address: sockaddr_in6) {
    let (high, low) = withUnsafeBytes(of: address.sin6_addr) {
      ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }
    let ip = IPAddress(ipv6High: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
    self = Address(ip: ip, port: UInt16(bigEndian: address.sin6_port), scope: address.sin6_scope_id).unmapped
  }

  /// Hands the system's form of this address to `body`.
  func withSystemAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    switch family {
    case .ipv4:
      var address = sockaddr_in()
      #if canImport(Darwin)
        address.sin_len = UInt8(MemoryLayout<sockaddr_in>.size)
      #endif
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = UInt32(truncatingIfNeeded: ip.low).bigEndian
      return Self.rebound(&address, body)
    case .ipv6:
      var address = sockaddr_in6()
      #if canImport(Darwin)
        address.sin6_len = UInt8(MemoryLayout<sockaddr_in6>.size)
      #endif
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      address.sin6_scope_id = scope
      withUnsafeMutableBytes(of: &address.sin6_addr) {
        $0.storeBytes(of: ip.high.bigEndian, as: UInt64.self)
        $0.storeBytes(of: ip.low.bigEndian, toByteOffset: 8, as: UInt64.self)
      }
      return Self.rebound(&address, body)
    }
  }

  private static func rebound<T, Result>(
    _ address: inout T, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<T>.size)) }
    }
  }
}
