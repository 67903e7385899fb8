import NIOConcurrencyHelpers

/// Lines that tasks write.
final class Lines: Sendable {
  private let lines = NIOLockedValueBox<[String]>([])
  var all: [String] { lines.withLockedValue { $0 } }
  func append(_ line: String) { lines.withLockedValue { $0.append(line) } }
}
