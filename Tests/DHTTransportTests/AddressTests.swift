@testable import DHTTransport
import DHTModel
import NIOCore
import Testing
#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

struct AddressTests {
  @Test(
    "system form and back",
    arguments: [
      DHTModel.SocketAddress(ip: IPAddress(ipv4: 0xc000_0207), port: 4222),
      DHTModel.SocketAddress(ip: IPAddress(ipv6High: 0x2001_0db8_0000_0001, low: 0xfeed), port: 65535),
      DHTModel.SocketAddress(ip: IPAddress(ipv6High: 0xfe80_0000_0000_0000, low: 2), port: 1, scope: 7),
    ])
  func roundTrip(address: DHTModel.SocketAddress) {
    let back = address.withSystemAddress { pointer, length in
      #expect(length == (address.family == .ipv4 ? 16 : 28))
      return switch address.family {
      case .ipv4: UnsafeRawPointer(pointer).loadUnaligned(as: sockaddr_in.self).back
      case .ipv6: UnsafeRawPointer(pointer).loadUnaligned(as: sockaddr_in6.self).back
      }
    }
    #expect(back == address)
  }

  @Test("N-7.1: an IPv4-mapped IPv6 source is IPv4") func mapped() throws {
    let source = try NIOCore.SocketAddress(ipAddress: "::ffff:192.0.2.7", port: 4222)
    #expect(DHTModel.SocketAddress(source)?.description == "192.0.2.7:4222")
  }
}

extension sockaddr_in { var back: DHTModel.SocketAddress { DHTModel.SocketAddress(self) } }
extension sockaddr_in6 { var back: DHTModel.SocketAddress { DHTModel.SocketAddress(self) } }
