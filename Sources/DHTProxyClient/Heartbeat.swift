internal import DHTModel

/// Notices that a connection is dead by its silence, when the server is one that never stays silent: our server sends
/// a blank now and then. Others send none, and nothing can be said of their silence.
struct Heartbeat {
  /// Blanks that must have come before silence says something.
  private static let needed = 2
  /// Times the longest pause between blanks that a silence must last.
  private static let patience = 3
  /// Silence that is always borne.
  private static let shortest: Duration = .seconds(5)

  private var blanks = 0
  private var lastBlank: Instant?
  private var interval: Duration = .zero
  private var lastHeard: Instant

  init(now: Instant) { lastHeard = now }

  /// Bytes came; `isBlank` for those that are nothing but a heartbeat.
  mutating func hear(isBlank: Bool, now: Instant) {
    lastHeard = now
    guard isBlank else { return }
    // What comes between two blanks may stand for one, so only blanks are measured.
    if let lastBlank { interval = max(interval, now - lastBlank) }
    lastBlank = now
    blanks += 1
  }

  /// When the connection counts as dead unless something comes; nil for never.
  var deadline: Instant? {
    guard blanks >= Self.needed else { return nil }
    return lastHeard + max(interval * Self.patience, Self.shortest)
  }
}
