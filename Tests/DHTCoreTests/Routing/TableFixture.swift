import DHTModel

@testable import DHTCore

/// A routing table, and the records of the nodes that were offered to it.
struct TableFixture {
  var table: RoutingTable
  var known: KnownNodes
  var now = CoreFixture.start

  init(own: NodeID = CoreFixture.id(0), isBootstrap: Bool = false, limit: Int = 100_000) {
    table = RoutingTable(own: own, isBootstrap: isBootstrap)
    known = KnownNodes(limit: limit)
  }

  @discardableResult
  mutating func offer(
    _ id: NodeID, _ confidence: RoutingTable.Confidence = .replied, isGood: Bool = true
  ) -> RoutingTable.Insertion {
    if known[id] == nil {
      var node = CoreFixture.good(id, now: isGood ? now : .distantPast)
      if !isGood { node.replied = .distantPast }
      known.insert(node, now: now)
    }
    return table.insert(id, confidence, known: &known, now: now)
  }

  mutating func expire(_ id: NodeID) { known.update(id) { $0.expired = now } }

  /// Fills the bucket of the far half with good nodes, newest first.
  mutating func fillFarBucket() -> [NodeID] {
    offer(CoreFixture.id(0x01))
    let far = (UInt8(0)..<8).map { CoreFixture.id(0x80 + $0) }
    for id in far { offer(id) }
    return far.reversed()
  }
}
