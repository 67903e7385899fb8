/// Constants of the index. (pht.md §1)
package enum IndexLimits {
  /// Entries that a node of the tree holds before it is split. All users of an index have to agree.
  package static let nodeEntries = 16
  /// How long entries and canaries live: the lifetime of values of type 0.
  package static let lifetime: Duration = .seconds(600)
  /// How long a known leaf tells where to begin. The canaries of a leaf that nobody uses are gone after ten minutes.
  package static let cacheLifetime: Duration = .seconds(300)
  /// Known leaves.
  package static let cachedLeaves = 1024

  // What strangers can grow, and what we would otherwise follow. Our own bounds.

  /// Bytes of a linear key: an entry and what stands around it stay far below the 64 KiB of a value.
  package static let contentBytes = 32768
  /// Entries taken from one node of the tree. Deeper than the longest key nothing splits, so a node may hold many.
  package static let entriesPerRead = 4096
  /// Nodes that a nearest lookup reads beyond its walk.
  package static let readsPerNearest = 1024
  /// Nodes that one scan reads.
  package static let readsPerScan = 16384
  /// Entries that one scan finds.
  package static let entriesPerScan = 1 << 18
  /// Reads and writes of one operation that are under way at once.
  package static let parallel = 16
  /// Prefixes that are watched for a split of the node above. Each is a listen.
  package static let watches = 1024
}
