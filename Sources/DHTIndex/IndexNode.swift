internal import DHTModel

/// What was read at a prefix.
package struct IndexNode: Sendable, Equatable {
  /// Whether there was a canary: the prefix is a node of the tree.
  package var isNode = false
  /// Each once, in the order they came; at most `IndexLimits.entriesPerRead`.
  package private(set) var entries: [StoredEntry] = []
  private var seen: Set<StoredEntry> = []

  package init() {}

  /// Takes one value that stands there.
  mutating func take(_ value: Value, of name: IndexName, contentBytes: Int) {
    if name.isCanary(value) {
      isNode = true
    } else if let entry = name.entry(in: value, contentBytes: contentBytes) {
      take(entry)
    }
  }

  /// Takes an entry.
  mutating func take(_ entry: StoredEntry) {
    if entries.count < IndexLimits.entriesPerRead, seen.insert(entry).inserted { entries.append(entry) }
  }
}
