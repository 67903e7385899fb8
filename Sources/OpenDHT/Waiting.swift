internal import NIOConcurrencyHelpers

/// A task that waits for one answer of the session, and goes on at once when it is cancelled.
final class Waiting<Answer: Sendable>: Sendable {
  private enum State {
    case idle, waiting(CheckedContinuation<Answer, Never>), answered(Answer)
  }
  private let state = NIOLockedValueBox(State.idle)
  private let afterwards = NIOLockedValueBox<(@Sendable () -> Void)?>(nil)
  private let cancelled: Answer

  /// `cancelled` is the answer of a task that is cancelled first.
  init(cancelled: Answer) { self.cancelled = cancelled }

  var isAnswered: Bool {
    state.withLockedValue { if case .answered = $0 { true } else { false } }
  }

  /// Answers; only the first answer counts.
  func answer(_ answer: Answer) {
    let continuation = state.withLockedValue { state -> CheckedContinuation<Answer, Never>? in
      switch state {
      case .idle:
        state = .answered(answer)
        return nil
      case .waiting(let continuation):
        state = .answered(answer)
        return continuation
      case .answered:
        return nil
      }
    }
    continuation?.resume(returning: answer)
    afterwards.withLockedValue { work in
      defer { work = nil }
      return work
    }?()
  }

  /// Has a piece of work done once the answer is there, on the thread that gives it. One piece at most.
  func whenAnswered(_ work: @escaping @Sendable () -> Void) {
    afterwards.withLockedValue { $0 = work }
    // Answered meanwhile: whoever takes the work out does it.
    guard isAnswered else { return }
    afterwards.withLockedValue { work in
      defer { work = nil }
      return work
    }?()
  }

  /// Starts the work on the loop and waits for its answer. Called once.
  func value(of dht: DHT, _ work: @escaping @Sendable (Session) -> Void) async -> Answer {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let answer = state.withLockedValue { state -> Answer? in
          if case .answered(let answer) = state { return answer }
          state = .waiting(continuation)
          return nil
        }
        if let answer { return continuation.resume(returning: answer) }
        dht.tell(work)
      }
    } onCancel: {
      answer(cancelled)
    }
  }
}
