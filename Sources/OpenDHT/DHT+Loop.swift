internal import DHTCore
internal import NIOCore

// The only doors to the session: each runs on its event loop. Always through `execute`, also when already there, so
// that nothing ever enters the node while it is busy with another input.
extension DHT {
  /// Runs a piece of work on the loop, and does not wait.
  func tell(_ work: @escaping @Sendable (Session) -> Void) {
    let session = session
    session.eventLoop.execute { work(session.value) }
  }

  /// Runs a piece of work on the loop and returns what it made.
  func onLoop<Answer: Sendable>(_ work: @escaping @Sendable (Session) -> Answer) async -> Answer {
    await answer { session, done in done(work(session)) }
  }

  /// Runs a piece of work on the loop that answers, once, now or later.
  func answer<Answer: Sendable>(
    _ work: @escaping @Sendable (Session, _ done: @escaping @Sendable (Answer) -> Void) -> Void
  ) async -> Answer {
    await withCheckedContinuation { continuation in
      tell { session in work(session) { continuation.resume(returning: $0) } }
    }
  }

  /// Reads something from the node; `fallback` when none runs.
  func read<Answer: Sendable>(
    or fallback: Answer, _ question: @escaping @Sendable (borrowing Node, Instant) -> Answer
  ) async -> Answer {
    await onLoop { session in session.read(question) ?? fallback }
  }
}
