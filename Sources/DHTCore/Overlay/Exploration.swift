import DHTModel

/// How a node that joins gets to know the network: first who stands around it, then each farther region.
///
///     idle ──first good node──▶ own id ──▶ bucket n−1 ──▶ … ──▶ bucket 0 ──grown?──▶ own id, after a pause
///                                                                      └──stable──▶ idle
///
/// A node that knows more asks fewer: every token that an exploration brings saves a later put a round trip.
/// It never sends: what to look for next is its answer.
struct Exploration {
  private enum State: Equatable {
    case idle
    case exploring(target: InfoHash, next: Int?)
    case pausing(until: Instant)
  }
  private var state = State.idle
  /// Rounds since the first good node.
  private var round = 0
  /// Nodes that answered when the round began.
  private var knownAtStart = 0

  /// Rounds of one join. While thousands join at once, the first rounds find few; upkeep does the rest.
  private static let rounds = 4
  /// Pause before the second round; doubles.
  private static let pause: Duration = .seconds(2)

  var nextDeadline: Instant? {
    if case .pausing(let until) = state { until } else { nil }
  }

  /// Connected: look around.
  mutating func begin(own: NodeID, known: Int) -> InfoHash {
    round = 0
    return start(own, known)
  }

  /// The search of a target has heard its nearest nodes. Returns the next target.
  mutating func explored(
    _ target: InfoHash, table: RoutingTable, known: Int, now: Instant, random: inout RandomSource
  ) -> InfoHash? {
    guard case .exploring(target, let next) = state else { return nil }
    // The own bucket was the first; the others follow, the nearest first.
    let bucket = next.map { min($0, table.depth - 1) } ?? table.depth - 1
    guard bucket >= 0 else {
      end(known, now)
      return nil
    }
    let target = table.randomID(inBucket: bucket, using: &random)
    state = .exploring(target: target, next: bucket - 1)
    return target
  }

  /// The pause may be over. Returns the next target.
  mutating func advance(to now: Instant, own: NodeID, known: Int) -> InfoHash? {
    guard case .pausing(let until) = state, until <= now else { return nil }
    return start(own, known)
  }

  private mutating func start(_ own: NodeID, _ known: Int) -> InfoHash {
    knownAtStart = known
    state = .exploring(target: own, next: nil)
    return own
  }

  private mutating func end(_ known: Int, _ now: Instant) {
    round += 1
    let isStable = known <= knownAtStart
    state = isStable || round >= Self.rounds ? .idle : .pausing(until: now + Self.pause * (1 << (round - 1)))
  }
}
