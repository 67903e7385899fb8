import DHTModel
import Testing

@testable import DHTCore

@Suite struct ExplorationTests {
  typealias F = CoreFixture

  @Test("W-12, N-41: looks at its own id, then at each bucket from the nearest to the farthest")
  func buckets() {
    var random = RandomSource(Seed(1, 2))
    var fixture = TableFixture()
    for prefix in UInt8(1)...100 { fixture.offer(F.id(prefix)) }
    for prefix in UInt8(128)...140 { fixture.offer(F.id(prefix)) }
    let depth = fixture.table.depth
    #expect(depth >= 3)
    var exploration = Exploration()
    var target = exploration.begin(own: F.id(0))
    #expect(target == F.id(0))
    var visited: [Int] = []
    while let next = exploration.explored(target, table: fixture.table, known: 100, now: F.start, random: &random) {
      visited.append(fixture.table.bucketIndex(of: next))
      target = next
    }
    #expect(visited == (0..<depth).reversed())
    #expect(exploration.nextDeadline == F.at(2))
  }

  @Test("Three rounds, with growing pauses; a network that no longer grows ends it sooner")
  func rounds() {
    var random = RandomSource(Seed(1, 2))
    let table = RoutingTable(own: F.id(0), isBootstrap: false)
    var exploration = Exploration()
    _ = exploration.begin(own: F.id(0))
    func explored(_ known: Int, _ now: Instant) -> InfoHash? {
      exploration.explored(F.id(0), table: table, known: known, now: now, random: &random)
    }
    #expect(explored(10, F.at(0)) == nil && exploration.nextDeadline == F.at(2))
    #expect(exploration.advance(to: F.at(1.9), own: F.id(0)) == nil)
    #expect(exploration.advance(to: F.at(2), own: F.id(0)) == F.id(0))
    #expect(exploration.nextDeadline == nil)
    #expect(explored(20, F.at(2)) == nil && exploration.nextDeadline == F.at(6))
    #expect(exploration.advance(to: F.at(6), own: F.id(0)) == F.id(0))
    #expect(explored(40, F.at(6)) == nil && exploration.nextDeadline == nil, "the third was the last")

    _ = exploration.begin(own: F.id(0))
    #expect(explored(40, F.at(7)) == nil)
    #expect(exploration.advance(to: F.at(9), own: F.id(0)) != nil)
    #expect(explored(49, F.at(9)) == nil && exploration.nextDeadline == nil, "less than a quarter more")
  }

  @Test("Targets that it did not choose mean nothing to it")
  func strangers() {
    var random = RandomSource(Seed(1, 2))
    var exploration = Exploration()
    let table = RoutingTable(own: F.id(0), isBootstrap: false)
    #expect(exploration.explored(F.id(9), table: table, known: 9, now: F.start, random: &random) == nil)
    #expect(exploration.advance(to: F.at(100), own: F.id(0)) == nil)
    _ = exploration.begin(own: F.id(0))
    #expect(exploration.explored(F.id(9), table: table, known: 9, now: F.start, random: &random) == nil)
    #expect(exploration.nextDeadline == nil)
  }

  @Test("Where there is no room for its search, looking around goes on after a pause, and not for ever")
  func refused() {
    var exploration = Exploration()
    let own = CoreFixture.id(0)
    _ = exploration.begin(own: own)
    exploration.refused(known: 3, now: CoreFixture.at(1))
    #expect(exploration.nextDeadline == CoreFixture.at(3))
    #expect(exploration.advance(to: CoreFixture.at(3), own: own) == own)
    exploration.refused(known: 3, now: CoreFixture.at(3))
    #expect(exploration.advance(to: CoreFixture.at(7), own: own) == own)
    exploration.refused(known: 3, now: CoreFixture.at(7))
    #expect(exploration.nextDeadline == nil)
  }
}
