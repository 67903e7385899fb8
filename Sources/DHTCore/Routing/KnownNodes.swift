import DHTModel

/// All remote nodes that we remember of one family, in the routing table and beyond.
///
/// Records stand in slots; an id finds its slot by a dictionary. Over its limit it forgets nodes that are in
/// no bucket and have no request in flight, the longest silent first.
struct KnownNodes {
  private var slots: [KnownNode] = []
  private var index: [NodeID: Int32] = [:]
  /// Records beyond which the least useful is forgotten.
  private let limit: Int

  init(limit: Int) { self.limit = max(limit, 64) }

  var count: Int { slots.count }
  var indexCount: Int { index.count }

  subscript(id: NodeID) -> KnownNode? {
    guard let slot = index[id] else { return nil }
    return slots[Int(slot)]
  }

  /// Looks at a record where it is: a copy of one is two hundred bytes, and this is done for every packet.
  @inline(__always)
  func look<R>(_ id: NodeID, _ body: (borrowing KnownNode) -> R) -> R? {
    guard let slot = index[id] else { return nil }
    return body(slots[Int(slot)])
  }

  func isGood(_ id: NodeID, at now: Instant) -> Bool { look(id) { $0.isGood(at: now) } ?? false }

  /// Changes a record in place; nil when it is unknown.
  @discardableResult
  mutating func update<R>(_ id: NodeID, _ change: (inout KnownNode) -> R) -> R? {
    guard let slot = index[id] else { return nil }
    return change(&slots[Int(slot)])
  }

  /// Adds a record, forgetting another when full.
  mutating func insert(_ node: KnownNode, now: Instant) {
    precondition(index[node.id] == nil, "a node has one record")
    if slots.count >= limit { forgetOne(now: now) }
    // Once everyone looked at was needed, and it grew beyond the limit: another goes, until it is back.
    if slots.count >= limit { forgetOne(now: now) }
    index[node.id] = Int32(slots.count)
    slots.append(node)
  }

  /// Visits every record. The order means nothing and must not reach an output.
  func forEach(_ body: (borrowing KnownNode) -> Void) {
    for slot in slots.indices { body(slots[slot]) }
  }

  mutating func updateAll(_ change: (inout KnownNode) -> Void) {
    for slot in slots.indices { change(&slots[slot]) }
  }

  /// The records nearest to a target that pass a test, nearest first.
  func nearest(to target: InfoHash, count: Int, where test: (borrowing KnownNode) -> Bool) -> [NodeContact] {
    var best: [NodeContact] = []
    best.reserveCapacity(count + 1)
    for slot in slots.indices {
      if best.count == count, !slots[slot].id.isCloser(to: target, than: best[count - 1].id) { continue }
      guard test(slots[slot]) else { continue }
      var place = best.count
      while place > 0, slots[slot].id.isCloser(to: target, than: best[place - 1].id) { place -= 1 }
      best.insert(slots[slot].contact, at: place)
      if best.count > count { best.removeLast() }
    }
    return best
  }
}

extension KnownNodes {
  /// Records looked at to find one to forget: of 64 the worst is among the worst 5 % with a probability of 96 %. A full
  /// scan on each insertion would let a stranger burn our time. A choice of ours.
  private static let sample = 64
  /// Prime, so that samples spread over all slots.
  private static let stride = 31

  private mutating func forgetOne(now: Instant) {
    var victim: Int?
    let start = Int(now.nanoseconds & 0xffff)
    for offset in 0..<min(slots.count, Self.sample) {
      let slot = (start + offset * Self.stride) % slots.count
      let node = slots[slot]
      guard !node.isInTable, node.pending == 0 else { continue }
      if let current = victim, rank(slots[current]) <= rank(node) { continue }
      victim = slot
    }
    if let victim { remove(at: victim) }
  }

  /// Expired nodes go first, then those that never replied, then the longest silent. A stranger who invents ids
  /// thus pushes out inventions, not nodes that proved themselves.
  private func rank(_ node: KnownNode) -> (Int, Instant) {
    if node.expired != nil { return (0, node.heard) }
    return node.replied == .distantPast ? (1, max(node.heard, node.mentioned)) : (2, node.replied)
  }

  private mutating func remove(at slot: Int) {
    index[slots[slot].id] = nil
    let last = slots.count - 1
    if slot != last {
      slots[slot] = slots[last]
      index[slots[slot].id] = Int32(slot)
    }
    slots.removeLast()
  }
}
