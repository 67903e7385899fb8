import DHTModel
import Testing

@testable import DHTCore

@Suite struct BlacklistTests {
  func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }
  func peer(_ port: UInt16, ip: UInt32 = 0x0a00_0001) -> SocketAddress {
    SocketAddress(ip: IPAddress(ipv4: ip), port: port)
  }

  @Test("W§8.5: exactly the address and port of a node are ignored")
  func exactAddress() {
    var list = Blacklist(limits: Limits())
    list.insert(peer(1000), now: at(0))
    #expect(list.contains(peer(1000), now: at(1)))
    #expect(!list.contains(peer(1001), now: at(1)))
    #expect(!list.contains(peer(1000, ip: 0x0a00_0002), now: at(1)))
  }

  @Test("N-19, W-44: an entry ends after 10 minutes, whether or not it was swept out")
  func age() {
    var list = Blacklist(limits: Limits())
    list.insert(peer(1), now: at(0))
    list.insert(peer(2), now: at(60))
    list.insert(peer(1), now: at(300))  // keeps its end
    #expect(list.count == 2 && list.nextDeadline == at(600))
    #expect(list.contains(peer(1), now: at(599)) && !list.contains(peer(1), now: at(600)))
    list.advance(to: at(600))
    #expect(list.count == 1 && list.nextDeadline == at(660))
    list.insert(peer(1), now: at(610))
    #expect(list.contains(peer(1), now: at(1209)) && !list.contains(peer(2), now: at(660)))
    list.advance(to: at(2000))
    #expect(list.count == 0 && list.nextDeadline == nil)
  }

  @Test("W-44: at most 1000 entries; the oldest goes first")
  func capacity() {
    var list = Blacklist(limits: Limits())
    for port in UInt16(1)...1500 { list.insert(peer(port), now: at(0)) }
    #expect(list.count == 1000)
    #expect(!list.contains(peer(500), now: at(1)) && list.contains(peer(501), now: at(1)))
    #expect(list.contains(peer(1500), now: at(1)))

    var limits = Limits()
    limits.blacklistEntries = 0
    var empty = Blacklist(limits: limits)
    empty.insert(peer(1), now: at(0))
    #expect(empty.count == 0)
  }
}
