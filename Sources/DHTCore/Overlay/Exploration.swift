import DHTModel

/// How a node that joins gets to know the network: first who stands around it, then each farther region.
///
///     idle ──first good node──▶ own id ──▶ bucket n−1 ──▶ … ──▶ bucket 0 ──▶ pause ──▶ own id ──grown?──▶ bucket n−1 …
///                                                                                      └──stable──▶ idle
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
  /// Nodes that were known when the last round ended.
  private var knownAtEnd = 0

  /// Rounds of one join. While thousands join at once, the first finds few; upkeep does the rest.
  private static let rounds = 3
  /// Pause before the second round; doubles.
  private static let pause: Duration = .seconds(2)

  var nextDeadline: Instant? {
    if case .pausing(let until) = state { until } else { nil }
  }

  /// Connected: look around.
  mutating func begin(own: NodeID) -> InfoHash {
    round = 0
    knownAtEnd = 0
    state = .exploring(target: own, next: nil)
    return own
  }

  /// The search of a target has heard its nearest nodes. Returns the next target.
  mutating func explored(
    _ target: InfoHash, table: RoutingTable, known: Int, now: Instant, random: inout RandomSource
  ) -> InfoHash? {
    guard case .exploring(target, let next) = state else { return nil }
    // A look at the own neighbourhood tells whether the network still grows: by a quarter, or all is well.
    if next == nil, known < knownAtEnd + knownAtEnd / 4 {
      state = .idle
      return nil
    }
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
  mutating func advance(to now: Instant, own: NodeID) -> InfoHash? {
    guard case .pausing(let until) = state, until <= now else { return nil }
    state = .exploring(target: own, next: nil)
    return own
  }

  /// There is no room for the search of a target. What was begun is taken up again after a pause.
  mutating func refused(known: Int, now: Instant) {
    guard case .exploring = state else { return }
    end(known, now)
  }

  private mutating func end(_ known: Int, _ now: Instant) {
    round += 1
    knownAtEnd = known
    state = round >= Self.rounds ? .idle : .pausing(until: now + Self.pause * (1 << (round - 1)))
  }
}
