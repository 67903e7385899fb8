@testable import DHTTransport
import DHTModel
#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A blocking UDP socket of the loopback, to see from outside what a driver does.
final class PlainSocket: Sendable {
  let socket: BoundSocket
  var address: DHTModel.SocketAddress { DHTModel.SocketAddress(ip: Self.loopback(socket.family), port: socket.port) }

  init(_ family: AddressFamily = .ipv4, patience seconds: Double = 2) throws {
    socket = try BoundSocket(Self.loopback(family), port: 0, configuration: SocketConfiguration())
    var patience = timeval(tv_sec: Int(seconds), tv_usec: .init(seconds.truncatingRemainder(dividingBy: 1) * 1_000_000))
    setsockopt(socket.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }
  deinit { socket.close() }

  static func loopback(_ family: AddressFamily) -> IPAddress {
    family == .ipv4 ? IPAddress(ipv4: 0x7f00_0001) : IPAddress(ipv6High: 0, low: 1)
  }

  func send(_ bytes: [UInt8], to port: UInt16) {
    let destination = DHTModel.SocketAddress(ip: Self.loopback(socket.family), port: port)
    bytes.withUnsafeBytes { bytes in
      destination.withSystemAddress { address, length in
        _ = sendto(socket.descriptor, bytes.baseAddress, bytes.count, 0, address, length)
      }
    }
  }

  /// The next datagram; nil when none comes in time.
  func receive() -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 65536)
    let count = recv(socket.descriptor, &bytes, bytes.count, 0)
    return count < 0 ? nil : Array(bytes[..<count])
  }
}
