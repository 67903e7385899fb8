internal import COpenDHT
internal import NIOConcurrencyHelpers

/// A callback of C's that takes the lines of a log, on a thread of its own: it may be slow, and may call the library.
final class LogCallback: LogSink {
  /// Lines that wait for a callback that is slow. Beyond it lines are dropped, and the next one says how many.
  private static let longestQueue = 1024

  private struct State {
    var waiting = 0
    var dropped = 0
    var isOver = false
  }
  private let state = NIOLockedValueBox(State())
  private let thread: RunnerThread
  private let call: LogCall

  /// Nil when the system has no thread to give.
  init?(_ function: odht_log_cb, _ userData: UnsafeMutableRawPointer?) {
    guard let thread = RunnerThread() else { return nil }
    self.thread = thread
    call = LogCall(function: function, userData: userData)
  }

  func take(_ level: Int32, _ line: String) {
    let dropped = state.withLockedValue { state -> Int? in
      guard !state.isOver else { return nil }
      guard state.waiting < Self.longestQueue else {
        state.dropped += 1
        return nil
      }
      state.waiting += 1
      defer { state.dropped = 0 }
      return state.dropped
    }
    guard let dropped else { return }
    Task(executorPreference: thread) { [self] in
      let isOver = state.withLockedValue { state in
        state.waiting -= 1
        return state.isOver
      }
      if !isOver { call(level, dropped == 0 ? line : "\(line) (\(dropped) lines before it were dropped)") }
    }
  }

  func end() {
    state.withLockedValue { $0.isOver = true }
    thread.end()
  }
}

/// An `odht_log_cb` with its pointer. Sendable: both are only handed back, on one thread.
private struct LogCall: @unchecked Sendable {
  let function: odht_log_cb
  let userData: UnsafeMutableRawPointer?
  func callAsFunction(_ level: Int32, _ line: String) { line.withCString { function(level, $0, userData) } }
}
