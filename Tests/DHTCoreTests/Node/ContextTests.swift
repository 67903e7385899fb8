import DHTModel
import Testing

@testable import DHTCore

@Suite struct ContextTests {
  typealias F = CoreFixture

  private func context(now: Instant = F.start, wall: WallTime = WallTime(seconds: 1_700_000_000)) -> Context {
    var context = Context(id: F.id(0), configuration: Configuration(), random: RandomSource(Seed(1, 2)), now: now)
    context.setWallTime(wall)
    return context
  }

  @Test("A date and its moment, there and back")
  func dates() {
    let context = context()
    #expect(context.wallTime(of: F.at(5)) == WallTime(seconds: 1_700_000_005))
    #expect(context.instant(of: WallTime(seconds: 1_699_999_990)) == F.at(-10))
    #expect(context.instant(of: nil) == F.start)
  }

  @Test("N-126: a date in the future counts as now")
  func future() {
    let context = context()
    for seconds: Int64 in [1_700_000_001, 4_000_000_000, .max] {
      #expect(context.instant(of: WallTime(seconds: seconds)) == F.start)
    }
  }

  @Test(
    "W§13: no date traps, however far off, on whatever clock", arguments: [Int64.min, -1, 0, 1, 1_700_000_000, .max])
  func farOff(seconds: Int64) {
    for now in [Instant.distantPast, Instant(nanoseconds: 0), F.start, .distantFuture] {
      for wall: Int64 in [.min, -1, 0, 1_700_000_000, .max] {
        var context = context(now: now, wall: WallTime(seconds: wall))
        let instant = context.instant(of: WallTime(seconds: seconds))
        #expect(instant <= now && instant >= min(.distantPast, now))
        _ = context.wallTime(of: instant).seconds
        context.now = .distantFuture
        #expect(context.now + .seconds(600) > context.now)
      }
    }
  }
}
