internal import COpenDHT
internal import Logging
internal import NIOConcurrencyHelpers

/// Where the log of a runner goes, which C may change at any time.
final class LogTarget: Sendable {
  typealias Write = @Sendable (_ level: Int32, _ line: String) -> Void
  private let write = NIOLockedValueBox<Write?>(nil)

  /// When this returns, the one before is not called any more.
  func set(_ write: Write?) { self.write.withLockedValue { $0 = write } }

  /// Within the lock, so that no line comes after a change.
  func log(_ level: Logger.Level, _ line: @autoclosure () -> String) {
    write.withLockedValue { write in write?(level.number, line()) }
  }
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
