import DHTModel

/// Up to eight nodes that share a prefix with us, the newest first.
struct Bucket {
  /// Nodes of a bucket, nodes per reply, and replicas of a value. (node.md §0.1)
  static let capacity = 8
  /// Silent for this long, a bucket wants a find. (node.md §0.2)
  static let staleAge: Duration = .seconds(600)

  private(set) var nodes: [NodeID] = []
  /// Takes the place of the next node that dies.
  var candidate: NodeID?
  /// Last reply in its range.
  var replied: Instant = .distantPast

  mutating func insert(_ id: NodeID) {
    precondition(!nodes.contains(id), "a node is in its bucket once")
    nodes.insert(id, at: 0)
    if candidate == id { candidate = nil }
  }

  mutating func remove(_ id: NodeID) {
    nodes.removeAll { $0 == id }
  }

  mutating func replace(_ old: NodeID, by new: NodeID) {
    remove(old)
    insert(new)
  }

  mutating func takeAll() -> [NodeID] {
    defer { nodes = [] }
    return nodes
  }
}
