import DHTModel
import Testing

@testable import DHTCore

@Suite struct AnnounceTests {
  typealias F = CoreFixture

  private func announce(isPermanent: Bool = true) -> Announce {
    Announce(
      id: 1, value: Value("v", id: 7), created: nil, isPermanent: isPermanent, wantsVerify: false,
      lifetime: .seconds(600))
  }

  @Test("N-82: a permanent value is refreshed ten seconds before it would expire; others are not")
  func refresh() {
    let acknowledged = Announce.Status.acknowledged(at: F.at(5))
    #expect(announce().refreshTime(acknowledged) == F.at(595))
    #expect(announce(isPermanent: false).refreshTime(acknowledged) == nil)
    for status in [nil, .probing, .putting, .refreshing, .verifying(acknowledged: F.at(5)), .refused]
      as [Announce.Status?]
    {
      #expect(announce().refreshTime(status) == nil)
    }
  }

  @Test("A node stands once in the receipt, as what it did last")
  func receipt() {
    var announce = announce()
    announce.fail(F.contact(1), .silent)
    announce.fail(F.contact(1), .refused(code: 401))
    #expect(announce.failed == [PutFailure(node: F.contact(1), reason: .refused(code: 401))])
    announce.acknowledge(F.contact(1), now: F.start)
    announce.acknowledge(F.contact(1), now: F.start)
    #expect(announce.failed.isEmpty && announce.stored == [F.contact(1)])
    announce.fail(F.contact(1), .notFoundOnVerify)
    #expect(announce.stored.isEmpty && announce.failed.count == 1)
    // After the report the receipt is the application's; refreshes do not grow it.
    announce.isReported = true
    announce.acknowledge(F.contact(2), now: F.at(9))
    announce.fail(F.contact(3), .silent)
    #expect(announce.stored.isEmpty && announce.statuses[F.id(2)] == .acknowledged(at: F.at(9)))
    #expect(!announce.failed.contains { $0.node == F.contact(3) })
  }
}
