import DHTModel
import DHTWire
import Testing

@testable import DHTCore

@Suite struct PendingRequestTests {
  typealias F = CoreFixture

  static func request(
    _ transaction: TransactionID = 1, lateAfter: Duration = .milliseconds(400), now: Instant = F.start,
    random: inout RandomSource
  ) -> PendingRequest {
    PendingRequest(
      transaction: transaction, destination: F.address(1), node: F.id(1), purpose: .probe, packets: PacketArena(),
      lateAfter: lateAfter, now: now, random: &random)
  }

  /// What an action is, to compare it.
  private func name(_ action: PendingRequest.Action) -> String {
    switch action {
    case .wait: "wait"
    case .reportLate: "late"
    case .retransmit(let late): late ? "retransmit, late" : "retransmit"
    case .reportExpired: "expired"
    }
  }

  @Test(
    "N-20, N-21: three sends, 1.0–1.25 s and 2.0–2.75 s apart, given up 4.0–5.75 s after the third",
    arguments: UInt64(1)...200)
  func timing(seed: UInt64) {
    var random = RandomSource(Seed(seed, 1))
    var request = Self.request(lateAfter: .seconds(10), random: &random)
    var gaps: [Duration] = []
    for expected in ["retransmit, late", "retransmit", "expired"] {
      let (due, last) = (request.due, request.lastSent)
      #expect(name(request.advance(to: due - .nanoseconds(1), random: &random)) == "wait")
      #expect(name(request.advance(to: due, random: &random)) == expected)
      gaps.append(due - last)
    }
    #expect((.milliseconds(1000) ... .milliseconds(1250)).contains(gaps[0]))
    #expect((.milliseconds(2000) ... .milliseconds(2750)).contains(gaps[1]))
    #expect((.milliseconds(4000) ... .milliseconds(5750)).contains(gaps[2]))
    #expect(request.attempt == 3)
  }

  @Test("W-3: late once, by the measured time, and not sent again sooner than after 1 s")
  func late() {
    var random = RandomSource(Seed(1, 1))
    var request = Self.request(random: &random)
    #expect(request.nextDeadline == F.at(0.4))
    #expect(name(request.advance(to: F.at(0.399), random: &random)) == "wait")
    #expect(name(request.advance(to: F.at(0.4), random: &random)) == "late")
    #expect(name(request.advance(to: F.at(0.5), random: &random)) == "wait")
    #expect(request.nextDeadline == request.due && request.due >= F.at(1))
    #expect(name(request.advance(to: request.due, random: &random)) == "retransmit")
  }

  @Test("A driver that wakes late gets both in one: late, and sent again")
  func lateDriver() {
    var random = RandomSource(Seed(1, 1))
    var request = Self.request(random: &random)
    #expect(name(request.advance(to: F.at(5), random: &random)) == "retransmit, late")
    #expect(request.lastSent == F.at(5) && request.due >= F.at(7) && request.firstSent == F.start)
  }

  @Test("While parts of its answer arrive, it is neither late nor sent again")
  func receiving() {
    var random = RandomSource(Seed(1, 1))
    var request = Self.request(random: &random)
    request.receiveHead(until: F.at(11))
    #expect(name(request.advance(to: F.at(10.999), random: &random)) == "wait")
    #expect(name(request.advance(to: F.at(11), random: &random)) == "expired")
  }
}
