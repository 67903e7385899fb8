/// Whom to ask next on the way to the leaf of a key, nothing else: a binary search over the depths of its path. (pht.md §7.1)
///
/// ```
/// begin ──▶ ask(middle, middle + 1) ──answered──▶ middle is no node ──▶ search above it
///                      ▲                          both are nodes ─────▶ search below
///                      └──────────────────────────────┘
///                                                 only middle is a node, or nothing is left ──▶ end(leaf)
/// ```
/// A depth is asked once. Answers may come in any order, and after the end.
package struct Walk {
  package enum Step: Equatable {
    /// Ask at these depths, and go on waiting.
    case ask([Int])
    /// Wait for what was asked before.
    case wait
    /// The leaf has this depth; what is still asked does not matter any more.
    case end(leaf: Int)
  }
  private enum State {
    case searching, ended(leaf: Int)
  }

  private var state = State.searching
  /// Bits that the search takes for the key's.
  private var size: Int
  private let allBits: Int
  /// Whether a key whose last bit is a node's is followed into its padding.
  private let followsPadding: Bool
  private var low = 0
  private var high: Int
  private var middle: Int
  private var asked: Set<Int> = []
  private var answers: [Int: Bool] = [:]

  /// The way to a key of so many bits.
  ///
  /// - Parameters:
  ///   - allBits: Bits with the padding.
  ///   - start: Depth of a leaf that was there some minutes ago.
  ///   - followsPadding: OpenDHT splits nodes of equal keys into the padding, where its own walk never comes. A lookup
  ///     follows; an insertion does not, since others would not see what stands there.
  package init(size: Int, allBits: Int, start: Int? = nil, followsPadding: Bool) {
    self.size = size
    self.allBits = allBits
    self.followsPadding = followsPadding
    high = size
    // Not beyond the last bit: what stands there belongs to the answer, though the leaf may be deeper.
    middle = start.map { min($0, max(0, size - 1)) } ?? size / 2
  }

  /// The first step.
  package mutating func begin() -> Step { step() }

  /// Takes the answer of a depth: whether there is a node.
  package mutating func answered(_ depth: Int, isNode: Bool) -> Step {
    answers[depth] = isNode
    return step()
  }

  /// Whether there is a node; nil where nobody answered yet.
  package func isNode(_ depth: Int) -> Bool? { answers[depth] }
}

extension Walk {
  private mutating func step() -> Step {
    if case .ended(let leaf) = state { return .end(leaf: leaf) }
    var asking: [Int] = []
    while true {
      if low > high {
        guard goesOn(below: middle) else { return end(at: middle) }
        continue
      }
      let depths = asksBelow ? [middle, middle + 1] : [middle]
      asking += depths.filter { asked.insert($0).inserted }
      switch (answers[middle], asksBelow ? answers[middle + 1] : false) {
      case (nil, _), (true?, nil):
        return asking.isEmpty ? .wait : .ask(asking)
      case (false?, _):
        search(from: low, to: middle - 1)
      case (true?, true?):
        search(from: middle + 1, to: high)
      case (true?, false?):
        guard goesOn(below: middle) else { return end(at: middle) }
      }
    }
  }

  // An empty key asks below the root: so do all peers.
  private var asksBelow: Bool { middle < size - 1 || size == 0 }

  private mutating func search(from low: Int, to high: Int) {
    (self.low, self.high) = (low, high)
    middle = (low + high) / 2
  }

  /// Goes on into the padding, once, when all bits of the key are nodes.
  private mutating func goesOn(below leaf: Int) -> Bool {
    guard followsPadding, size < allBits, leaf >= size - 1, answers[leaf] == true else { return false }
    size = allBits
    search(from: leaf + 1, to: allBits - 1)
    return true
  }

  private mutating func end(at leaf: Int) -> Step {
    state = .ended(leaf: leaf)
    return .end(leaf: leaf)
  }
}
