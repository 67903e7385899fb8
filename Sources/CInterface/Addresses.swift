internal import OpenDHT

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// Port of a node where none is named. (node.md §1)
private let usualPort: UInt16 = 4222

/// Whether C's number of a family is that of IPv6.
func isIPv6(_ family: sa_family_t) -> Bool { Int32(family) == AF_INET6 }

extension OpenDHT.SocketAddress {
  /// An address of C's; nil when it is of no family that has nodes, or too short.
  init?(_ address: UnsafePointer<sockaddr>?, _ size: socklen_t) {
    guard let address, Int(size) >= MemoryLayout<sa_family_t>.size else { return nil }
    let memory = UnsafeRawBufferPointer(start: address, count: Int(size))
    switch Int32(address.pointee.sa_family) {
    case AF_INET where memory.count >= MemoryLayout<sockaddr_in>.size:
      let four = memory.loadUnaligned(as: sockaddr_in.self)
      self.init(
        ip: IPAddress(ipv4: UInt32(bigEndian: four.sin_addr.s_addr)), port: UInt16(bigEndian: four.sin_port))
    case AF_INET6 where memory.count >= MemoryLayout<sockaddr_in6>.size:
      let six = memory.loadUnaligned(as: sockaddr_in6.self)
      let bytes = withUnsafeBytes(of: six.sin6_addr) { Array($0) }
      guard let ip = IPAddress(bytes: bytes) else { return nil }
      self.init(ip: ip, port: UInt16(bigEndian: six.sin6_port), scope: six.sin6_scope_id)
    default: return nil
    }
  }

  /// The address at a place of its own, for C to free(3).
  func allocatedForC() -> UnsafeMutablePointer<sockaddr>? {
    switch family {
    case .ipv4:
      var four = sockaddr_in()
      four.sin_family = sa_family_t(AF_INET)
      four.sin_port = port.bigEndian
      withUnsafeMutableBytes(of: &four.sin_addr) { $0.copyBytes(from: ip.bytes) }
      return allocated(copyOf: four)
    case .ipv6:
      var six = sockaddr_in6()
      six.sin6_family = sa_family_t(AF_INET6)
      six.sin6_port = port.bigEndian
      six.sin6_scope_id = scope
      withUnsafeMutableBytes(of: &six.sin6_addr) { $0.copyBytes(from: ip.bytes) }
      return allocated(copyOf: six)
    }
  }

  private func allocated<Address>(copyOf address: Address) -> UnsafeMutablePointer<sockaddr>? {
    guard let memory = malloc(MemoryLayout<Address>.size) else { return nil }
    memory.storeBytes(of: address, as: Address.self)
    return memory.assumingMemoryBound(to: sockaddr.self)
  }
}

extension Host {
  /// The host at an address of C's; port 0 is 4222.
  init?(_ address: UnsafePointer<sockaddr>?, _ size: socklen_t) {
    guard let address = OpenDHT.SocketAddress(address, size) else { return nil }
    let scope = address.scope == 0 ? "" : "%\(address.scope)"
    self.init(name: "\(address.ip)\(scope)", port: address.port == 0 ? usualPort : address.port)
  }

  /// A host by name, and a port by number; without a service, `name[:port]`. Nil for what is neither.
  init?(_ name: String?, service: String?) {
    guard let name else { return nil }
    guard let service else {
      self.init(name)
      return
    }
    guard let port = UInt16(service), port != 0 else { return nil }
    self.init(name: name, port: port)
  }
}

/// Addresses as C has them: an array that NULL ends. NULL for none.
func allocatedForC(
  _ addresses: [OpenDHT.SocketAddress]
) -> UnsafeMutablePointer<UnsafeMutablePointer<sockaddr>?>? {
  guard !addresses.isEmpty,
    let memory = calloc(addresses.count + 1, MemoryLayout<UnsafeMutablePointer<sockaddr>?>.stride)
  else { return nil }
  let array = memory.assumingMemoryBound(to: UnsafeMutablePointer<sockaddr>?.self)
  for (place, address) in addresses.enumerated() { array[place] = address.allocatedForC() }
  return array
}
