import DHTModel
import Testing

@testable import DHTCore

@Suite struct ReportedAddressesTests {
  func ours(_ number: UInt32) -> IPAddress { IPAddress(ipv4: 0xc000_0200 + number) }
  /// An address in the /24 of a number.
  func peer(_ network: UInt32, host: UInt32 = 1) -> IPAddress { IPAddress(ipv4: network << 8 | host) }

  @Test("N-157: the most reported address first; of equal ones the one reported first; empty after removeAll")
  func order() {
    var reports = ReportedAddresses(limits: Limits())
    #expect(reports.report(ours(1), by: peer(1)) == ours(1))
    #expect(reports.report(ours(2), by: peer(2)) == nil)
    #expect(reports.sorted == [ours(1), ours(2)])
    #expect(reports.report(ours(2), by: peer(3)) == ours(2))
    #expect(reports.sorted == [ours(2), ours(1)])
    #expect(reports.report(ours(2), by: peer(4)) == nil)
    reports.removeAll()
    #expect(reports.sorted.isEmpty)
    #expect(reports.report(ours(3), by: peer(1)) == ours(3))
  }

  @Test("W-48: one vote per /24 or /64, its latest")
  func oneVotePerNetwork() {
    var reports = ReportedAddresses(limits: Limits())
    _ = reports.report(ours(1), by: peer(1))
    _ = reports.report(ours(1), by: peer(2))
    for host in UInt32(1)...200 { #expect(reports.report(ours(9), by: peer(3, host: host)) == nil) }
    #expect(reports.sorted == [ours(1), ours(9)])
    // A network that changes its mind takes its vote along.
    #expect(reports.report(ours(9), by: peer(1)) == ours(9))
    #expect(reports.report(ours(9), by: peer(2)) == nil)
    #expect(reports.sorted == [ours(9)])

    let us = IPAddress(ipv6High: 1, low: 1), other = IPAddress(ipv6High: 2, low: 2)
    var six = ReportedAddresses(limits: Limits())
    _ = six.report(us, by: IPAddress(ipv6High: 5, low: 1))
    _ = six.report(us, by: IPAddress(ipv6High: 6, low: 1))
    for host in UInt64(1)...50 { _ = six.report(other, by: IPAddress(ipv6High: 7, low: host)) }
    #expect(six.sorted == [us, other])
  }

  @Test("W-48: at most 32 addresses and 512 votes; a newcomer can still be heard, an old majority ends")
  func bounds() {
    var reports = ReportedAddresses(limits: Limits())
    _ = reports.report(ours(0), by: peer(9000))
    _ = reports.report(ours(0), by: peer(9001))
    for number in UInt32(1)...100 { _ = reports.report(ours(number), by: peer(number)) }
    #expect(reports.sorted.count == 32)
    #expect(reports.sorted.first == ours(0) && reports.sorted.contains(ours(100)))
    var changed: IPAddress?
    for number in UInt32(0)..<600 { changed = reports.report(ours(77), by: peer(20_000 + number)) ?? changed }
    #expect(changed == ours(77))
    #expect(reports.sorted == [ours(77)])
  }

  @Test func impossibleAddressesDoNotCount() {
    var reports = ReportedAddresses(limits: Limits())
    #expect(reports.report(IPAddress(ipv4: 0), by: peer(1)) == nil)
    #expect(reports.report(IPAddress(ipv6High: 0, low: 0), by: peer(1)) == nil)
    #expect(reports.sorted.isEmpty)
    #expect(reports.report(IPAddress(ipv4: 0x7f00_0001), by: peer(1)) == IPAddress(ipv4: 0x7f00_0001))
  }

  @Test func changesAreToldOnceAndTruly() {
    var random = RandomSource(Seed(5, 5))
    var limits = Limits()
    limits.reportedAddresses = 4
    var reports = ReportedAddresses(limits: limits)
    var last: IPAddress?
    for _ in 0..<5000 {
      let ip = ours(UInt32.random(in: 0..<8, using: &random))
      let reporter = peer(UInt32.random(in: 0..<20, using: &random))
      let told = reports.report(ip, by: reporter)
      let first = reports.sorted.first
      #expect(told == (first == last ? nil : first))
      #expect(reports.sorted.count <= 4)
      last = first
    }
  }
}
