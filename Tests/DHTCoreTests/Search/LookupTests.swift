import DHTModel
import Testing

@testable import DHTCore

@Suite struct LookupTests {
  typealias F = CoreFixture
  /// Distances to this key are the prefixes themselves.
  private let key = InfoHash.zero

  private func lookup(confirmed: some Sequence<UInt8>) -> Lookup {
    var lookup = Lookup(key: key)
    for prefix in confirmed {
      lookup.insert(F.contact(prefix), hop: 0)
      lookup.update(F.id(prefix)) { $0.answer(now: F.start) }
    }
    return lookup
  }
  private func prefixes(_ candidates: [Candidate]) -> [UInt8] {
    candidates.map { candidate in (UInt8(0)...255).first { F.id($0) == candidate.id } ?? 0 }
  }

  @Test("Candidates stand in order of distance, each once")
  func order() {
    var lookup = Lookup(key: key)
    for prefix: UInt8 in [9, 3, 200, 1, 3, 77] { lookup.insert(F.contact(prefix), hop: 0) }
    #expect(prefixes(lookup.candidates) == [1, 3, 9, 77, 200])
    #expect(lookup.brokenInvariant() == nil)
    #expect(!lookup.insert(F.contact(3), hop: 5) && lookup[F.id(3)]?.hop == 0)
    #expect(lookup.insert(F.contact(4), hop: 5) && lookup[F.id(4)]?.hop == 5)
  }

  @Test("W-2: however many invented nodes are nearer, confirmed nodes stay")
  func inventions() {
    var lookup = lookup(confirmed: 200...207)
    for prefix in UInt8(1)...199 { lookup.insert(F.contact(prefix), hop: 1) }
    for prefix in UInt8(200)...207 { #expect(lookup[F.id(prefix)] != nil) }
    #expect(lookup.candidates.count == 8 + Lookup.unconfirmedLimit)
    #expect(prefixes(lookup.candidates).prefix(3) == [1, 2, 3], "the nearest of the others are kept")
    #expect(lookup.insert(F.contact(199), hop: 1) == false, "too far to be kept")
  }

  @Test("W-2: of confirmed nodes the fourteen nearest are kept")
  func confirmedLimit() {
    var lookup = lookup(confirmed: 1...20)
    lookup.insert(F.contact(30), hop: 0)
    #expect(prefixes(lookup.candidates) == Array(1...14) + [30])
  }

  @Test("W-2, N-56: nodes that died make room for those behind them, however many")
  func deadMakeRoom() {
    var lookup = Lookup(key: key)
    for prefix in UInt8(1)...120 {
      lookup.insert(F.contact(prefix), hop: 1)
      lookup.update(F.id(prefix)) { $0.fail() }
    }
    #expect(lookup.insert(F.contact(200), hop: 1) == true)
    #expect(lookup.liveCount == 1)
    #expect(lookup.candidates.count <= Lookup.failedLimit + 1, "\(lookup.candidates.count)")
    #expect(lookup.first(8) { !$0.isFailed }.map(\.id) == [F.id(200)])
  }

  @Test("A candidate that is being asked is not dropped")
  func askedStays() {
    var lookup = Lookup(key: key)
    lookup.insert(F.contact(250), hop: 0)
    lookup.update(F.id(250)) { $0.ask() }
    for prefix in UInt8(1)...100 { lookup.insert(F.contact(prefix), hop: 0) }
    #expect(lookup[F.id(250)] != nil)
    lookup.update(F.id(250)) { $0.withdraw() }
    lookup.insert(F.contact(0, 5), hop: 0)
    #expect(lookup[F.id(250)] == nil)
  }

  @Test("W-40: a new address is believed of nodes that never answered, or no longer do")
  func address() {
    let moved = NodeContact(id: F.id(5), address: F.address(99))
    var lookup = lookup(confirmed: [5])
    lookup.insert(moved, hop: 0)
    #expect(lookup[F.id(5)]?.contact == F.contact(5))
    lookup.update(F.id(5)) { $0.fail() }
    lookup.insert(moved, hop: 0)
    #expect(lookup[F.id(5)]?.contact == moved && lookup[F.id(5)]?.isFailed == false)

    var fresh = Lookup(key: key)
    fresh.insert(F.contact(5), hop: 0)
    fresh.update(F.id(5)) { $0.ask() }
    fresh.insert(moved, hop: 0)
    #expect(fresh[F.id(5)]?.contact == F.contact(5), "it is being asked there")
    fresh.update(F.id(5)) { $0.withdraw() }
    fresh.insert(moved, hop: 0)
    #expect(fresh[F.id(5)]?.contact == moved)
  }

  @Test("W-1: overdue nodes leave the front once somebody answered, and stand there while nobody did")
  func front() {
    var lookup = Lookup(key: key)
    for prefix in UInt8(1)...10 { lookup.insert(F.contact(prefix), hop: 0) }
    #expect(prefixes(lookup.front(at: F.at(0))) == Array(1...8))
    for prefix: UInt8 in [1, 2] {
      lookup.update(F.id(prefix)) {
        $0.ask(); $0.becomeLate(now: F.at(1))
      }
    }
    #expect(prefixes(lookup.front(at: F.at(4))) == Array(1...8), "nobody answered")
    lookup.update(F.id(5)) { $0.answer(now: F.at(2)) }
    #expect(prefixes(lookup.front(at: F.at(3.9))) == Array(1...8), "they still have time")
    #expect(prefixes(lookup.front(at: F.at(4))) == Array(3...10))
    lookup.update(F.id(3)) { $0.fail() }
    #expect(prefixes(lookup.front(at: F.at(4))) == Array(4...10))
    #expect(lookup.eighth == F.id(9) && lookup.liveCount == 9)
  }

  @Test("N-46, N-47: a late node frees its place among those in flight")
  func solicited() {
    var lookup = Lookup(key: key)
    for prefix in UInt8(1)...4 {
      lookup.insert(F.contact(prefix), hop: 0)
      lookup.update(F.id(prefix)) {
        $0.ask(); $0.ask()
      }
    }
    #expect(lookup.solicited == 4)
    lookup.update(F.id(1)) { $0.becomeLate(now: F.at(1)) }
    lookup.update(F.id(2)) { $0.answer(now: F.at(1)) }
    #expect(lookup.solicited == 3)
  }

  @Test("W-2: in any order of events, candidates stay sorted and bounded", arguments: UInt64(1)...10)
  func randomEvents(seed: UInt64) {
    var random = RandomSource(Seed(seed, 3))
    var lookup = Lookup(key: .random(using: &random))
    for step in 0..<500 {
      let id = F.id(.random(in: 0...255, using: &random))
      switch UInt8.random(in: 0..<8, using: &random) {
      case 0..<4: lookup.insert(NodeContact(id: id, address: F.address(1)), hop: step)
      case 4: lookup.update(id) { $0.ask() }
      case 5: lookup.update(id) { $0.answer(now: F.at(Double(step))) }
      case 6: lookup.update(id) { $0.fail() }
      default: lookup.update(id) { $0.withdraw() }
      }
      #expect(lookup.liveCount <= lookup.candidates.count)
      if let broken = lookup.brokenInvariant() {
        // Asks that never end keep their places; here they may pile up.
        #expect(
          broken.hasSuffix("candidates") && lookup.candidates.count { $0.asks > 0 } > 8,
          "seed \(seed), step \(step): \(broken)")
      }
    }
  }

  /// A contact of a public network.
  private func contact(_ prefix: UInt8, site: UInt32) -> NodeContact {
    NodeContact(id: F.id(prefix), address: SocketAddress(ip: IPAddress(ipv4: site << 8 | UInt32(prefix)), port: 4222))
  }

  @Test("W-41: of one network the nearest two come first; the others when there are too few elsewhere")
  func crowds() {
    var lookup = Lookup(key: key)
    for prefix in UInt8(1)...14 {
      lookup.insert(contact(prefix, site: 0x010203), hop: 0)
      lookup.update(F.id(prefix)) { $0.answer(now: F.start) }
    }
    #expect(prefixes(lookup.first(8) { !$0.isFailed }) == Array(1...8), "there is nobody else")
    for prefix in UInt8(100)...109 {
      lookup.insert(contact(prefix, site: 0x050000 + UInt32(prefix)), hop: 0)
      lookup.update(F.id(prefix)) { $0.answer(now: F.start) }
    }
    #expect(prefixes(lookup.first(8) { !$0.isFailed }) == [1, 2] + Array(100...105))
    #expect(lookup.eighth == F.id(105))
    #expect(prefixes(lookup.front(at: F.start)) == [1, 2] + Array(100...105))
    lookup.update(F.id(1)) { $0.fail() }
    lookup.markCrowds()
    #expect(prefixes(lookup.first(8) { !$0.isFailed }) == [2, 3] + Array(100...105))
    for prefix in UInt8(102)...109 { lookup.update(F.id(prefix)) { $0.fail() } }
    lookup.markCrowds()
    #expect(prefixes(lookup.first(8) { !$0.isFailed }) == [2, 3, 4, 5, 6, 7, 100, 101])
    #expect(lookup.brokenInvariant() == nil)
  }

  @Test("W-41: who never answered makes nobody of its network step back who did")
  func inventedNeighbours() {
    var lookup = Lookup(key: key)
    lookup.insert(contact(50, site: 0x010203), hop: 0)
    lookup.update(F.id(50)) { $0.answer(now: F.start) }
    for prefix in UInt8(1)...30 { lookup.insert(contact(prefix, site: 0x010203), hop: 1) }
    lookup.markCrowds()
    #expect(lookup[F.id(50)]?.isCrowded == false && lookup.candidates.count(where: { !$0.isCrowded }) == 2)
    #expect(lookup.brokenInvariant() == nil)
  }

  @Test("W-41: local networks have no crowds", arguments: [0x7f0000, 0x0a0000, 0xc0a801, 0xac1001] as [UInt32])
  func localCrowd(_ site: UInt32) {
    var lookup = Lookup(key: key)
    for prefix in UInt8(1)...14 { lookup.insert(contact(prefix, site: site), hop: 0) }
    #expect(!lookup.hasCrowds && lookup.candidates.count == 14)
  }
}
