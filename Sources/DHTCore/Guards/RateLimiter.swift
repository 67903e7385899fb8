import DHTModel

/// Admits so many requests per second, per source and in all. (wire.md §8.4)
///
/// The window slides exactly: no second ever holds more than the limit. It remembers the admitted requests of
/// the last second and nothing else, so however many sources there are, it holds at most `total` entries of
/// about 60 bytes. Refused requests leave no trace.
struct RateLimiter: Sendable {
  private struct Admission: Sendable {
    var source: IPAddress
    var at: Instant
  }
  private let total: Int?
  private let perAddress: Int?
  private let memory: Int
  private var admitted = Queue<Admission>()
  private var bySource: [IPAddress: Int] = [:]

  /// Length of the window. (wire.md §8.4)
  static let window: Duration = .seconds(1)
  /// Admitted requests that are remembered when there is no total limit. Beyond it the window gets shorter.
  static let memoryWithoutTotal = 1 << 16

  /// Limits in requests per second; nil for none. A source is an IPv4 address or an IPv6 /64.
  init(total: Int?, perAddress: Int?) {
    self.total = total
    self.perAddress = perAddress
    memory = total ?? Self.memoryWithoutTotal
  }

  /// Sources that are remembered.
  var sourceCount: Int { bySource.count }

  /// Whether a request from this address may be answered; if so it counts.
  mutating func admits(_ address: IPAddress, now: Instant) -> Bool {
    if total == nil && perAddress == nil { return true }
    forget(until: now - Self.window)
    let source = address.quotaPrefix
    if let perAddress, bySource[source, default: 0] >= perAddress { return false }
    if let total, admitted.count >= total { return false }
    if admitted.count >= memory { forgetFirst() }
    admitted.append(Admission(source: source, at: now))
    bySource[source, default: 0] += 1
    return true
  }

  private mutating func forget(until past: Instant) {
    while let first = admitted.first, first.at <= past { forgetFirst() }
  }

  private mutating func forgetFirst() {
    guard let first = admitted.popFirst() else { return }
    let rest = bySource[first.source, default: 1] - 1
    bySource[first.source] = rest > 0 ? rest : nil
  }
}
