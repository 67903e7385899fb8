import DHTModel
import Testing

@testable import DHTCore

@Suite struct KnownNodesTests {
  typealias F = CoreFixture

  private func invention(_ number: UInt32, at now: Instant) -> KnownNode {
    var node = KnownNode(id: F.id(0xFF, number), address: F.address(number), isClient: false)
    node.mentioned = now
    return node
  }

  @Test("Inventions push out inventions, never a node that replied")
  func inventions() {
    var known = KnownNodes(limit: 100)
    for number in UInt32(0)..<50 { known.insert(F.good(F.id(1, number)), now: F.at(0)) }
    for number in UInt32(0)..<2000 {
      let now = F.at(Double(number) * 0.013)
      known.insert(invention(number, at: now), now: now)
      #expect(known.count <= 100)
    }
    for number in UInt32(0)..<50 { #expect(known[F.id(1, number)] != nil) }
    #expect(known[F.id(0xFF, 1999)] != nil)
    #expect(known.brokenInvariant() == nil)
  }

  @Test("Expired nodes go first, then the longest silent")
  func order() {
    var known = KnownNodes(limit: 64)
    for number in UInt32(0)..<64 {
      known.insert(F.good(F.id(1, number), now: F.at(Double(number + 1))), now: F.at(100))
    }
    known.update(F.id(1, 40)) { $0.expired = F.at(99) }
    known.insert(F.good(F.id(2), now: F.at(100)), now: F.at(100))
    #expect(known[F.id(1, 40)] == nil && known.count == 64)
    known.insert(F.good(F.id(3), now: F.at(100)), now: F.at(100))
    #expect(known[F.id(1, 0)] == nil && known.count == 64)
  }

  @Test("Nodes of the table, and those being asked, stay; when they need the room no longer, it shrinks back")
  func needed() {
    var known = KnownNodes(limit: 64)
    for number in UInt32(0)..<64 {
      known.insert(invention(number, at: F.at(0)), now: F.at(0))
      known.update(F.id(0xFF, number)) { node in
        node.isInTable = number % 2 == 0
        node.pending = number % 2 == 0 ? 0 : 1
      }
    }
    for number in UInt32(100)..<110 { known.insert(F.good(F.id(1, number)), now: F.at(1)) }
    for number in UInt32(0)..<64 { #expect(known[F.id(0xFF, number)] != nil) }
    #expect(known.count > 64)
    for number in UInt32(0)..<64 { known.update(F.id(0xFF, number)) { $0.pending = 0 } }
    for number in UInt32(200)..<240 { known.insert(invention(number, at: F.at(2)), now: F.at(2)) }
    #expect(known.count == 64)
    #expect(known.brokenInvariant() == nil)
  }

  @Test("The nearest are what sorting all of them gives", arguments: UInt64(1)...20)
  func nearest(seed: UInt64) {
    var random = RandomSource(Seed(seed, 8))
    var known = KnownNodes(limit: 500)
    var ids: [NodeID] = []
    for _ in 0..<Int.random(in: 0...200, using: &random) {
      let id = InfoHash.random(using: &random)
      ids.append(id)
      var node = F.good(id)
      if UInt8.random(in: 0..<3, using: &random) == 0 { node.expired = F.start }
      known.insert(node, now: F.start)
    }
    for _ in 0..<20 {
      let target = InfoHash.random(using: &random)
      let count = Int.random(in: 1...14, using: &random)
      let found = known.nearest(to: target, count: count) { $0.expired == nil }
      let live = ids.filter { known[$0]?.expired == nil }
      #expect(found.map(\.id) == Array(live.sorted { $0.isCloser(to: target, than: $1) }.prefix(count)), "seed \(seed)")
    }
  }

  @Test("Records that come and go are found under their ids", arguments: UInt64(1)...5)
  func churn(seed: UInt64) {
    var random = RandomSource(Seed(seed, 9))
    var known = KnownNodes(limit: 70)
    for step in 0..<1000 {
      let id = F.id(UInt8.random(in: 0...255, using: &random))
      let now = F.at(Double(step))
      if known[id] == nil { known.insert(F.good(id, now: now), now: now) } else { known.update(id) { $0.heard = now } }
      #expect(known[id]?.id == id && known.brokenInvariant() == nil, "seed \(seed), step \(step)")
      #expect(known.count <= 70)
    }
  }
}

@Suite struct KnownNodeTests {
  typealias F = CoreFixture

  @Test("N-22, N-26: good for two hours after a reply, and ten minutes after the last news")
  func good() {
    var node = F.good(F.id(1))
    #expect(node.state(at: F.at(600)) == .good)
    #expect(node.state(at: F.at(600.001)) == .dubious)
    node.heard = F.at(7200)
    #expect(node.state(at: F.at(7200)) == .good)
    #expect(node.state(at: F.at(7200.001)) == .dubious)
    node.replied = F.at(7200)
    node.expired = F.at(7200)
    #expect(node.state(at: F.at(7201)) == .expired)
    node.expired = nil
    node.replied = .distantPast
    #expect(node.state(at: F.at(7201)) == .dubious, "it only asked")
  }

  @Test("N-44, W-46: an expired node may be asked again a minute after it failed, when somebody named it since")
  func secondChance() {
    var node = F.good(F.id(1))
    #expect(node.mayBeAsked(at: F.at(0)))
    node.expired = F.at(10)
    #expect(!node.mayBeAsked(at: F.at(100)), "nobody named it")
    node.mentioned = F.at(20)
    #expect(!node.mayBeAsked(at: F.at(69)))
    #expect(node.mayBeAsked(at: F.at(70)))
    node.retried = F.at(71)
    node.mentioned = F.at(72)
    #expect(!node.mayBeAsked(at: F.at(130)))
    #expect(node.mayBeAsked(at: F.at(131)))
  }

  @Test("W§9: a token is used at once for ten minutes")
  func freshToken() {
    var node = F.good(F.id(1))
    node.synced = F.start
    #expect(!node.hasFreshToken(at: F.start))
    node.token = Token(words: 1, 2, 3, 4)
    #expect(node.hasFreshToken(at: F.at(600)) && !node.hasFreshToken(at: F.at(600.001)))
  }
}
