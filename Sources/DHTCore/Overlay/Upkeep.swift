import DHTModel

/// When the routing table is tended. (node.md §2.5)
struct Upkeep {
  /// Next look at the buckets.
  private(set) var nextRun: Instant
  /// Next sweep of dead nodes and idle searches.
  private(set) var nextSweep: Instant
  /// Nodes that still get a ping after a change of the network, the most useful first.
  private var toPing: ArraySlice<NodeID> = []
  private var nextPing: Instant = .distantFuture

  /// First look after the start. (node.md §0.2, confirm loop)
  private static let firstRun: ClosedRange<Duration> = .seconds(3) ... .seconds(5)
  /// Pause after something was sent. Same source.
  private static let busyPause: ClosedRange<Duration> = .seconds(5) ... .seconds(25)
  /// Pause when nothing had to be sent. Same source.
  private static let idlePause: ClosedRange<Duration> = .seconds(60) ... .seconds(180)
  /// Pause between sweeps. Same source.
  private static let sweepPause: ClosedRange<Duration> = .seconds(120) ... .seconds(360)
  /// The neighbourhood is tended while our own bucket grew within this time. Same source.
  static let growthAge: Duration = .seconds(150)
  /// A first contact after this much quiet is followed up soon. Same source.
  static let quietAge: Duration = .seconds(300)
  static let firstContactDelay: Duration = .seconds(1)
  /// Nodes pinged at once after a change of the network, and the pause after them: a table of 160 nodes takes 5 s.
  private static let pingBurst = 8
  private static let pingPause: Duration = .milliseconds(250)

  init(now: Instant, random: inout RandomSource) {
    nextRun = now + random.duration(in: Self.firstRun)
    nextSweep = now + random.duration(in: Self.sweepPause)
  }

  var nextDeadline: Instant { min(nextRun, nextSweep, nextPing) }
  var isPinging: Bool { !toPing.isEmpty }

  mutating func hasten(to instant: Instant) { nextRun = min(nextRun, instant) }

  mutating func ran(sent: Bool, now: Instant, random: inout RandomSource) {
    nextRun = now + random.duration(in: sent ? Self.busyPause : Self.idlePause)
  }

  mutating func swept(now: Instant, random: inout RandomSource) {
    nextSweep = now + random.duration(in: Self.sweepPause)
  }

  mutating func pingAll(_ nodes: [NodeID], now: Instant) {
    toPing = nodes[...]
    nextPing = nodes.isEmpty ? .distantFuture : now
  }

  /// The nodes whose turn it is.
  mutating func takePings(now: Instant) -> [NodeID] {
    guard nextPing <= now else { return [] }
    let burst = Array(toPing.prefix(Self.pingBurst))
    toPing = toPing.dropFirst(Self.pingBurst)
    nextPing = toPing.isEmpty ? .distantFuture : now + Self.pingPause
    return burst
  }
}
