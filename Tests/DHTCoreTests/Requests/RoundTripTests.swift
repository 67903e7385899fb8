import DHTModel
import Testing

@testable import DHTCore

@Suite struct RoundTripTests {
  private func measured(_ samples: Duration...) -> RoundTrip {
    var roundTrip = RoundTrip()
    for sample in samples { roundTrip.measure(sample) }
    return roundTrip
  }

  @Test("W-3: late after four round trips, never before 250 ms nor after 1 s")
  func late() {
    #expect(RoundTrip().lateAfter(else: RoundTrip()) == .seconds(1))
    #expect(measured(.milliseconds(10)).lateAfter(else: RoundTrip()) == .milliseconds(250))
    #expect(measured(.milliseconds(100)).lateAfter(else: RoundTrip()) == .milliseconds(400))
    #expect(measured(.seconds(3)).lateAfter(else: RoundTrip()) == .seconds(1))
    #expect(
      RoundTrip().lateAfter(else: measured(.milliseconds(100))) == .milliseconds(400), "others' time until its own")
    #expect(measured(.milliseconds(100)).lateAfter(else: measured(.seconds(3))) == .milliseconds(400))
  }

  @Test("W-3: the estimate follows, smoothed; a varying time counts as longer")
  func smoothing() {
    #expect(RoundTrip().estimate == nil)
    #expect(measured(.milliseconds(80)).estimate == .milliseconds(80))
    #expect(measured(.milliseconds(80), .milliseconds(160)).estimate == .milliseconds(90))
    let steady = measured(.milliseconds(100), .milliseconds(100), .milliseconds(100), .milliseconds(100))
    let varying = measured(.milliseconds(100), .milliseconds(20), .milliseconds(400), .milliseconds(50))
    #expect(varying.lateAfter(else: RoundTrip()) > steady.lateAfter(else: RoundTrip()))
  }

  @Test("Impossible times do no harm")
  func extremes() {
    var roundTrip = measured(.seconds(Int64.max), .seconds(-5), .zero, .nanoseconds(Int64.max))
    for _ in 0..<100 { roundTrip.measure(.zero) }
    #expect(roundTrip.estimate ?? .zero > .zero && roundTrip.estimate ?? .seconds(61) <= .seconds(60))
    #expect((.milliseconds(250) ... .seconds(1)).contains(roundTrip.lateAfter(else: RoundTrip())))
  }
}
