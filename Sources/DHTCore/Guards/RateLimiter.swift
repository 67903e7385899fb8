import DHTModel

/// Admits so many requests per second, per source and in all. (wire.md §8.4)
///
/// Requests have different costs: gets, puts and listens, which search, store and send, get a part of both limits, so
/// that whoever floods with these leaves room for finds and pings, which keep the network together. And nodes that have
/// proved to be good get some room of their own when strangers have used up all. (node.md W-30)
///
/// The window slides exactly: no second ever holds more than the limit. It remembers the admitted requests of
/// the last second and nothing else, so however many sources there are, it holds at most `total` entries of
/// about 60 bytes. Refused requests leave no trace.
struct RateLimiter: Sendable {
  private struct Admission: Sendable {
    var source: IPAddress
    var at: Instant
    var isCostly: Bool
  }
  private struct Count: Sendable {
    var all = 0
    var costly = 0
  }
  private let total: Int?
  private let perAddress: Int?
  private let memory: Int
  private var admitted = Queue<Admission>()
  private var bySource: [IPAddress: Count] = [:]
  private var costly = 0
  private let costlyShare: Int
  private let kept: Int

  /// Length of the window. (wire.md §8.4)
  static let window: Duration = .seconds(1)
  /// Admitted requests that are remembered when there is no total limit. Beyond it the window gets shorter.
  static let memoryWithoutTotal = 1 << 16

  /// Largest limit in requests per second: more than a processor can answer, and each is remembered for a second.
  private static func bounded(_ limit: Int) -> Int { min(max(0, limit), 1 << 24) }

  /// Limits in requests per second; nil for none. A source is an IPv4 address or an IPv6 /64. One in `costlyShare` may be
  /// costly; good nodes have `kept` beyond the total.
  init(total: Int?, perAddress: Int?, costlyShare: Int = 1, kept: Int = 0) {
    self.total = total.map(Self.bounded)
    self.perAddress = perAddress.map(Self.bounded)
    self.costlyShare = max(1, costlyShare)
    self.kept = Self.bounded(kept)
    memory = self.total.map { [kept = self.kept] in $0 + kept } ?? Self.memoryWithoutTotal
  }

  /// Sources that are remembered.
  var sourceCount: Int { bySource.count }

  /// Whether a request from this address may be answered; if so it counts.
  mutating func admits(
    _ address: IPAddress, isCostly: Bool = false, now: Instant, isGood: @autoclosure () -> Bool = false
  ) -> Bool {
    if total == nil && perAddress == nil { return true }
    forget(until: now - Self.window)
    let source = address.quotaPrefix
    var count = bySource[source, default: Count()]
    if let perAddress {
      if count.all >= perAddress || isCostly && count.costly >= perAddress / costlyShare { return false }
    }
    if let total, admitted.count >= total || isCostly && costly >= total / costlyShare {
      guard kept > 0, admitted.count < total + kept, isGood() else { return false }
    }
    if admitted.count >= memory { forgetFirst() }
    admitted.append(Admission(source: source, at: now, isCostly: isCostly))
    count.all += 1
    if isCostly {
      count.costly += 1
      costly += 1
    }
    bySource[source] = count
    return true
  }

  private mutating func forget(until past: Instant) {
    while let first = admitted.first, first.at <= past { forgetFirst() }
  }

  private mutating func forgetFirst() {
    guard let first = admitted.popFirst() else { return }
    if first.isCostly { costly -= 1 }
    guard var count = bySource[first.source] else { return }
    count.all -= 1
    if first.isCostly { count.costly -= 1 }
    bySource[first.source] = count.all > 0 ? count : nil
  }
}
