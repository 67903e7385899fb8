import Dispatch
import NIOConcurrencyHelpers

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Signals of the system, handed to one handler at a time instead of their default effect.
final class Signals: Sendable {
  typealias Handler = @Sendable (Int32) -> Void
  private struct State {
    var handler: Handler?
    /// Signals that came before any handler; repeated ones count once.
    var waiting: Set<Int32> = []
  }
  private let state = NIOLockedValueBox(State())
  // Only held, so that they live as long as this: nothing reads it after `init`.
  private nonisolated(unsafe) var sources: [any DispatchSourceSignal] = []

  /// Catches some signals and ignores others, until the process ends. A hang-up or interrupt that whoever started the
  /// program had ignored stays so: `nohup dht listen …` outlives its terminal.
  init(catching caught: [Int32], ignoring ignored: [Int32] = []) {
    for number in ignored { signal(number, SIG_IGN) }
    let ours = caught.filter { number in
      let wasIgnored = Self.isIgnore(signal(number, SIG_IGN))
      return !(wasIgnored && (number == SIGHUP || number == SIGINT))
    }
    sources = ours.map { number in
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [weak self] in self?.came(number) }
      source.resume()
      return source
    }
  }

  // Functions cannot be compared in Swift; the system's number for "ignore" can.
  private static func isIgnore(_ handler: (@convention(c) (Int32) -> Void)?) -> Bool {
    unsafeBitCast(handler, to: UInt.self) == unsafeBitCast(SIG_IGN, to: UInt.self)
  }

  /// Sets who is told from now on, in place of the last; what came before any handler is told at once.
  func tell(_ handler: @escaping Handler) {
    let waiting = state.withLockedValue { state in
      defer { state = State(handler: handler) }
      return state.waiting
    }
    for number in waiting.sorted() { handler(number) }
  }

  private func came(_ number: Int32) {
    let handler = state.withLockedValue { state in
      if state.handler == nil { state.waiting.insert(number) }
      return state.handler
    }
    handler?(number)
  }

  /// Signals that ask the program to end.
  static let stopping: Set<Int32> = [SIGINT, SIGTERM, SIGHUP]
}
