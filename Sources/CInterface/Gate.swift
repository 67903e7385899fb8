internal import NIOConcurrencyHelpers

/// Where a thread of C's waits for an answer.
final class Gate<Answer: Sendable>: Sendable {
  private enum Phase { case closed, open }
  private let lock = ConditionLock(value: Phase.closed)
  private let answer = NIOLockedValueBox<Answer?>(nil)

  /// Answers; only the first answer counts.
  func open(_ answer: Answer) {
    self.answer.withLockedValue { if $0 == nil { $0 = answer } }
    lock.lock()
    lock.unlock(withValue: .open)
  }

  /// Blocks until there is an answer.
  func wait() -> Answer? {
    lock.lock(whenValue: .open)
    lock.unlock()
    return answer.withLockedValue { $0 }
  }
}
