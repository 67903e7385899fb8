internal import NIOConcurrencyHelpers
internal import NIOCore

/// Lets some requests through at a time; others wait in the order they came. So the time for an answer does not run while a
/// request waits for a connection. Who waits is bounded by what may ask: listens, kept values, farewells.
final class RequestGate: Sendable {
  private struct State {
    var free: Int
    var waiters = CircularBuffer<CheckedContinuation<Void, Never>>()
  }

  private let state: NIOLockedValueBox<State>

  init(width: Int) { state = NIOLockedValueBox(State(free: max(1, width))) }

  /// Does something when it is its turn.
  func pass<Result: Sendable>(_ work: () async -> Result) async -> Result {
    await enter()
    defer { leave() }
    return await work()
  }

  // A task that is cancelled while it waits keeps its place; its request then fails at once.
  private func enter() async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLockedValue { state in
        if state.free > 0 {
          state.free -= 1
          return true
        }
        state.waiters.append(continuation)
        return false
      }
      if isFree { continuation.resume() }
    }
  }

  private func leave() {
    let next = state.withLockedValue { state in
      let next = state.waiters.popFirst()
      if next == nil { state.free += 1 }
      return next
    }
    next?.resume()
  }
}
