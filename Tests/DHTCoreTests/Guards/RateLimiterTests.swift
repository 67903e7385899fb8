import DHTModel
import Testing

@testable import DHTCore

@Suite struct RateLimiterTests {
  func at(milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }
  let one = IPAddress(ipv4: 0x0a00_0001)
  let two = IPAddress(ipv4: 0x0a00_0002)

  @Test("N-11, W§8.4: 3000 requests from one address within half a second: 1024 pass; another address still does")
  func perAddress() {
    var limiter = RateLimiter(total: 8192, perAddress: 1024)
    var passed = 0
    for number in 0..<3000 {
      if limiter.admits(one, now: at(milliseconds: Int64(number / 6))) { passed += 1 }
    }
    #expect(passed == 1024)
    #expect(limiter.admits(two, now: at(milliseconds: 500)) == true)
    #expect(limiter.admits(one, now: at(milliseconds: 999)) == false)
    #expect(limiter.admits(one, now: at(milliseconds: 1000)) == true)
  }

  @Test("W§8.4: 8192 a second from all addresses together")
  func total() {
    var limiter = RateLimiter(total: 8192, perAddress: 1024)
    let passed = (0..<20000).count { number in
      limiter.admits(IPAddress(ipv4: 0x0b00_0000 + UInt32(number % 100)), now: at(milliseconds: Int64(number / 40)))
    }
    #expect(passed == 8192)
  }

  @Test("W§8.4: IPv6 counts by its first 64 bits")
  func prefixes() {
    var limiter = RateLimiter(total: nil, perAddress: 2)
    #expect(limiter.admits(IPAddress(ipv6High: 7, low: 1), now: at(milliseconds: 0)) == true)
    #expect(limiter.admits(IPAddress(ipv6High: 7, low: 2), now: at(milliseconds: 0)) == true)
    #expect(limiter.admits(IPAddress(ipv6High: 7, low: 3), now: at(milliseconds: 0)) == false)
    #expect(limiter.admits(IPAddress(ipv6High: 8, low: 1), now: at(milliseconds: 0)) == true)
  }

  @Test(
    "W§8.4: no second holds more than the limit, and a steady stream below it passes whole", arguments: UInt64(1)...20)
  func slidingWindow(seed: UInt64) {
    var random = RandomSource(Seed(seed, 0))
    var limiter = RateLimiter(total: 50, perAddress: 20)
    var passed: [(at: Int64, source: UInt32)] = []
    var now: Int64 = 0
    for _ in 0..<2000 {
      now += Int64.random(in: 0...30, using: &random)
      let source = UInt32.random(in: 1...4, using: &random)
      let recent = passed.filter { $0.at > now - 1000 }
      let isExpected = recent.count < 50 && recent.count { $0.source == source } < 20
      #expect(limiter.admits(IPAddress(ipv4: source), now: at(milliseconds: now)) == isExpected, "seed \(seed)")
      if isExpected { passed.append((now, source)) }
    }
  }

  @Test("N-11: memory is bounded whatever the sources, with and without a total limit")
  func boundedMemory() {
    var limiter = RateLimiter(total: 100, perAddress: 10)
    for number in 0..<UInt32(10_000) { _ = limiter.admits(IPAddress(ipv4: number), now: at(milliseconds: 0)) }
    #expect(limiter.sourceCount == 100)
    _ = limiter.admits(one, now: at(milliseconds: 2000))
    #expect(limiter.sourceCount == 1)

    var unlimited = RateLimiter(total: nil, perAddress: 10)
    let passed = (0..<UInt32(100_000)).count { unlimited.admits(IPAddress(ipv4: $0), now: at(milliseconds: 0)) }
    #expect(passed == 100_000)
    #expect(unlimited.sourceCount == RateLimiter.memoryWithoutTotal)

    var none = RateLimiter(total: nil, perAddress: nil)
    #expect((0..<5000).allSatisfy { _ in none.admits(one, now: at(milliseconds: 0)) })
    #expect(none.sourceCount == 0)
    var zero = RateLimiter(total: 0, perAddress: nil)
    #expect(zero.admits(one, now: at(milliseconds: 0)) == false)
  }

  @Test("W-30: costly requests get half of each limit, whoever sends them; the others have the rest")
  func costs() {
    var limiter = RateLimiter(total: 100, perAddress: 20, costlyShare: 2)
    let now = Instant(nanoseconds: 0)
    for host in 1...10 as ClosedRange<UInt32> {
      let ip = IPAddress(ipv4: host << 8)
      let costly = (0..<30).count { _ in limiter.admits(ip, isCostly: true, now: now) }
      #expect(costly == (host <= 5 ? 10 : 0))
    }
    let cheap = (1...10 as ClosedRange<UInt32>).reduce(0) { sum, host in
      sum + (0..<30).count { _ in limiter.admits(IPAddress(ipv4: host << 8), now: now) }
    }
    #expect(cheap == 50)
    #expect(limiter.admits(IPAddress(ipv4: 1 << 8), isCostly: true, now: now + .seconds(1)) == true, "a second later")
  }

  @Test("W-30: when strangers used up the total, known good nodes are still heard, up to a limit of their own")
  func kept() {
    var limiter = RateLimiter(total: 100, perAddress: 20, costlyShare: 2, kept: 30)
    let now = Instant(nanoseconds: 0)
    for host in 1...100 as ClosedRange<UInt32> { _ = limiter.admits(IPAddress(ipv4: host << 8), now: now) }
    #expect(limiter.admits(IPAddress(ipv4: 0x0a00_0000), now: now) == false)
    let heard = (1...50 as ClosedRange<UInt32>).count { host in
      limiter.admits(IPAddress(ipv4: host << 16), isCostly: host % 2 == 0, now: now, isGood: true)
    }
    #expect(heard == 30)
    _ = limiter.admits(IPAddress(ipv4: 1), now: now + .seconds(2))
    #expect(limiter.sourceCount == 1)
  }
}
