import DHTModel
import NIOConcurrencyHelpers
import Testing

@testable import DHTCore
@testable import DHTTransport

struct WorkThreadsTests {
  private static func check(_ values: [Value], _ open: @escaping @Sendable (Value) -> Void) -> RunningCheck {
    let opener = ValueOpener { value in
      open(value)
      return .refused(.notForUs)
    }
    return RunningCheck(Check(id: Check.ID(number: 1), work: .open(values, opener)))
  }

  @Test("a flood of cyphers lets other work have its turn, and every one is opened once, in its order")
  func turns() async {
    let threads = WorkThreads(count: 1)
    let done = NIOLockedValueBox<[Value.ID]>([])
    let values = (1...50).map { Value(id: $0, content: .encrypted([1])) }
    let result = await withCheckedContinuation { continuation in
      let check = Self.check(values) { value in
        done.withLockedValue { $0.append(value.id) }
        // The only thread is busy: this waits for the end of the first portion.
        if value.id == 1 { threads.run { done.withLockedValue { $0.append(1000) } } }
      }
      threads.run(check) { continuation.resume(returning: $0) }
    }
    guard case .opened(let openings) = result.answer else { return #expect(Bool(false), "another kind of answer") }
    #expect(openings.count == 50)
    let cyphers = RunningCheck.portion / RunningCheck.cypherCost
    #expect(done.withLockedValue { $0.firstIndex(of: 1000) } == cyphers)
    #expect(done.withLockedValue { $0.filter { $0 < 1000 } } == values.map(\.id))
  }

  @Test("a check of nothing, and one of exactly a portion, end at once", arguments: [0, RunningCheck.portion])
  func ends(count: Int) {
    let signature = Value.Signature(owner: [1], sequence: 0, signature: [1])
    let value = Value(id: 1, content: .signed(Value.Body(data: []), signature))
    var check = Self.check(Array(repeating: value, count: count)) { _ in }
    #expect(check.advance() != nil)
  }
}
