@testable import DHTTransport
import DHTModel
import Testing
#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

struct BoundSocketTests {
  private func open(
    _ configuration: TransportConfiguration, _ families: Set<AddressFamily> = [.ipv4, .ipv6]
  ) throws(TransportError) -> [BoundSocket] {
    try BoundSocket.open(families, configuration)
  }
  private let loopback = TransportConfiguration(ipv4: PlainSocket.loopback(.ipv4), ipv6: PlainSocket.loopback(.ipv6))

  @Test("N-159: both families bind the same port when port 0 is configured") func samePort() throws {
    for _ in 0..<20 {
      let sockets = try open(loopback)
      defer { sockets.forEach { $0.close() } }
      #expect(sockets.map(\.family) == [.ipv4, .ipv6])
      #expect(sockets[0].port == sockets[1].port && sockets[0].port != 0)
    }
  }

  @Test("a named port that is taken is a typed error, whichever family has it", arguments: AddressFamily.allCases)
  func busyPort(family: AddressFamily) throws {
    let other = try PlainSocket(family)
    var configuration = loopback
    configuration.port = other.socket.port
    #expect(throws: TransportError.portInUse(other.socket.port)) { try open(configuration) }
    // What was opened on the way is closed again: the other family's port is free.
    let free: AddressFamily = family == .ipv4 ? .ipv6 : .ipv4
    let again = try open(configuration, [free])
    again.forEach { $0.close() }
  }

  @Test("an address that was named and cannot be bound is an error, also when the other family could be")
  func namedAddress() throws {
    // Addresses of nobody. (RFC 3849, RFC 5737)
    let nobody = (ipv4: IPAddress(ipv4: 0xc000_0201), ipv6: IPAddress(ipv6High: 0x2001_0db8_0000_0000, low: 1))
    for (ipv4, ipv6, name) in [
      (loopback.ipv4, nobody.ipv6, "IPv6: "), (nobody.ipv4, loopback.ipv6, "IPv4: "),
      (nil, nobody.ipv6, "IPv6: "), (nobody.ipv4, nil, "IPv4: "),
    ] {
      do {
        _ = try open(TransportConfiguration(ipv4: ipv4, ipv6: ipv6))
        Issue.record("bound an address of nobody")
      } catch {
        guard case .cannotBind(let reason) = error else { throw error }
        #expect(reason.hasPrefix(name) && !reason.contains("\n"))
      }
    }
    #expect(throws: TransportError.cannotBind("no address family chosen")) { try open(loopback, []) }
  }

  @Test("what was opened before a refusal is closed again") func closedAgain() throws {
    let port: UInt16
    do {
      let socket = try PlainSocket()
      port = socket.socket.port
    }
    let nobody = IPAddress(ipv6High: 0x2001_0db8_0000_0000, low: 1)
    #expect(throws: TransportError.self) {
      try open(TransportConfiguration(port: port, ipv4: PlainSocket.loopback(.ipv4), ipv6: nobody))
    }
    let again = try open(TransportConfiguration(port: port, ipv4: PlainSocket.loopback(.ipv4)), [.ipv4])
    again.forEach { $0.close() }
  }

  @Test("only a family that the machine lacks may be left out, not one that it refuses for another reason")
  func lackingFamily() {
    for code in [EAFNOSUPPORT, EADDRNOTAVAIL] { #expect(SystemError(code: code).meansNoFamily) }
    for code in [EMFILE, EACCES, ENOBUFS, EADDRINUSE] { #expect(!SystemError(code: code).meansNoFamily) }
  }

  @Test("an IPv6 socket takes no IPv4 datagram: an IPv4 socket can share its port") func v6Only() throws {
    let six = try BoundSocket(IPAddress(ipv6High: 0, low: 0), port: 0, configuration: SocketConfiguration())
    defer { six.close() }
    let four = try BoundSocket(IPAddress(ipv4: 0), port: six.port, configuration: SocketConfiguration())
    four.close()
  }
}
