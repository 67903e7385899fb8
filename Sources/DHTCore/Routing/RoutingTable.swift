import DHTModel

/// Known nodes by the prefix they share with our id. (node.md §2.3)
///
/// Only the bucket of our own id splits, so bucket *i* holds the nodes that share exactly *i* leading bits
/// with us, and the last bucket all that share more:
///
///     own id  0101…      bucket 0: 1…    bucket 1: 00…    bucket 2: 011…    last: 010…
///
/// It never sends: what an insertion calls for is its result.
struct RoutingTable {
  enum Insertion: Equatable {
    case alreadyThere
    /// In a bucket now.
    case added
    /// The bucket is full; ask this dubious node whether it still lives. The newcomer waits as candidate.
    case probe(NodeID)
    /// The bucket is full of good nodes; the newcomer waits as candidate, or was turned away.
    case waiting
  }

  /// How well a node is known. (node.md §2.3)
  enum Confidence: Int, Comparable {
    case mentioned, contactedUs, replied
    static func < (x: Self, y: Self) -> Bool { x.rawValue < y.rawValue }
  }

  let own: NodeID
  /// An entry point keeps more nodes of far regions, since strangers ask it first.
  let isBootstrap: Bool
  /// Nodes of one network that a full bucket keeps when others want a place. (node.md W-41)
  let perSite: Int
  private(set) var buckets = [Bucket()]
  /// When a new node last came to the bucket of our own id, whether or not it found a place.
  private(set) var grown: Instant = .distantPast

  init(own: NodeID, isBootstrap: Bool, perSite: Int = Limits().nodesPerSite) {
    self.perSite = perSite
    self.own = own
    self.isBootstrap = isBootstrap
  }

  /// Depth of the bucket of our own id.
  var depth: Int { buckets.count - 1 }

  func bucketIndex(of id: NodeID) -> Int { min(own.commonBits(with: id), buckets.count - 1) }

  /// A node of the table replied.
  mutating func noteReply(of id: NodeID, now: Instant) { buckets[bucketIndex(of: id)].replied = now }

  /// Offers a node. The caller keeps `KnownNode.isInTable` in step: it is set here.
  mutating func insert(_ id: NodeID, _ confidence: Confidence, known: inout KnownNodes, now: Instant) -> Insertion {
    while true {
      let at = bucketIndex(of: id)
      if confidence == .replied { buckets[at].replied = now }
      if buckets[at].nodes.contains(id) { return .alreadyThere }
      let isOwn = at == buckets.count - 1
      if isOwn { grown = now }
      if buckets[at].nodes.count < capacity(at) {
        add(id, to: at, &known)
        return .added
      }
      if let dead = buckets[at].nodes.first(where: { known.look($0) { $0.expired != nil } ?? false }) {
        known.update(dead) { $0.isInTable = false }
        buckets[at].replace(dead, by: id)
        known.update(id) { $0.isInTable = true }
        return .added
      }
      let dubious = buckets[at].nodes.filter { !known.isGood($0, at: now) }
      if isOwn, buckets.count < InfoHash.bitCount, dubious.isEmpty || buckets.count == 1 {
        split(&known)
        continue
      }
      if confidence == .replied, let crowding = crowding(at, id, known) {
        known.update(crowding) { $0.isInTable = false }
        buckets[at].replace(crowding, by: id)
        known.update(id) { $0.isInTable = true }
        return .added
      }
      if confidence >= .contactedUs || buckets[at].candidate == nil { buckets[at].candidate = id }
      // Ask one, and not again while it is being asked: peers limit our requests, and one free place is all we need.
      if let probe = dubious.first(where: { known.look($0) { $0.pending == 0 } ?? false }) { return .probe(probe) }
      return .waiting
    }
  }

  /// A node of the table died: its bucket's candidate takes its place at once. Returns the candidate. (node.md W-47)
  @discardableResult
  mutating func replaceDead(_ id: NodeID, known: inout KnownNodes) -> NodeID? {
    let at = bucketIndex(of: id)
    guard buckets[at].nodes.contains(id), let candidate = buckets[at].candidate else { return nil }
    buckets[at].candidate = nil
    guard let node = known[candidate], node.expired == nil, !node.isInTable else { return nil }
    known.update(id) { $0.isInTable = false }
    known.update(candidate) { $0.isInTable = true }
    buckets[at].replace(id, by: candidate)
    return candidate
  }

  /// Drops nodes that are expired and silent for long. Returns candidates that moved in and want a ping.
  mutating func removeDead(known: inout KnownNodes, now: Instant) -> [NodeID] {
    var moved: [NodeID] = []
    for at in buckets.indices {
      let dead = buckets[at].nodes.filter { id in
        guard let node = known[id] else { return true }
        return node.expired.map { $0 <= now - KnownNode.goodNewsAge } ?? false
      }
      for id in dead {
        buckets[at].remove(id)
        known.update(id) { $0.isInTable = false }
      }
      if !dead.isEmpty, let candidate = buckets[at].candidate {
        buckets[at].candidate = nil
        guard let node = known[candidate], node.expired == nil, !node.isInTable else { continue }
        add(candidate, to: at, &known)
        moved.append(candidate)
      }
    }
    return moved
  }

  /// The network of this machine changed: every bucket wants news.
  mutating func forgetTimes(now: Instant) {
    grown = now
    for at in buckets.indices { buckets[at].replied = .distantPast }
  }

  /// All nodes of the table, the bucket of our own id first.
  var allNodes: [NodeID] { buckets.reversed().flatMap(\.nodes) }
}

extension RoutingTable {
  /// The good nodes nearest to a target, nearest first. Collected in the order of XOR distance, not of ids.
  func closestGood(to target: InfoHash, count: Int, known: borrowing KnownNodes, now: Instant) -> [NodeContact] {
    var found: [NodeContact] = []
    found.reserveCapacity(count + Bucket.capacity)
    let common = bucketIndex(of: target)
    // Nodes that share more with the target than we do; then those that share as much; then ever less.
    collect(common...common, target, count, known, now, &found)
    if found.count < count, common + 1 < buckets.count {
      collect((common + 1)...(buckets.count - 1), target, count, known, now, &found)
    }
    var index = common - 1
    while found.count < count, index >= 0 {
      collect(index...index, target, count, known, now, &found)
      index -= 1
    }
    if found.count > count { found.removeLast(found.count - count) }
    return found
  }

  private func collect(
    _ range: ClosedRange<Int>, _ target: InfoHash, _ count: Int, _ known: borrowing KnownNodes, _ now: Instant,
    _ found: inout [NodeContact]
  ) {
    let start = found.count
    for at in range {
      for id in buckets[at].nodes {
        guard let address = known.look(id, { $0.isGood(at: now) ? $0.address : nil }) ?? nil else { continue }
        var place = found.count
        while place > start, id.isCloser(to: target, than: found[place - 1].id) { place -= 1 }
        found.insert(NodeContact(id: id, address: address), at: place)
      }
    }
  }

  /// First id of a bucket's range, for people: our prefix, with the bit that differs.
  func firstID(ofBucket at: Int) -> InfoHash {
    var first = InfoHash.zero
    for bit in 0..<at where own.bit(bit) { first = first.settingBit(bit, to: true) }
    if at < buckets.count - 1, !own.bit(at) { first = first.settingBit(at, to: true) }
    return first
  }

  /// A random id in a bucket's range.
  func randomID(inBucket at: Int, using random: inout some RandomNumberGenerator) -> InfoHash {
    var id = InfoHash.random(using: &random)
    for bit in 0..<at { id = id.settingBit(bit, to: own.bit(bit)) }
    if at < buckets.count - 1 { id = id.settingBit(at, to: !own.bit(at)) }
    return id
  }

  /// Whether a bucket has been silent for long, or is empty.
  func isStale(_ at: Int, now: Instant) -> Bool {
    buckets[at].nodes.isEmpty || buckets[at].replied < now - Bucket.staleAge
  }

  private static let bootstrapFactor = 8
  /// Buckets of far regions, by depth, that an entry point widens.
  private static let bootstrapDepth = 6

  func capacity(_ at: Int) -> Int {
    isBootstrap && at < min(Self.bootstrapDepth, buckets.count - 1)
      ? Bucket.capacity * Self.bootstrapFactor : Bucket.capacity
  }

  /// The newest node of a network that has more than its share of a full bucket, while a newcomer's has not. Nodes that
  /// are there for long stay: an attacker's are new.
  private func crowding(_ at: Int, _ newcomer: NodeID, _ known: borrowing KnownNodes) -> NodeID? {
    let share = perSite * capacity(at) / Bucket.capacity
    let nodes = buckets[at].nodes
    let sites = nodes.map { known.look($0) { $0.address.ip.site } ?? nil }
    let own = known.look(newcomer) { $0.address.ip.site } ?? nil
    guard own == nil || sites.count(where: { $0 == own }) < share else { return nil }
    for place in nodes.indices {
      guard let site = sites[place] else { continue }
      if sites.count(where: { $0 == site }) > share { return nodes[place] }
    }
    return nil
  }

  private mutating func add(_ id: NodeID, to at: Int, _ known: inout KnownNodes) {
    buckets[at].insert(id)
    known.update(id) { $0.isInTable = true }
  }

  private mutating func split(_ known: inout KnownNodes) {
    let last = buckets.count - 1
    var fresh = Bucket()
    fresh.replied = buckets[last].replied
    let nodes = buckets[last].takeAll()
    let candidate = buckets[last].candidate
    buckets[last].candidate = nil
    buckets.append(fresh)
    // Oldest first, so that the newest stands in front again.
    for id in nodes.reversed() { buckets[bucketIndex(of: id)].insert(id) }
    if let candidate { buckets[bucketIndex(of: candidate)].candidate = candidate }
  }
}
