internal import DHTModel
internal import OpenDHT

/// When to try once more what failed: at once when it had worked for a while, then after pauses that grow and are drawn
/// at random, but never within a second of the last attempt.
struct RetryPace {
  private let shortest: Duration
  private let longest: Duration
  private var failures = 0
  private var lastAttempt: Instant?

  init(shortest: Duration, longest: Duration) {
    self.shortest = shortest
    self.longest = longest
  }

  init(_ limits: ProxyLimits) { self.init(shortest: limits.shortestPause, longest: limits.longestPause) }

  /// An attempt begins.
  mutating func begin(now: Instant) { lastAttempt = now }

  /// It works. Only what worked for longer than the pauses grow makes them short again: a server that takes every
  /// listen and drops it would be asked each second for ever.
  mutating func ended(now: Instant, hadWorked: Bool) {
    let lasted = lastAttempt.map { now - $0 } ?? .zero
    failures = hadWorked && lasted >= longest ? 0 : failures + 1
  }

  /// It worked to its end; the next failure is the first.
  mutating func succeeded() { failures = 0 }

  /// When the next attempt may begin.
  func next(now: Instant, using generator: inout some RandomNumberGenerator) -> Instant {
    let earliest = earliest(now: now)
    guard failures > 1 else { return earliest }
    // 1, 2, 4 … times the shortest, of which a random half to whole.
    let pause = min(shortest * (1 << min(failures - 2, 16)), longest)
    let share = Double.random(in: 0.5...1, using: &generator)
    return max(now + pause * share, earliest)
  }

  /// When an attempt may begin that somebody asks for.
  func earliest(now: Instant) -> Instant { max(now, lastAttempt.map { $0 + shortest } ?? now) }
}
