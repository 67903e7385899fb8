import DHTText
import Logging

/// Log lines of the node: `[SSSSSS.uuuuuu] text`, on the monotonic clock. (tools.md §3.8)
struct ToolLog: LogHandler {
  var logLevel = Logger.Level.debug
  var metadata: Logger.Metadata = [:]
  private let filter: LogSwitch
  private let isColored: Bool
  private let write: @Sendable (String) -> Void

  /// `write` gets each line without its end, and must not block for long.
  init(_ filter: LogSwitch, isColored: Bool, write: @escaping @Sendable (String) -> Void) {
    self.filter = filter
    self.isColored = isColored
    self.write = write
  }

  func log(event: LogEvent) {
    guard filter.isOn else { return }
    let text = "[\(Self.time())] \(event.message)"
    guard filter.lets(through: text) else { return }
    write(isColored ? Paint.line(terminalSafe(text), event.level) : text)
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  private static func time() -> String {
    let microseconds = monotonicMicroseconds()
    func padded(_ number: Int64) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, 6 - text.count)) + text
    }
    return padded(microseconds / 1_000_000) + "." + padded(microseconds % 1_000_000)
  }
}
