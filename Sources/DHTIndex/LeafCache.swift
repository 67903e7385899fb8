package import DHTModel

/// Leaves that were found lately: they tell where to begin the next walk, never what is true. (pht.md §9)
package struct LeafCache {
  private struct Leaf {
    var prefix: IndexPrefix
    var found: WallTime
  }
  /// The oldest first. A thousand short prefixes are compared in less time than one packet takes.
  private var leaves: [Leaf] = []

  package init() {}

  package var count: Int { leaves.count }

  /// Depth down to which the path of a key is known, nil when nothing is. A leaf that is hit counts as new.
  package mutating func depth(of content: [UInt8], now: WallTime) -> Int? {
    expire(now)
    var best: (index: Int, depth: Int)?
    for (index, leaf) in leaves.enumerated() {
      let depth = min(leaf.prefix.size, commonBits(leaf.prefix.content, content))
      if depth > best?.depth ?? -1 { best = (index, depth) }
    }
    guard let best else { return nil }
    if leaves[best.index].prefix.size == best.depth {
      var leaf = leaves.remove(at: best.index)
      leaf.found = now
      leaves.append(leaf)
    }
    return best.depth
  }

  /// Notes a leaf.
  package mutating func insert(_ prefix: IndexPrefix, now: WallTime) {
    expire(now)
    leaves.removeAll { $0.prefix == prefix }
    leaves.append(Leaf(prefix: prefix, found: now))
    if leaves.count > IndexLimits.cachedLeaves { leaves.removeFirst() }
  }

  // A leaf from the future was noted before the clock was set back: its age is unknown.
  private mutating func expire(_ now: WallTime) {
    leaves.removeAll { $0.found > now || now - $0.found > IndexLimits.cacheLifetime }
  }
}
