import DHTModel
import Testing

@testable import DHTCore

/// Every event in every state of a search's view of a node.
@Suite struct CandidateTests {
  typealias F = CoreFixture

  enum State: CaseIterable { case fresh, asked, late, answered, failed }
  enum Step: CaseIterable { case ask, becomeLate, answer, withdraw, fail, desync, revive }

  private func candidate(_ state: State) -> Candidate {
    var candidate = Candidate(F.contact(1), hop: 2)
    switch state {
    case .fresh: break
    case .asked: candidate.ask()
    case .late:
      candidate.ask()
      candidate.becomeLate(now: F.at(1))
    case .answered:
      candidate.ask()
      candidate.answer(now: F.at(1))
    case .failed:
      candidate.ask()
      candidate.fail()
    }
    return candidate
  }

  /// Asks in flight, late since, answered, failed.
  private func after(_ step: Step, in state: State) -> String {
    var it = candidate(state)
    switch step {
    case .ask: it.ask()
    case .becomeLate: it.becomeLate(now: F.at(2))
    case .answer: it.answer(now: F.at(3))
    case .withdraw: it.withdraw()
    case .fail: it.fail()
    case .desync: it.desync()
    case .revive: it.revive()
    }
    func second(_ instant: Instant?) -> String { instant.map { "\(Int(($0 - F.start).inSeconds))" } ?? "-" }
    return "\(it.asks) \(second(it.lateSince)) \(second(it.answered)) \(it.isFailed ? "failed" : "live")"
  }

  @Test("Every event in every state")
  func table() {
    let expected: [State: [String]] = [
      // ask, becomeLate, answer, withdraw, fail, desync, revive
      .fresh: ["1 - - live", "0 2 - live", "0 - 3 live", "0 - - live", "0 - - failed", "0 - - live", "0 - - live"],
      .asked: ["2 - - live", "1 2 - live", "0 - 3 live", "0 - - live", "0 - - failed", "1 - - live", "1 - - live"],
      .late: ["2 1 - live", "1 1 - live", "0 - 3 live", "0 - - live", "0 - - failed", "1 1 - live", "1 1 - live"],
      .answered: ["1 - 1 live", "0 2 1 live", "0 - 3 live", "0 - 1 live", "0 - 1 failed", "0 - - live", "0 - 1 live"],
      .failed: [
        "1 - - failed", "0 2 - failed", "0 - 3 failed", "0 - - failed", "0 - - failed", "0 - - failed", "0 - - live",
      ],
    ]
    for state in State.allCases {
      #expect(Step.allCases.map { after($0, in: state) } == expected[state], "\(state)")
    }
  }

  @Test("W-1: a late node is overdue after three seconds of grace")
  func grace() {
    let late = candidate(.late)
    #expect(late.isLate && !late.isOverdue(at: F.at(3.999)) && late.isOverdue(at: F.at(4)))
    #expect(!candidate(.asked).isOverdue(at: F.at(100)))
  }

  @Test("N-53: what a node said of a key counts for ten minutes")
  func synced() {
    let answered = candidate(.answered)
    #expect(answered.isSynced(at: F.at(601)) && !answered.isSynced(at: F.at(601.001)))
    #expect(!candidate(.late).isSynced(at: F.at(1)))
  }
}
