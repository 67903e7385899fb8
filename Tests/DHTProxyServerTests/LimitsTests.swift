import DHTModel
import DHTProxyMessages
import OpenDHT
import Testing

@testable import DHTProxyServer

private let start = Instant(nanoseconds: 0)
private func at(_ seconds: Double) -> Instant { start + .seconds(seconds) }
private func client(_ number: UInt32) -> Client { Client(IPAddress(ipv4: 0x0a00_0000 + number)) }

private func table(_ change: (inout ProxyLimits) -> Void = { _ in }) -> UsageTable {
  var limits = ProxyLimits()
  limits.perAddress = ClientLimits(requestsPerSecond: 10, requestBurst: 3, connections: 2, listens: 2, streams: 1)
  change(&limits)
  return UsageTable(limits)
}

@Suite struct LimitsTests {
  @Test("§16: a burst is served, then the rate counts, and the answer says when to come back")
  func requestRate() {
    var table = table()
    for _ in 0..<3 { #expect(table.request(by: client(1), now: at(0)) == nil) }
    let refusal = table.request(by: client(1), now: at(0))
    #expect(refusal == .tooFast(retryAfter: .seconds(0.1)))
    #expect(refusal?.answer.status == 429 && refusal?.header?.name == "Retry-After" && refusal?.header?.value == "1")
    #expect(table.request(by: client(2), now: at(0)) == nil, "another address has its own share")
    #expect(table.request(by: client(1), now: at(0.11)) == nil)
    #expect(table.request(by: client(1), now: at(0.12)) != nil)
    for _ in 0..<3 { #expect(table.request(by: client(1), now: at(1_000)) == nil) }
    #expect(table.request(by: client(1), now: at(1_000)) != nil, "idle time fills no more than a burst")
    #expect(table.request(by: client(1), now: at(999)) != nil, "a time out of order fills nothing")
  }

  @Test("§16: what is open is bounded for each client and for all, and given back")
  func resources() {
    var table = table { $0.listens = 3 }
    #expect(table.acquire(.listen, by: client(1), now: at(0)) == nil)
    #expect(table.acquire(.listen, by: client(1), now: at(0)) == nil)
    #expect(table.acquire(.listen, by: client(1), now: at(0)) == .tooMany(.listen))
    #expect(table.acquire(.listen, by: client(2), now: at(0)) == nil)
    #expect(table.acquire(.listen, by: client(3), now: at(0)) == .tooMany(.listen), "three in all")
    table.release(.listen, by: client(1))
    #expect(table.acquire(.listen, by: client(3), now: at(0)) == nil)
    #expect(table.total(.listen) == 3)
    #expect(table.acquire(.stream, by: client(1), now: at(0)) == nil)
    #expect(table.acquire(.stream, by: client(1), now: at(0)) == .tooMany(.stream))
    table.release(.stream, by: client(1))
    table.release(.stream, by: client(1))
    #expect(table.total(.stream) == 0, "what was not taken cannot be given back")
  }

  @Test("what may last leaves room in the node for gets and puts")
  func room() {
    let limits = ProxyLimits(), registrations = RegistrationLimits(), node = DHT.Configuration().node.limits
    let lasting =
      limits.listens + limits.streamKeys + EventFeeds.Settings().mostLingering + registrations.permanentPuts
      + registrations.subscribedKeys
    #expect(lasting + 4_096 <= min(node.operations, node.searches))
    #expect(ClientLimits().streamKeys < limits.streamKeys)
  }

  @Test("§16: strangers do not grow the table, and push out only who has nothing open")
  func boundedTable() {
    var table = table { $0.rememberedClients = 4 }
    #expect(table.acquire(.listen, by: client(1), now: at(0)) == nil)
    for _ in 0..<4 { _ = table.request(by: client(2), now: at(0)) }
    for number in 3..<1_000 {
      #expect(table.request(by: client(UInt32(number)), now: at(1)) == nil)
      // The second stays, since it goes on asking.
      #expect(table.request(by: client(2), now: at(0)) != nil)
      #expect(table.count <= 4 && table.checkInvariants())
    }
    #expect(table.held(.listen, by: client(1)) == 1)
    for number in 2_000..<2_003 { #expect(table.acquire(.listen, by: client(UInt32(number)), now: at(2)) == nil) }
    #expect(table.acquire(.listen, by: client(3_000), now: at(2)) == .tooMany(.listen), "all places are held")
    #expect(table.request(by: client(3_000), now: at(2)) != nil)
    table.release(.listen, by: client(2_000))
    #expect(table.request(by: client(3_000), now: at(2)) == nil)
    #expect(table.checkInvariants())
  }

  @Test("an IPv6 client is its first 64 bits; IPv4 stays whole in either form; tokens count for themselves")
  func clients() {
    let home = IPAddress(ipv6High: 0x2001_0db8_0000_0001, low: 1)
    #expect(Client(home) == Client(IPAddress(ipv6High: 0x2001_0db8_0000_0001, low: 99)))
    #expect(Client(home) != Client(IPAddress(ipv6High: 0x2001_0db8_0000_0002, low: 1)))
    #expect(Client(IPAddress(ipv6High: 0, low: 0xffff_0a00_0001)) == client(1))
    var table = table { $0.perToken.requestBurst = 1 }
    #expect(table.request(by: .token(0), now: at(0)) == nil)
    #expect(table.request(by: .token(0), now: at(0)) != nil)
    #expect(table.request(by: .token(1), limits: ClientLimits.none, now: at(0)) == nil)
    for _ in 0..<100 { #expect(table.request(by: .token(1), now: at(0)) == nil) }
  }

  @Test("addresses may have limits of their own: the machine itself has none")
  func exceptions() throws {
    let office = try #require(AddressRange(parsing: "10.0.0.0/30"))
    var table = table { limits in
      limits.exceptions.append(.init(addresses: office, limits: ClientLimits(requestBurst: 1)))
    }
    for _ in 0..<10_000 { #expect(table.request(by: Client(IPAddress(ipv4: 0x7f00_0001)), now: at(0)) == nil) }
    for _ in 0..<100 { #expect(table.request(by: Client(IPAddress(ipv6High: 0, low: 1)), now: at(0)) == nil) }
    #expect(table.request(by: client(3), now: at(0)) == nil && table.request(by: client(3), now: at(0)) != nil)
    #expect(table.request(by: client(4), now: at(0)) == nil && table.request(by: client(4), now: at(0)) == nil)
  }

  @Test(
    "ranges of addresses are read and compared",
    arguments: [
      ("10.1.0.0/16", "10.1.255.3", true), ("10.1.0.0/16", "10.2.0.0", false), ("0.0.0.0/0", "8.8.8.8", true),
      ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false), ("::1", "::1", true),
      ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
      ("2001:db8::/127", "2001:db8::1", true), ("2001:db8::/127", "2001:db8::2", false), ("::/0", "127.0.0.1", false),
      ("10.0.0.0/8", "::ffff:10.9.9.9", true),
    ])
  func ranges(range: String, address: String, isInside: Bool) throws {
    let address = try #require(AddressRange(parsing: address)).first
    #expect(try #require(AddressRange(parsing: range)).contains(address) == isInside)
  }

  @Test(
    "what is no range is refused",
    arguments: ["", "/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/x", "name/8", "10.0.0.0/"])
  func noRange(text: String) {
    #expect(AddressRange(parsing: text) == nil)
  }
}
