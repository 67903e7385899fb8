internal import DHTModel
internal import OpenDHT

/// How well a proxy serves us over each family, and when to look again. (proxy.md §12.2)
///
/// |                  | a look begins        | it answers    | it does not   |
/// |------------------|----------------------|---------------|---------------|
/// | disconnected     | connecting           | by its counts | disconnected  |
/// | connecting       | connecting           | by its counts | disconnected  |
/// | connected        | connected, in doubt if a request failed | by its counts | disconnected |
struct ProxyStatus {
  /// What a look over one family brought.
  enum Answer: Equatable {
    /// Nothing that a proxy would say.
    case none
    /// Good and dubious nodes of both of its families: for us it is one way into the network.
    case nodes(good: Int, dubious: Int)
  }

  private(set) var status = NodeStatus()
  /// Whether a look is under way.
  private(set) var isChecking = false
  /// Whether a request failed since the last look; nobody is served until the next one says more.
  private(set) var isInDoubt = false
  /// Whether a connection of a listen ended since; listens wait for the look, the rest goes on: that one ended, as behind a
  /// server that lets none live long, says little of others.
  private var didStreamEnd = false
  private var pace: RetryPace
  private let limits: ProxyLimits
  /// When to look again; nil while looking.
  private(set) var nextCheck: Instant?

  init(_ limits: ProxyLimits, now: Instant) {
    self.limits = limits
    pace = RetryPace(limits)
    nextCheck = now
  }

  /// Whether operations are to wait for a look that is to come or under way. A proxy that is connecting itself is sent
  /// them: it holds them until it knows more, as a node does.
  var holdsOperations: Bool { isInDoubt || isChecking && status.best != .connected }

  /// Whether listens are to wait for a look: else each would try by itself a proxy that is gone.
  var holdsListens: Bool { isInDoubt || didStreamEnd }

  /// A look begins. False when one is under way.
  mutating func beginCheck(now: Instant) -> Bool {
    guard !isChecking else { return false }
    isChecking = true
    nextCheck = nil
    pace.begin(now: now)
    // A routine look at a proxy that serves us over one family is no news for the other.
    guard status.best != .connected else { return true }
    if status.ipv4 == .disconnected { status.ipv4 = .connecting }
    if status.ipv6 == .disconnected { status.ipv6 = .connecting }
    return true
  }

  /// Something relies on the proxy that would not show its absence: whether it is there must be asked now and then.
  mutating func watch(now: Instant) {
    guard !isChecking, let next = nextCheck else { return }
    nextCheck = min(next, now + limits.watchInterval)
  }

  /// The look is over. `isWatching` as `watch` says.
  mutating func finishCheck(
    _ answers: [AddressFamily: Answer], isWatching: Bool = false, now: Instant,
    using generator: inout some RandomNumberGenerator
  ) {
    isChecking = false
    isInDoubt = false
    didStreamEnd = false
    status = NodeStatus(ipv4: Self.status(answers[.ipv4]), ipv6: Self.status(answers[.ipv6]))
    if status.best == .connected {
      pace.succeeded()
      nextCheck = now + (isWatching ? min(limits.watchInterval, limits.checkInterval) : limits.checkInterval)
    } else {
      // Peers never look again at a proxy that is connecting: it stays so for them.
      pace.ended(now: now, hadWorked: false)
      nextCheck = pace.next(now: now, using: &generator)
    }
  }

  /// A request got no answer: look at once, though not within a second of the last look.
  mutating func requestFailed(now: Instant, using generator: inout some RandomNumberGenerator) {
    // All that fail together are one failure.
    let isFirst = !isInDoubt
    isInDoubt = true
    guard !isChecking else { return }
    if isFirst { pace.ended(now: now, hadWorked: false) }
    nextCheck = min(nextCheck ?? .distantFuture, pace.next(now: now, using: &generator))
  }

  /// A connection of a listen ended: a look says whether the proxy is there.
  mutating func streamEnded(now: Instant) {
    didStreamEnd = true
    lookSoon(now: now)
  }

  /// The look under way counts for nothing: another one, though not within a second of it.
  mutating func abandonCheck(now: Instant) {
    isChecking = false
    nextCheck = pace.earliest(now: now)
  }

  /// Something came from the proxy, or of it by a push: it serves us.
  mutating func heardOf(now: Instant) {
    guard status.best != .connected else { return }
    status = NodeStatus(ipv4: .connected, ipv6: .connected)
    isInDoubt = false
    if !isChecking { nextCheck = now }
  }

  /// The machine's network changed, or somebody asks for a proxy that was away: look at once, though not within a second
  /// of the last look.
  mutating func lookSoon(now: Instant) {
    guard !isChecking else { return }
    nextCheck = min(nextCheck ?? .distantFuture, pace.earliest(now: now))
  }

  private static func status(_ answer: Answer?) -> Status {
    switch answer {
    case nil, .some(.none): .disconnected
    case .nodes(let good, _) where good > 0: .connected
    case .nodes(_, let dubious): dubious > 0 ? .connecting : .disconnected
    }
  }
}
