internal import COpenDHT
internal import Logging
internal import NIOConcurrencyHelpers

/// Where the log of a runner goes, which C may change at any time.
final class LogTarget: Sendable {
  private let sink = NIOLockedValueBox<(any LogSink)?>(nil)

  var isSet: Bool { sink.withLockedValue { $0 != nil } }

  /// When this returns, the one before is not called any more; but on its own thread, where a call is under way.
  func set(_ new: (any LogSink)?) {
    let old = sink.withLockedValue { sink in
      defer { sink = new }
      return sink
    }
    old?.end()
  }

  func log(_ level: Logger.Level, _ line: @autoclosure () -> String) {
    // Taken out of the lock: a sink may be slow, and must not keep one that replaces it waiting.
    sink.withLockedValue { $0 }?.take(level.number, line())
  }
}

extension LogTarget {
  func warn(_ line: String) { log(.warning, line) }
}

/// What takes lines of a log.
protocol LogSink: Sendable {
  /// On the node's own thread: may not wait.
  func take(_ level: Int32, _ line: String)
  /// Waits until no line is on its way to the application any more.
  func end()
}

extension Logger.Level {
  /// 0 (trace) to 6 (critical).
  fileprivate var number: Int32 { Int32(Self.allCases.firstIndex(of: self) ?? 0) }
}

/// The handler that a node logs with.
struct TargetLog: LogHandler {
  var logLevel = Logger.Level.debug
  var metadata: Logger.Metadata = [:]
  private let target: LogTarget

  init(_ target: LogTarget) { self.target = target }

  func log(event: LogEvent) {
    target.log(event.level, metadata["node"].map { "[\($0)] \(event.message)" } ?? "\(event.message)")
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }
}
