internal import DHTModel

/// Numbers of the editions that this node has signed, so that none is given to two of them: nodes that took one refuse
/// the other, and acknowledge both.
struct IssuedSequences {
  /// A value of ours, in all its editions.
  struct Name: Hashable {
    let key: InfoHash
    let id: Value.ID
  }
  /// Values that are remembered, of about 64 bytes each; the least recently signed are forgotten.
  private static let capacity = 4096

  private var last: [Name: (sequence: UInt16, turn: UInt64)] = [:]
  private var turn: UInt64 = 0

  var count: Int { last.count }

  /// The number of the next edition: at least `lowest`, and higher than any given out before.
  /// Throws `.sequenceExhausted` after 65535.
  mutating func issue(_ name: Name, atLeast lowest: UInt16) throws(DHTError) -> UInt16 {
    var sequence = lowest
    if let last = last[name]?.sequence, last >= lowest {
      guard last < .max else { throw .sequenceExhausted }
      sequence = last + 1
    }
    turn += 1
    last[name] = (sequence, turn)
    if last.count > Self.capacity { forgetOlderHalf() }
    return sequence
  }

  private mutating func forgetOlderHalf() {
    let turns = last.values.map(\.turn).sorted()
    let median = turns[turns.count / 2]
    last = last.filter { $0.value.turn >= median }
  }
}
