/// Where a new entry goes, once the leaf of its key and what stands on the way are known. (pht.md §8)
package enum Placement: Equatable {
  /// Into the leaf, or the node above it when both and the sibling hold few entries.
  case join
  /// Into a new leaf of this depth.
  case split(depth: Int)
}

extension Placement {
  /// - Parameters:
  ///   - found: What stands on the way, the entry itself not among it.
  ///   - leaf: Depth of the leaf.
  package init(of key: LinearKey, leaf: Int, among found: [StoredEntry]) {
    // Entries of a node above that belong beside this leaf do not fill it.
    let inLeaf = found.filter { commonBits($0.content, key.content) >= leaf }
    guard inLeaf.count >= IndexLimits.nodeEntries, leaf < key.size else {
      self = .join
      return
    }
    let allBits = 8 * key.content.count
    let common = inLeaf.lazy.map { commonBits($0.content, key.content) }.min() ?? 0
    let depth = common < allBits - 1 ? common + 1 : allBits - 1
    // Beyond the key's own bits no reader of OpenDHT comes: the last of them may hold more than 16.
    let deepest = min(depth, key.size - 1)
    self = deepest > leaf ? .split(depth: deepest) : .join
  }
}
