import DHTModel
import Testing

@Suite struct AddressTests {
  private func v6(_ high: UInt64, _ low: UInt64) -> IPAddress { IPAddress(ipv6High: high, low: low) }

  @Test("Text of addresses, IPv6 by RFC 5952")
  func text() {
    #expect(IPAddress(ipv4: 0x7f00_0001).description == "127.0.0.1")
    #expect(IPAddress(ipv4: 0xffff_ffff).description == "255.255.255.255")
    #expect(v6(0, 1).description == "::1")
    #expect(v6(0, 0).description == "::")
    #expect(v6(0x2001_0db8_0000_0000, 7).description == "2001:db8::7")
    #expect(v6(0x2001_0db8_0000_0001, 0x0001_0001_0001_0001).description == "2001:db8:0:1:1:1:1:1")
    #expect(v6(0x2001_0000_0000_0001, 0x0000_0000_0000_0001).description == "2001:0:0:1::1")
    #expect(v6(0xfe80_0000_0000_0000, 0x1000_0000_0000_0000).description == "fe80::1000:0:0:0")
    #expect(SocketAddress(ip: v6(0, 1), port: 4222).description == "[::1]:4222")
    #expect(SocketAddress(ip: IPAddress(ipv4: 1 << 24), port: 0).description == "1.0.0.0:0")
  }

  @Test("Bytes in network order, both ways")
  func bytes() {
    for address in [IPAddress(ipv4: 0x0102_0304), v6(0x0102_0304_0506_0708, 0x090a_0b0c_0d0e_0f10)] {
      #expect(IPAddress(bytes: address.bytes) == address)
      #expect(address.bytes == [UInt8](1...UInt8(address.family.byteCount)))
    }
    #expect(IPAddress(bytes: [1, 2, 3]) == nil)
  }

  @Test("W§8.5: martians")
  func martians() {
    for ip: UInt32 in [0, 0x00ff_ffff, 0xe000_0001, 0xffff_ffff] { #expect(IPAddress(ipv4: ip).isMartian) }
    for ip: UInt32 in [0x0100_0000, 0x7f00_0001, 0x0a00_0001, 0xdfff_ffff] { #expect(!IPAddress(ipv4: ip).isMartian) }
    #expect(v6(0xff02 << 48, 1).isMartian)
    #expect(v6(0, 0).isMartian)
    #expect(v6(0, 0xffff_0102_0304).isMartian)
    #expect(!v6(0, 1).isMartian)
    #expect(!v6(0xfe80 << 48, 1).isMartian)
    #expect(SocketAddress(ip: IPAddress(ipv4: 0x7f00_0001), port: 0).isMartian)
  }

  @Test("W§8.5: an IPv4-mapped address is turned into IPv4")
  func mapped() {
    #expect(v6(0, 0xffff_7f00_0001).unmapped == IPAddress(ipv4: 0x7f00_0001))
    #expect(v6(0, 1).unmapped == v6(0, 1))
  }

  @Test("W§8.4: quotas count IPv6 by its first 64 bits")
  func prefixes() {
    #expect(v6(1, 2).quotaPrefix == v6(1, 3).quotaPrefix)
    #expect(v6(1, 2).quotaPrefix != v6(2, 2).quotaPrefix)
    #expect(IPAddress(ipv4: 1).quotaPrefix != IPAddress(ipv4: 2).quotaPrefix)
  }
}
