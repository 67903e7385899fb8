internal import DHTModel

/// When what a server forgets after 24 hours is told to it again: after 22, or a random while before.
struct RenewalPlan {
  private(set) var due: Instant

  /// Told now.
  init(_ limits: ProxyLimits, now: Instant, using generator: inout some RandomNumberGenerator) {
    due = now + (limits.renewal - limits.renewalSpread * Double.random(in: 0...1, using: &generator))
  }

  /// A renewal failed; once more then.
  mutating func failed(until next: Instant) { due = next }

  func isDue(_ now: Instant) -> Bool { due <= now }
}
