@testable import DHTTransport
import DHTModel
import Testing

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

  @Test("one family may fail to bind, both failing is an error") func failingFamily() throws {
    var configuration = loopback
    configuration.ipv6 = IPAddress(ipv6High: 0x2001_0db8_0000_0000, low: 1)  // an address of nobody (RFC 3849)
    let sockets = try open(configuration)
    defer { sockets.forEach { $0.close() } }
    #expect(sockets.map(\.family) == [.ipv4])
    configuration.ipv4 = IPAddress(ipv4: 0xc000_0201)
    do {
      _ = try open(configuration)
      Issue.record("bound an address of nobody")
    } catch {
      guard case .cannotBind(let reason) = error else { throw error }
      #expect(reason.contains("IPv4: ") && reason.contains("IPv6: ") && !reason.contains("\n"))
    }
    #expect(throws: TransportError.cannotBind("no address family chosen")) { try open(loopback, []) }
  }

  @Test("an IPv6 socket takes no IPv4 datagram: an IPv4 socket can share its port") func v6Only() throws {
    let six = try BoundSocket(IPAddress(ipv6High: 0, low: 0), port: 0, configuration: SocketConfiguration())
    defer { six.close() }
    let four = try BoundSocket(IPAddress(ipv4: 0), port: six.port, configuration: SocketConfiguration())
    four.close()
  }
}
