import DHTModel

/// Measured time to a node and back, smoothed as TCP does it (RFC 6298).
struct RoundTrip {
  /// Smoothed round trip in nanoseconds; 0 before the first measurement.
  private var smoothed: Int64 = 0
  /// Mean deviation in nanoseconds.
  private var deviation: Int64 = 0

  /// The smoothed round trip; nil before the first measurement.
  var estimate: Duration? { smoothed == 0 ? nil : .nanoseconds(smoothed) }

  /// Takes a measurement of a request that was sent once (Karn: a repeated one is ambiguous).
  mutating func measure(_ sample: Duration) {
    let nanoseconds = max(1, min(sample.inNanoseconds, 60_000_000_000))
    if smoothed == 0 {
      smoothed = nanoseconds
      deviation = nanoseconds / 2
    } else {
      deviation += (abs(nanoseconds - smoothed) - deviation) / 4
      smoothed = max(1, smoothed + (nanoseconds - smoothed) / 8)
    }
  }

  /// When a request counts as late, so that another node is asked as well: four round trips, or the mean
  /// and four deviations if that is more, between 250 ms and 1 s. It is not repeated sooner than after 1 s. (node.md W-3)
  func lateAfter(else other: RoundTrip) -> Duration {
    let base = smoothed == 0 ? other : self
    guard base.smoothed != 0 else { return Self.longest }
    let nanoseconds = max(4 * base.smoothed, base.smoothed + 4 * base.deviation)
    return min(max(.nanoseconds(nanoseconds), Self.shortest), Self.longest)
  }

  static let shortest: Duration = .milliseconds(250)
  static let longest: Duration = .seconds(1)
}
