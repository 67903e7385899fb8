import DHTModel
import DHTWire

/// Keeping the routing table alive. (node.md §2.5)
extension Overlay {
  mutating func maintain(otherTable: RoutingTable?, _ context: inout Context) {
    for id in upkeep.takePings(now: context.now) { probe(id, &context) }
    if upkeep.nextRun <= context.now {
      let sent = tendBuckets(otherTable, &context) || tendNeighbourhood(otherTable, &context)
      upkeep.ran(sent: sent, now: context.now, random: &context.random)
    }
    if upkeep.nextSweep <= context.now {
      for id in contacts.table.removeDead(known: &contacts.known, now: context.now) { probe(id, &context) }
      forgetIdleSearches(now: context.now)
      upkeep.swept(now: context.now, random: &context.random)
    }
  }

  /// Asks the dubious nodes of the table whether they live, unless that is under way.
  mutating func wake(_ now: Instant) {
    guard !upkeep.isPinging else { return }
    let dubious = contacts.table.allNodes.filter { id in
      contacts.known.look(id) { $0.expired == nil && $0.pending == 0 && !$0.isGood(at: now) } ?? false
    }
    if !dubious.isEmpty { upkeep.pingAll(dubious, now: now) }
  }

  /// Asks a node about each bucket that has been silent. Returns whether anything was sent.
  private mutating func tendBuckets(_ otherTable: RoutingTable?, _ context: inout Context) -> Bool {
    var sent = false
    for at in contacts.table.buckets.indices where contacts.table.isStale(at, now: context.now) {
      let target = contacts.table.randomID(inBucket: at, using: &context.random)
      guard let node = source(nearBucket: at, &context) else { continue }
      find(target, from: node, otherTable, &context)
      sent = true
    }
    return sent
  }

  /// Looks for neighbours while our own bucket grows.
  private mutating func tendNeighbourhood(_ otherTable: RoutingTable?, _ context: inout Context) -> Bool {
    guard contacts.table.grown >= context.now - Upkeep.growthAge,
      let node = source(nearBucket: contacts.table.depth, &context)
    else { return false }
    var target = context.id
    let tail = UInt8.random(in: .min ... .max, using: &context.random)
    for bit in 0..<8 { target = target.settingBit(InfoHash.bitCount - 1 - bit, to: tail >> UInt8(bit) & 1 == 1) }
    find(target, from: node, otherTable, &context)
    return true
  }

  /// A node to ask about a bucket: usually one of its own, sometimes of a neighbour's, so that views mix.
  private mutating func source(nearBucket at: Int, _ context: inout Context) -> KnownNode? {
    let buckets = contacts.table.buckets
    func chance() -> Bool { UInt8.random(in: 0..<8, using: &context.random) == 0 }
    var chosen = at
    if buckets[chosen].nodes.isEmpty || chance(), chosen + 1 < buckets.count { chosen += 1 }
    if buckets[chosen].nodes.isEmpty || chance(), chosen > 0, !buckets[chosen - 1].nodes.isEmpty { chosen -= 1 }
    let nodes = buckets[chosen].nodes.isEmpty ? contacts.table.allNodes : buckets[chosen].nodes
    let live = nodes.filter { contacts.known[$0]?.expired == nil }
    guard let id = (live.isEmpty ? nodes : live).randomElement(using: &context.random),
      let node = contacts.known[id], node.pending == 0
    else { return nil }
    return node
  }

  private mutating func find(
    _ target: InfoHash, from node: KnownNode, _ otherTable: RoutingTable?, _ context: inout Context
  ) {
    contacts.ask(
      node.address, node: node.id, .find(Request.Find(target: target, want: want(target, otherTable, &context))),
      for: .maintenance, &context)
  }

  /// Both families when we run both and the other one is thin there, and now and then anyway.
  private func want(_ target: InfoHash, _ otherTable: RoutingTable?, _ context: inout Context) -> Want {
    guard let otherTable else { return .unspecified }
    let isThin = otherTable.buckets[otherTable.bucketIndex(of: target)].nodes.count < Bucket.capacity
    let isTurn = UInt8.random(in: 0..<38, using: &context.random) == 0
    return isThin || isTurn ? .families(ipv4: true, ipv6: true) : .unspecified
  }
}
