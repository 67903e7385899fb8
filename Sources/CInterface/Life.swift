internal import DHTTransport
internal import NIOConcurrencyHelpers
internal import OpenDHT

/// A runner from one start to the next stop: a node, its thread, and what runs there.
final class Life: Sendable {
  let dht: DHT
  let thread: RunnerThread
  private let process = SystemProcess.id
  private struct State {
    var running = 0
    var isEnding = false
    var whenIdle: (@Sendable () -> Void)?
  }
  private let state = NIOLockedValueBox(State())

  init(_ dht: DHT, on thread: RunnerThread) { (self.dht, self.thread) = (dht, thread) }

  /// Whether this is the process that started it. In a child of fork(2) neither node nor thread are there.
  var isOurs: Bool { process == SystemProcess.id }

  /// Runs a piece of work on the thread; nil, and nothing is run, when the life is ending.
  func perform(_ work: @escaping @Sendable (DHT) async -> Void) -> Task<Void, Never>? {
    let isTaken = state.withLockedValue { state in
      guard !state.isEnding else { return false }
      state.running += 1
      return true
    }
    guard isTaken else { return nil }
    return Task(executorPreference: thread) { [self] in
      await work(dht)
      finished()
    }
  }

  private func finished() {
    let whenIdle = state.withLockedValue { state -> (@Sendable () -> Void)? in
      state.running -= 1
      guard state.running == 0 else { return nil }
      defer { state.whenIdle = nil }
      return state.whenIdle
    }
    whenIdle?()
  }

  /// Ends every operation, whose callbacks are told, and the node; then `done` is called, once.
  func end(_ done: @escaping @Sendable () -> Void) {
    state.withLockedValue { $0.isEnding = true }
    Task(executorPreference: thread) { [self] in
      await dht.stop()
      let isIdle = state.withLockedValue { state in
        if state.running > 0 { state.whenIdle = done }
        return state.running == 0
      }
      if isIdle { done() }
    }
  }
}
