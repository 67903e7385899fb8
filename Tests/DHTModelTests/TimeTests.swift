import DHTModel
import Testing

@Suite struct TimeTests {
  @Test("Moments saturate, and never trap")
  func saturation() {
    let last = Instant(nanoseconds: .max), first = Instant(nanoseconds: .min)
    #expect(last + .seconds(1) == .distantFuture)
    #expect(first - .seconds(1) == .distantPast)
    #expect(last - first == .nanoseconds(Int64.max))
    #expect(first - last == .nanoseconds(Int64.min))
    #expect(Duration.seconds(Int64.max).inNanoseconds == .max)
    #expect(Duration.seconds(Int64.min).inNanoseconds == .min)
    #expect(WallTime(seconds: .max).nanoseconds == .max)
    #expect(WallTime(seconds: .min).nanoseconds == .min)
    #expect(WallTime(nanoseconds: .max) + .seconds(1) == WallTime(nanoseconds: .max))
  }

  @Test("Durations and dates")
  func arithmetic() {
    #expect(Duration.milliseconds(1500).inNanoseconds == 1_500_000_000)
    #expect(Duration.milliseconds(-1500).inNanoseconds == -1_500_000_000)
    #expect(Duration.milliseconds(1500).inSeconds == 1.5)
    #expect(Instant(nanoseconds: 5) + .nanoseconds(7) - Instant(nanoseconds: 2) == .nanoseconds(10))
    #expect(WallTime(seconds: 1_795_207_506).seconds == 1_795_207_506)
    #expect(WallTime(seconds: 2) - WallTime(seconds: 5) == .seconds(-3))
  }
}
