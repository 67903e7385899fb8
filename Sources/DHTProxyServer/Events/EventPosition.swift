internal import DHTModel

/// How far the reader of a stream has come: the id of an event.
///
///     4f1d0c9a7be25512-1b3-9c2e11d80a6f7702       run of the server – number of the change – which keys
///
/// All changes of these keys up to that number were told, in this run of the server.
struct EventPosition: Hashable, Sendable {
  /// Drawn at random when the server starts: numbers begin anew then.
  var run: UInt64
  var sequence: UInt64
  /// XOR of digests of the keys: a position says nothing about other keys.
  var keys: UInt64

  init(run: UInt64, sequence: UInt64, keys: UInt64) {
    self.run = run
    self.sequence = sequence
    self.keys = keys
  }

  /// Reads the text; nil for anything else, which then counts as no position at all.
  init?(_ text: some StringProtocol) {
    // Three numbers of 16 digits at most.
    guard text.utf8.count <= 50 else { return nil }
    let numbers = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0, radix: 16) }
    guard numbers.count == 3, let run = numbers[0], let sequence = numbers[1], let keys = numbers[2] else { return nil }
    self.init(run: run, sequence: sequence, keys: keys)
  }

  /// What a key adds to `keys`. Mixed, since keys may be chosen to have the same bits in one place; whoever makes two sets
  /// agree deceives only himself.
  static func digest(of key: InfoHash) -> UInt64 {
    let (a, b, c, d, e) = key.words
    var digest = UInt64(a) << 32 | UInt64(b)
    for word in [UInt64(c) << 32 | UInt64(d), UInt64(e)] {
      digest = (digest ^ word) &* 0x9e37_79b9_7f4a_7c15
      digest ^= digest >> 32
    }
    return digest
  }
}

extension EventPosition: CustomStringConvertible {
  var description: String {
    [run, sequence, keys].map { String($0, radix: 16) }.joined(separator: "-")
  }
}
