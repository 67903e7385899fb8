internal import NIOConcurrencyHelpers
package import NIOCore

/// The answer to one request, on its way from the task that makes it to the connection.
///
///     exchange.answer(Answer(body: bytes))                       // whole, or
///     exchange.begin(Answer())                                   // streamed
///     guard await exchange.send(line) else { return }            // false: the client has gone
///     exchange.end()
///
/// What the connection did not take yet waits here: up to `capacity` bytes, then `send` waits as well.
package final class Exchange: Sendable {
  /// What waits for the connection. Taken as a whole, so that many small pieces cost one write.
  struct Pending {
    var head: Answer?
    var isWhole = false
    var bytes = ByteBuffer()
    var isEnded = false
    /// Whether it is cut off instead, so that nobody takes it for whole.
    var isBroken = false
  }
  private struct State {
    var pending = Pending()
    var isBegun = false
    /// Whether the connection has been told to come and take.
    var isAnnounced = false
    var isClosed = false
    var waiting: CheckedContinuation<Bool, Never>?
  }
  /// Bytes that may wait: a few of the largest values. One address may have hundreds of streams that nobody reads.
  static let capacity = 256 << 10

  private let state = NIOLockedValueBox(State())
  private let isChunked: Bool
  private let announce: @Sendable () -> Void

  /// - Parameters:
  ///   - isChunked: whether pieces get their sizes, as in HTTP/1.
  ///   - announce: tells the connection to call `take`.
  init(isChunked: Bool, announce: @escaping @Sendable () -> Void) {
    self.isChunked = isChunked
    self.announce = announce
  }
}

// What the task calls.
extension Exchange {
  /// Answers with all at once. No effect after `begin`.
  package func answer(_ answer: Answer) {
    change { state in
      guard !state.isBegun else { return false }
      state.isBegun = true
      state.pending = Pending(head: answer, isWhole: true, isEnded: true)
      return true
    }
  }

  /// Begins a streamed answer. Unless told to, the head waits for the first piece, or for a second.
  package func begin(_ head: Answer, flushed: Bool = false) {
    change { state in
      guard !state.isBegun else { return false }
      state.isBegun = true
      state.pending.head = head
      return flushed
    }
  }

  /// Takes back what was begun: answers instead if the head has not gone out, else cuts the answer off, so that nobody takes
  /// it for whole.
  package func fail(_ answer: Answer) {
    change { state in
      guard !state.pending.isEnded else { return false }
      if !state.isBegun || state.pending.head != nil {
        state.isBegun = true
        state.pending = Pending(head: answer, isWhole: true, isEnded: true)
      } else {
        state.pending.isEnded = true
        state.pending.isBroken = true
      }
      return true
    }
  }

  /// Whether `begin` or `answer` was called.
  package var isBegun: Bool { state.withLockedValue { $0.isBegun } }

  /// Adds a piece, and waits while too much waits. Returns false when nobody wants it any more.
  package func send(_ piece: ByteBuffer) async -> Bool {
    var isFull = false
    var isClosed = false
    change { state in
      isClosed = state.isClosed
      guard !isClosed, !state.pending.isEnded else { return false }
      if isChunked {
        state.pending.bytes.writeChunk(piece.readableBytesView)
      } else {
        state.pending.bytes.writeImmutableBuffer(piece)
      }
      isFull = state.pending.bytes.readableBytes > Self.capacity
      return true
    }
    return isFull ? await room() : !isClosed
  }

  /// Ends a streamed answer.
  package func end() {
    change { state in
      guard state.isBegun, !state.pending.isEnded else { return false }
      state.pending.isEnded = true
      return true
    }
  }

  private func room() async -> Bool {
    await withCheckedContinuation { continuation in
      let now: Bool? = state.withLockedValue { state in
        if state.isClosed { return false }
        if state.pending.bytes.readableBytes <= Self.capacity { return true }
        state.waiting = continuation
        return nil
      }
      if let now { continuation.resume(returning: now) }
    }
  }

  private func change(_ body: (inout State) -> Bool) {
    let isNews = state.withLockedValue { state in
      guard body(&state), !state.isAnnounced, !state.isClosed else { return false }
      state.isAnnounced = true
      return true
    }
    if isNews { announce() }
  }
}

// What the connection calls.
extension Exchange {
  /// Takes all that waits.
  func take() -> Pending {
    let (pending, waiting) = state.withLockedValue { state in
      defer {
        state.pending = Pending(isEnded: state.pending.isEnded)
        state.isAnnounced = false
        state.waiting = nil
      }
      return (state.pending, state.waiting)
    }
    waiting?.resume(returning: true)
    return pending
  }

  /// Nobody wants the answer any more.
  func close() {
    let waiting = state.withLockedValue { state in
      state.isClosed = true
      state.pending = Pending()
      defer { state.waiting = nil }
      return state.waiting
    }
    waiting?.resume(returning: false)
  }
}
