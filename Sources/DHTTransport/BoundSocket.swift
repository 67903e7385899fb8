#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif
internal import DHTModel

/// A UDP socket that is bound and not yet given to an event loop.
///
/// Made by system calls of our own rather than by SwiftNIO's bootstrap: they do not block, a refusal is an error number
/// and not a closed channel, and both families can be matched in one go.
struct BoundSocket {
  let descriptor: Int32
  let family: AddressFamily
  let port: UInt16

  /// Opens a socket at an address of the machine; port 0 lets the system choose.
  init(_ ip: IPAddress, port: UInt16, configuration: SocketConfiguration) throws(SystemError) {
    family = ip.family
    descriptor = socket(ip.family == .ipv4 ? AF_INET : AF_INET6, datagramSocketType, 0)
    guard descriptor >= 0 else { throw .last }
    do throws(SystemError) {
      self.port = try Self.bind(descriptor, Address(ip: ip, port: port), configuration)
    } catch {
      systemClose(descriptor)
      throw error
    }
  }

  func close() { systemClose(descriptor) }
}

extension BoundSocket {
  private static func bind(
    _ descriptor: Int32, _ address: Address, _ configuration: SocketConfiguration
  ) throws(SystemError) -> UInt16 {
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    if address.family == .ipv6 { try set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
    // The system may grant less than asked for: no reason to fail.
    try? set(descriptor, SOL_SOCKET, SO_RCVBUF, configuration.receiveBufferBytes)
    try? set(descriptor, SOL_SOCKET, SO_SNDBUF, configuration.sendBufferBytes)
    guard address.withSystemAddress({ systemBind(descriptor, $0, $1) }) == 0 else { throw .last }
    return try boundPort(descriptor)
  }

  private static func set(_ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32) throws(SystemError) {
    var value = value
    guard setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size)) == 0 else { throw .last }
  }

  private static func boundPort(_ descriptor: Int32) throws(SystemError) -> UInt16 {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    guard result == 0 else { throw .last }
    // The port stands at the same place for both families.
    return withUnsafeBytes(of: storage) { UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self)) }
  }
}

// The system's functions whose names the members above shadow.
private func systemBind(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
  bind(descriptor, address, length)
}
private func systemClose(_ descriptor: Int32) { _ = close(descriptor) }
