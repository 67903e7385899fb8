import DHTModel
import OpenDHT
import Testing

@testable import DHTProxyClient

@Suite("When to try, look and renew")
struct MachineTests {
  private var start: Instant { Instant(nanoseconds: 1_000_000_000_000) }
  private func at(_ seconds: Double) -> Instant { start + .milliseconds(Int64(seconds * 1000)) }

  @Test("X-75: the first retry is at once but not within a second; then pauses grow to the longest")
  func pace() {
    var random = SystemRandomNumberGenerator()
    var pace = RetryPace(shortest: .seconds(1), longest: .seconds(45))
    pace.begin(now: at(0))
    pace.ended(now: at(0.2), hadWorked: false)
    #expect(pace.next(now: at(0.2), using: &random) == at(1))
    #expect(pace.next(now: at(5), using: &random) == at(5))
    var time = at(5)
    for attempt in 0..<20 {
      pace.begin(now: time)
      pace.ended(now: time, hadWorked: attempt.isMultiple(of: 2))
      let next = pace.next(now: time, using: &random)
      #expect(next - time >= .seconds(1))
      #expect(next - time <= .seconds(45))
      if attempt > 10 { #expect(next - time >= .milliseconds(22_500)) }
      time = next
    }
    pace.begin(now: time)
    pace.ended(now: time + .seconds(60), hadWorked: true)
    #expect(pace.next(now: time + .seconds(60), using: &random) == time + .seconds(60))
  }

  @Test("X-71: the answer of a look sets the status of its family")
  func status() {
    var random = SystemRandomNumberGenerator()
    var machine = ProxyStatus(ProxyLimits(), now: at(0))
    #expect(machine.nextCheck == at(0))
    let hasBegun = machine.beginCheck(now: at(0))
    let hasBegunTwice = machine.beginCheck(now: at(0))
    #expect(hasBegun && !hasBegunTwice)
    #expect(machine.status == NodeStatus(ipv4: .connecting, ipv6: .connecting))
    #expect(machine.holdsOperations)
    machine.finishCheck([.ipv4: .nodes(good: 1, dubious: 0)], now: at(1), using: &random)
    #expect(machine.status == NodeStatus(ipv4: .connected, ipv6: .disconnected))
    #expect(!machine.holdsOperations)
    #expect(machine.nextCheck == at(1 + 15 * 60))
    // Dubious nodes only: connecting, and looked at again, which peers forget.
    _ = machine.beginCheck(now: at(100))
    machine.finishCheck([.ipv4: .nodes(good: 0, dubious: 2), .ipv6: .none], now: at(101), using: &random)
    #expect(machine.status == NodeStatus(ipv4: .connecting, ipv6: .disconnected))
    #expect(machine.nextCheck.map { $0 <= at(150) } == true)
    _ = machine.beginCheck(now: at(110))
    machine.finishCheck([.ipv4: .nodes(good: 0, dubious: 0)], now: at(111), using: &random)
    #expect(machine.status == NodeStatus())
    #expect(!machine.holdsOperations)
  }

  @Test("X-74, X-75: while the proxy is away it is looked at within a minute, and at most once a second")
  func away() {
    var random = SystemRandomNumberGenerator()
    var machine = ProxyStatus(ProxyLimits(), now: at(0))
    var time = at(0)
    for _ in 0..<100 {
      _ = machine.beginCheck(now: time)
      machine.finishCheck([:], now: time, using: &random)
      let next = machine.nextCheck ?? .distantFuture
      #expect(next - time >= .seconds(1) && next - time <= .seconds(45))
      // Somebody asks: at once, but not within a second.
      machine.lookSoon(now: time)
      #expect(machine.nextCheck == time + .seconds(1))
      time = next
    }
  }

  @Test("A request without answer has operations wait for a look, soon")
  func doubt() {
    var random = SystemRandomNumberGenerator()
    var machine = ProxyStatus(ProxyLimits(), now: at(0))
    _ = machine.beginCheck(now: at(0))
    machine.finishCheck([.ipv4: .nodes(good: 1, dubious: 0)], now: at(0), using: &random)
    machine.requestFailed(now: at(0.5), using: &random)
    #expect(machine.holdsOperations)
    #expect(machine.status.best == .connected)
    #expect(machine.nextCheck == at(1))
    _ = machine.beginCheck(now: at(1))
    machine.finishCheck([.ipv4: .none], now: at(1), using: &random)
    #expect(!machine.holdsOperations)
    #expect(machine.status.best == .disconnected)
  }

  @Test("X-74: many requests that fail together are one failure: the proxy is looked at again soon")
  func failingTogether() {
    var random = SystemRandomNumberGenerator()
    var machine = ProxyStatus(ProxyLimits(), now: at(0))
    _ = machine.beginCheck(now: at(0))
    machine.finishCheck([.ipv4: .nodes(good: 1, dubious: 0)], now: at(0), using: &random)
    for _ in 0..<100 { machine.requestFailed(now: at(5), using: &random) }
    _ = machine.beginCheck(now: at(5))
    machine.finishCheck([.ipv4: .none], now: at(5), using: &random)
    #expect(machine.nextCheck.map { $0 <= at(7) } == true)
  }

  @Test("The end of a listen's connection has listens wait for a look, and nothing else")
  func streamEnded() {
    var random = SystemRandomNumberGenerator()
    var machine = ProxyStatus(ProxyLimits(), now: at(0))
    _ = machine.beginCheck(now: at(0))
    machine.finishCheck([.ipv4: .nodes(good: 1, dubious: 0)], now: at(0), using: &random)
    machine.streamEnded(now: at(5))
    #expect(machine.holdsListens && !machine.holdsOperations)
    #expect(machine.nextCheck == at(5))
    _ = machine.beginCheck(now: at(5))
    machine.finishCheck([.ipv4: .nodes(good: 1, dubious: 0)], now: at(5), using: &random)
    #expect(!machine.holdsListens)
  }

  @Test("X-73: silence says something only after heartbeats")
  func heartbeat() {
    var heartbeat = Heartbeat(now: at(0))
    heartbeat.hear(isBlank: false, now: at(100))
    #expect(heartbeat.deadline == nil)
    heartbeat.hear(isBlank: true, now: at(130))
    #expect(heartbeat.deadline == nil)
    heartbeat.hear(isBlank: true, now: at(160))
    #expect(heartbeat.deadline == at(250))
    heartbeat.hear(isBlank: false, now: at(170))
    #expect(heartbeat.deadline == at(260))
  }

  @Test("X-80: renewals are due at 22 hours or up to an hour before")
  func renewal() {
    var random = SystemRandomNumberGenerator()
    var dues: Set<Instant> = []
    for _ in 0..<100 {
      let plan = RenewalPlan(ProxyLimits(), now: start, using: &random)
      #expect(plan.due >= start + .seconds(21 * 3600) && plan.due <= start + .seconds(22 * 3600))
      #expect(!plan.isDue(start + .seconds(20 * 3600)) && plan.isDue(start + .seconds(22 * 3600)))
      dues.insert(plan.due)
    }
    #expect(dues.count > 50)
  }

  @Test(
    "URLs of proxies",
    arguments: [
      ("http://h", "http://h:80"), ("https://H.example/", "https://h.example:443"), ("h:8000", "http://h:8000"),
      ("HTTPS://h:8/a/b/?q#f", "https://h:8/a/b"), ("http://[::1]:8080", "http://[::1]:8080"),
      ("fe80::1", "http://[fe80::1]:80"), ("http://user:pass@h:9", "http://h:9"), ("h?x", "http://h:80"),
    ])
  func urls(_ text: String, _ root: String) { #expect(ProxyURL(text)?.root == root) }

  @Test(
    "What is no URL of a proxy",
    arguments: ["", "ftp://h", "http://", "h:0", "h:99999", "h:x", "a b", "h/\r\n", "[::1"])
  func badURLs(_ text: String) {
    #expect(ProxyURL(text) == nil)
    #expect(throws: DHTError.self) { try ProxyConfiguration(text) }
  }

  @Test(
    "Redirects stay at the host, and do not lead from TLS to plain text",
    arguments: [
      ("http://a", "https://a/x", "https://a:443/x"), ("http://a", "http://A:81/key/1", "http://a:81/key/1"),
      ("https://a:444/p", "/x/y", "https://a:444/x/y"), ("https://a", "https://a:444/x", "https://a:444/x"),
      ("https://a", "http://a/x", nil), ("http://a", "http://b/x", nil), ("http://a", "//b/x", nil),
      ("http://a", "x", nil), ("http://a", "", nil), ("http://a", "ftp://a/x", nil), ("http://a", "http://a@b/x", nil),
    ] as [(String, String, String?)])
  func redirects(_ place: String, _ location: String, _ end: String?) throws {
    #expect(try #require(ProxyURL(place)).redirected(to: location)?.root == end)
  }

  @Test("X-79: data of a push, and what it asks for")
  func pushes() {
    let key = InfoHash.random()
    let other = InfoHash.random()
    func order(_ fields: [String: String]) -> PushOrder {
      PushOrder(fields, sessionID: "me", isListening: { $0 == key }, isKept: { $0 == key && $1 == 5 })
    }
    let table: [([String: String], PushOrder, PushResult)] = [
      (["key": "\(key)", "s": "other"], .nothing(.wrongSession), .wrongSession),
      (["timeout": "\(key)", "vid": "5", "s": "me"], .putAgain(key, 5), .putRefresh),
      (["timeout": "\(key)", "vid": "6"], .nothing(.noOperation), .noOperation),
      (["timeout": "\(key)"], .renew(key), .listenRefresh),
      (["timeout": "\(other)"], .nothing(.noOperation), .noOperation),
      (["key": "\(key)", "t": "1"], .fetch(key), .values),
      (["key": "\(key)", "exp": "1,2"], .expire(key, [1, 2]), .valuesExpired),
      (["key": "\(other)", "exp": "1"], .nothing(.noOperation), .noOperation),
      (["pong": "true"], .nothing(.noOperation), .noOperation),
      ([:], .nothing(.noOperation), .noOperation),
      (["key": "\(key)", "exp": "1,x"], .nothing(.error), .error),
    ]
    for (fields, expected, result) in table {
      #expect(order(fields) == expected)
      #expect(order(fields).result == result)
    }
    #expect(PushResult.wrongSession.rawValue == 0x80 && PushResult.error.rawValue == 0x84)
  }
}
