import DHTModel

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A blocking UDP socket of the loopback that allocates nothing while it sends and receives.
final class PlainSocket {
  /// A system call failed.
  struct Failure: Error {
    let call: String
    let number: Int32
  }

  static let loopback = IPAddress(ipv4: 0x7f00_0001)

  private var descriptor: Int32
  let port: UInt16
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 8)

  init(blocking: Bool = true) throws {
    #if canImport(Glibc)
      let opened = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    #else
      let opened = socket(AF_INET, SOCK_DGRAM, 0)
    #endif
    var address = Self.address(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = Self.withSystem(&address) { bind(opened, $0, length) }
    guard bound == 0 else {
      close(opened)
      throw Failure(call: "bind", number: errno)
    }
    _ = Self.withSystem(&address) { getsockname(opened, $0, &length) }
    descriptor = opened
    port = UInt16(bigEndian: address.sin_port)
    if blocking {
      var patience = timeval(tv_sec: 5, tv_usec: 0)
      setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    } else {
      _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    buffer.deallocate()
  }

  /// The descriptor, which another closes from now on.
  func release() -> Int32 {
    defer { descriptor = -1 }
    return descriptor
  }

  /// Sends as many copies, and waits for as many answers.
  func exchange(_ bytes: [UInt8], _ count: Int, with port: UInt16) throws {
    var address = Self.address(port)
    for _ in 0..<count {
      bytes.withUnsafeBytes { bytes in
        Self.withSystem(&address) {
          Self.send(bytes, UnsafePointer($0), socklen_t(MemoryLayout<sockaddr_in>.size), descriptor)
        }
      }
    }
    for _ in 0..<count where recv(descriptor, buffer.baseAddress, buffer.count, 0) < 0 {
      throw Failure(call: "recv", number: errno)
    }
  }

  static func send(
    _ bytes: UnsafeRawBufferPointer, _ address: UnsafePointer<sockaddr>, _ length: socklen_t, _ descriptor: Int32
  ) {
    _ = sendto(descriptor, bytes.baseAddress, bytes.count, 0, address, length)
  }

  private static func address(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
  }

  private static func withSystem<Answer>(
    _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) -> Answer
  ) -> Answer {
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
    }
  }
}
