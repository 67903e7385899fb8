import DHTModel
import Testing

@testable import DHTCore

@Suite struct UpkeepTests {
  typealias F = CoreFixture

  @Test(
    "N-37, N-38: first after 3–5 s, then after 5–25 s when there was something to do, else after 60–180 s",
    arguments: UInt64(1)...50)
  func pauses(seed: UInt64) {
    var random = RandomSource(Seed(seed, 1))
    var upkeep = Upkeep(now: F.start, random: &random)
    #expect((F.at(3)...F.at(5)).contains(upkeep.nextRun))
    #expect((F.at(120)...F.at(360)).contains(upkeep.nextSweep))
    upkeep.ran(sent: true, now: F.at(10), random: &random)
    #expect((F.at(15)...F.at(35)).contains(upkeep.nextRun))
    upkeep.ran(sent: false, now: F.at(10), random: &random)
    #expect((F.at(70)...F.at(190)).contains(upkeep.nextRun))
    upkeep.hasten(to: F.at(11))
    #expect(upkeep.nextRun == F.at(11) && upkeep.nextDeadline == F.at(11))
    upkeep.hasten(to: F.at(12))
    #expect(upkeep.nextRun == F.at(11))
  }

  @Test("W-51: after a change of the network eight nodes are pinged at once, and eight every quarter second")
  func pacing() {
    var random = RandomSource(Seed(1, 1))
    var upkeep = Upkeep(now: F.start, random: &random)
    #expect(upkeep.takePings(now: F.at(1)).isEmpty && !upkeep.isPinging)
    let nodes = (UInt8(0)..<20).map { F.id($0) }
    upkeep.pingAll(nodes, now: F.at(1))
    #expect(upkeep.isPinging && upkeep.nextDeadline == F.at(1))
    #expect(upkeep.takePings(now: F.at(1)) == Array(nodes[0..<8]))
    #expect(upkeep.takePings(now: F.at(1)).isEmpty)
    #expect(upkeep.nextDeadline == F.at(1.25))
    #expect(upkeep.takePings(now: F.at(1.25)) == Array(nodes[8..<16]))
    #expect(upkeep.takePings(now: F.at(9)) == Array(nodes[16...]))
    #expect(!upkeep.isPinging && upkeep.nextDeadline > F.at(1))
    #expect(upkeep.takePings(now: F.at(99)).isEmpty)
    upkeep.pingAll([], now: F.at(100))
    #expect(upkeep.takePings(now: F.at(100)).isEmpty)
  }
}
