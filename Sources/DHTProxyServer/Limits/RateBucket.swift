internal import DHTModel

/// A bucket of permissions that fills steadily and never overflows. Each request takes one.
struct RateBucket {
  private var level: Double
  private var filledAt: Instant

  /// A full one.
  init(burst: Int, now: Instant) {
    level = Double(burst)
    filledAt = now
  }

  /// Whether there is none.
  func isEmpty(perSecond: Double, burst: Int, now: Instant) -> Bool {
    var copy = self
    return copy.take(perSecond: perSecond, burst: burst, now: now) != nil
  }

  /// Takes one; nil when there was one, else the time until there will be.
  mutating func take(perSecond: Double, burst: Int, now: Instant) -> Duration? {
    // Times of several threads come a little out of order.
    let passed = max(0, (now - filledAt).inSeconds)
    // 0 · ∞ is no number; a rate without bound fills at once.
    level = perSecond.isFinite ? min(Double(burst), level + passed * perSecond) : Double(burst)
    filledAt = max(filledAt, now)
    guard level < 1 else {
      level -= 1
      return nil
    }
    return perSecond > 0 ? .seconds(min((1 - level) / perSecond, 3_600)) : .seconds(3_600)
  }
}
