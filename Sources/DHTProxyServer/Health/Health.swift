internal import DHTModel
internal import OpenDHT

/// What the server knows of its own health.
///
///     starting ──connected──► connected ──lost──► unsteady ──tolerance──► cutOff
///        └──────grace──────────────────────────────────────────────────────►│
///                     ▲◄──────────────── connected ─────────────────────────┘      any ──ended──► stopped
struct Health {
  /// Whether the node can do what it is asked.
  enum Readiness: Equatable {
    case ready
    /// Not connected since the start, which was not long ago.
    case starting
    /// Not connected for longer than is tolerated.
    case cutOff(since: Instant)
    /// The node was stopped.
    case stopped
  }

  private enum State {
    case starting(since: Instant)
    case connected
    case lost(since: Instant)
    case stopped
  }

  private let settings: HealthSettings
  private var state: State
  private(set) var status = NodeStatus()
  private var lastPulse: Instant

  init(_ settings: HealthSettings, now: Instant) {
    self.settings = settings
    state = .starting(since: now)
    lastPulse = now
  }

  /// The node told how well it is connected. A family that connects is enough.
  mutating func update(_ status: NodeStatus, now: Instant) {
    self.status = status
    lastPulse = max(lastPulse, now)
    switch (state, status.best == .connected) {
    case (_, true): state = .connected
    // A node that was started again had been connected before.
    case (.connected, false), (.stopped, false): state = .lost(since: now)
    case (.starting, false), (.lost, false): break
    }
  }

  /// The node answered.
  mutating func pulse(now: Instant) { lastPulse = max(lastPulse, now) }

  /// The node stopped.
  mutating func end() { state = .stopped }

  /// Whether it can put and get.
  func readiness(now: Instant) -> Readiness {
    switch state {
    case .connected: .ready
    case .stopped: .stopped
    case .starting(let since): now - since < settings.grace ? .starting : .cutOff(since: since)
    case .lost(let since): now - since < settings.tolerance ? .ready : .cutOff(since: since)
    }
  }

  /// Whether the process does its work: its node runs and answers.
  func isAlive(now: Instant) -> Bool {
    if case .stopped = state { return false }
    return now - lastPulse < settings.pulseDeadline
  }

  /// Why an operation on the network is refused at once; nil when it is to be tried. While the node starts, operations
  /// wait. A node that never was connected may be the first of its network: it tries, and serves what it holds itself.
  func refusal(now: Instant) -> Refusal? {
    switch (state, readiness(now: now)) {
    case (.lost, .cutOff): .cutOff(reason: "Cut off from the network")
    case (.stopped, _): .cutOff(reason: "The node is stopped")
    case (.starting, _), (.connected, _), (.lost, _): nil
    }
  }
}
