import DHTModel
import Testing

@testable import DHTCore

@Suite struct RoutingTableTests {
  typealias F = CoreFixture

  @Test("N-32: eight nodes fill a bucket; that of our own id splits for the ninth")
  func split() {
    var fixture = TableFixture()
    for number in UInt8(0)..<8 { #expect(fixture.offer(F.id(0x10 + number)) == .added) }
    #expect(fixture.table.depth == 0)
    // All nine share three bits with us: three splits move none of them.
    #expect(fixture.offer(F.id(0x18)) != .alreadyThere)
    #expect(fixture.table.depth >= 3)
    #expect(fixture.table.brokenInvariant(known: fixture.known) == nil)
    #expect(fixture.offer(F.id(0x10)) == .alreadyThere)
  }

  @Test("N-32: a dubious node in our own bucket stops the split, unless it is the only bucket")
  func splitNeedsGoodNodes() {
    var fixture = TableFixture()
    for number in UInt8(0)..<7 { fixture.offer(F.id(0x80 + number)) }
    fixture.offer(F.id(0x01), .mentioned, isGood: false)
    #expect(fixture.offer(F.id(0x02)) == .added)
    #expect(fixture.table.depth == 1)
    for number in UInt8(3)..<9 { fixture.offer(F.id(number)) }
    #expect(fixture.table.buckets[1].nodes.count == 8)
    #expect(fixture.offer(F.id(0x0A)) == .probe(F.id(0x01)))
    #expect(fixture.table.depth == 1)
  }

  @Test(
    "N-33: a full bucket of good nodes keeps the newcomer as candidate; one that is only named does not displace it")
  func candidate() {
    var fixture = TableFixture()
    _ = fixture.fillFarBucket()
    #expect(fixture.offer(F.id(0x90), .mentioned) == .waiting)
    #expect(fixture.table.buckets[0].candidate == F.id(0x90))
    #expect(fixture.offer(F.id(0x91), .mentioned) == .waiting)
    #expect(fixture.table.buckets[0].candidate == F.id(0x90))
    #expect(fixture.offer(F.id(0x92), .contactedUs) == .waiting)
    #expect(fixture.table.buckets[0].candidate == F.id(0x92))
    #expect(fixture.table.buckets[0].nodes.count == 8)
  }

  @Test("N-34: an expired node gives its place to the newcomer")
  func replacement() {
    var fixture = TableFixture()
    let far = fixture.fillFarBucket()
    fixture.expire(far[3])
    #expect(fixture.offer(F.id(0x90)) == .added)
    #expect(!fixture.table.buckets[0].nodes.contains(far[3]))
    #expect(fixture.table.buckets[0].nodes.first == F.id(0x90))
    #expect(fixture.table.brokenInvariant(known: fixture.known) == nil)
  }

  @Test("N-35: of a full bucket one dubious node is asked, and none that is being asked")
  func probe() {
    var fixture = TableFixture()
    let far = fixture.fillFarBucket()
    for id in [far[2], far[5]] { fixture.known.update(id) { $0.heard = .distantPast } }
    #expect(fixture.offer(F.id(0x90)) == .probe(far[2]))
    fixture.known.update(far[2]) { $0.pending = 1 }
    #expect(fixture.offer(F.id(0x91)) == .probe(far[5]))
    fixture.known.update(far[5]) { $0.pending = 1 }
    #expect(fixture.offer(F.id(0x92)) == .waiting)
  }

  @Test("W-47: the candidate takes the place of a dead node at once")
  func replaceDead() {
    var fixture = TableFixture()
    let far = fixture.fillFarBucket()
    fixture.expire(far[0])
    fixture.table.replaceDead(far[0], known: &fixture.known)
    #expect(fixture.table.buckets[0].nodes.contains(far[0]), "nobody waits: it stays until it is replaced")
    fixture.known.update(far[0]) { $0.expired = nil }

    fixture.offer(F.id(0x90))
    fixture.expire(far[1])
    fixture.table.replaceDead(far[1], known: &fixture.known)
    #expect(fixture.table.buckets[0].nodes.first == F.id(0x90))
    #expect(!fixture.table.buckets[0].nodes.contains(far[1]))
    #expect(fixture.table.buckets[0].candidate == nil)
    #expect(fixture.table.brokenInvariant(known: fixture.known) == nil)

    // A candidate that died meanwhile, or that is unknown, is no help.
    fixture.offer(F.id(0x91))
    fixture.expire(F.id(0x91))
    fixture.expire(far[2])
    fixture.table.replaceDead(far[2], known: &fixture.known)
    #expect(fixture.table.buckets[0].candidate == nil)
    #expect(fixture.table.buckets[0].nodes.contains(far[2]))
  }

  @Test("W-47: a candidate that comes in by itself is no candidate any more")
  func candidateComesIn() {
    var fixture = TableFixture()
    let far = fixture.fillFarBucket()
    fixture.offer(F.id(0x90))
    fixture.expire(far[0])
    #expect(fixture.offer(F.id(0x90)) == .added)
    #expect(fixture.table.buckets[0].candidate == nil)
  }

  @Test("A sweep drops nodes that are expired for ten minutes; candidates move in and are asked")
  func removeDead() {
    var fixture = TableFixture()
    let far = fixture.fillFarBucket()
    fixture.expire(far[0])
    fixture.expire(far[1])
    fixture.offer(F.id(0x90))  // takes the place of far[0]
    fixture.known.update(far[1]) { $0.expired = nil }
    fixture.offer(F.id(0x91))
    fixture.expire(far[1])
    fixture.now = F.at(599)
    #expect(fixture.table.removeDead(known: &fixture.known, now: fixture.now).isEmpty)
    fixture.now = F.at(600)
    #expect(fixture.table.removeDead(known: &fixture.known, now: fixture.now) == [F.id(0x91)])
    #expect(fixture.table.buckets[0].nodes.count == 8)
    #expect(fixture.table.brokenInvariant(known: fixture.known) == nil)
  }

  @Test("N-27: the nearest good nodes are what sorting all of them gives", arguments: UInt64(1)...20)
  func closestGood(seed: UInt64) {
    var random = RandomSource(Seed(seed, 5))
    let own = InfoHash.random(using: &random)
    var fixture = TableFixture(own: own, isBootstrap: seed % 4 == 0)
    for _ in 0..<Int.random(in: 0...300, using: &random) {
      fixture.offer(Self.near(own, using: &random), isGood: UInt8.random(in: 0..<4, using: &random) > 0)
    }
    let good = fixture.table.allNodes.filter { fixture.known.isGood($0, at: fixture.now) }
    for round in 0..<30 {
      let target = round % 2 == 0 ? InfoHash.random(using: &random) : Self.near(own, using: &random)
      let count = [1, 8, 14].randomElement(using: &random) ?? 8
      let found = fixture.table.closestGood(to: target, count: count, known: fixture.known, now: fixture.now)
      let expected = good.sorted { $0.isCloser(to: target, than: $1) }.prefix(count)
      #expect(found.map(\.id) == Array(expected), "seed \(seed)")
      #expect(found.allSatisfy { fixture.known[$0.id]?.contact == $0 })
    }
  }

  @Test("An entry point holds 64 nodes in each of its six farthest buckets")
  func bootstrapCapacity() {
    var fixture = TableFixture(isBootstrap: true)
    fixture.offer(F.id(0x01))
    for tail in UInt32(0)..<100 { fixture.offer(F.id(0x80, tail)) }
    #expect(fixture.table.buckets[0].nodes.count == 64)
    for tail in UInt32(0)..<100 { fixture.offer(F.id(0x00, tail + 2)) }
    #expect(fixture.table.buckets.last?.nodes.count ?? 9 <= 8)
    #expect(fixture.table.brokenInvariant(known: fixture.known) == nil)
  }

  @Test("Ids of a bucket's range, first and random, lie in it", arguments: UInt64(1)...5)
  func ranges(seed: UInt64) {
    var random = RandomSource(Seed(seed, 6))
    let own = InfoHash.random(using: &random)
    var fixture = TableFixture(own: own)
    for _ in 0..<400 { fixture.offer(Self.near(own, using: &random)) }
    #expect(fixture.table.depth > 5)
    for at in fixture.table.buckets.indices {
      #expect(fixture.table.bucketIndex(of: fixture.table.firstID(ofBucket: at)) == at)
      for _ in 0..<20 {
        #expect(fixture.table.bucketIndex(of: fixture.table.randomID(inBucket: at, using: &random)) == at)
      }
      let first = fixture.table.firstID(ofBucket: at)
      #expect(fixture.table.buckets[at].nodes.allSatisfy { first <= $0 })
    }
  }

  @Test("A bucket is stale when it is empty, or silent for ten minutes")
  func stale() {
    var fixture = TableFixture()
    #expect(fixture.table.isStale(0, now: fixture.now))
    fixture.offer(F.id(0x80), .mentioned)
    #expect(fixture.table.isStale(0, now: fixture.now), "only named, never heard")
    fixture.offer(F.id(0x80))
    #expect(!fixture.table.isStale(0, now: F.at(600)))
    #expect(fixture.table.isStale(0, now: F.at(601)))
    fixture.table.noteReply(of: F.id(0x80), now: F.at(500))
    #expect(!fixture.table.isStale(0, now: F.at(601)))
    fixture.table.forgetTimes(now: F.at(602))
    #expect(fixture.table.isStale(0, now: F.at(602)))
  }

  @Test("N-32, W-47: whatever happens in whatever order, buckets and records agree", arguments: UInt64(1)...10)
  func randomEvents(seed: UInt64) {
    var random = RandomSource(Seed(seed, 7))
    let own = InfoHash.random(using: &random)
    var fixture = TableFixture(own: own, isBootstrap: seed % 3 == 0)
    let ids = (0..<150).map { _ in Self.near(own, using: &random) }
    for step in 0..<600 {
      let id = ids.randomElement(using: &random) ?? own
      fixture.now = fixture.now + .seconds(Int64.random(in: 0...20, using: &random))
      switch UInt8.random(in: 0..<10, using: &random) {
      case 0..<6: fixture.offer(id, [.mentioned, .contactedUs, .replied].randomElement(using: &random) ?? .mentioned)
      case 6, 7:
        fixture.expire(id)
        fixture.table.replaceDead(id, known: &fixture.known)
      case 8:
        fixture.known.update(id) { node in
          node.expired = nil
          node.heard = fixture.now
          node.replied = fixture.now
        }
      default: _ = fixture.table.removeDead(known: &fixture.known, now: fixture.now)
      }
      let broken = fixture.table.brokenInvariant(known: fixture.known)
      #expect(broken == nil, "seed \(seed), step \(step)")
      if broken != nil { return }
    }
  }

  /// An id that shares a random number of bits with another, few more often than many.
  static func near(_ own: NodeID, using random: inout RandomSource) -> NodeID {
    var id = InfoHash.random(using: &random)
    for bit in 0..<Int.random(in: 0...12, using: &random) { id = id.settingBit(bit, to: own.bit(bit)) }
    return id
  }

  @Test("W-41: a full bucket gives the places that one network has beyond two to nodes of others, the newest first")
  func crowds() {
    var fixture = TableFixture()
    func offer(_ id: NodeID, ip: UInt32, _ confidence: RoutingTable.Confidence = .replied) -> RoutingTable.Insertion {
      var node = KnownNode(id: id, address: SocketAddress(ip: IPAddress(ipv4: ip), port: 4222), isClient: false)
      node.heard = fixture.now
      node.replied = fixture.now
      fixture.known.insert(node, now: fixture.now)
      return fixture.offer(id, confidence)
    }
    fixture.offer(F.id(0x01))
    for number in UInt8(0)..<8 { _ = offer(F.id(0x80 + number), ip: 0x0102_0300 + UInt32(number)) }
    #expect(offer(F.id(0x90), ip: 0x0102_0390) == .waiting, "of the same network")
    #expect(offer(F.id(0x91), ip: 0x0505_0501, .contactedUs) == .waiting, "it has not answered yet")
    for number in UInt8(0)..<8 {
      let result = offer(F.id(0xa0 + number), ip: 0x0606_0000 + UInt32(number) << 8)
      #expect(result == (number < 6 ? .added : .waiting))
    }
    let bucket = fixture.table.buckets[0].nodes
    #expect(bucket.contains(F.id(0x80)) && bucket.contains(F.id(0x81)), "the oldest stay")
    #expect(bucket.count == 8 && fixture.table.brokenInvariant(known: fixture.known) == nil)
  }
}
