import Logging

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Colours, for a terminal whose owner did not refuse them.
enum Paint {
  /// Whether text for a descriptor may be coloured: a terminal, and no `NO_COLOR`. (no-color.org)
  static func isWanted(on descriptor: Descriptor) -> Bool {
    if let refusal = getenv("NO_COLOR"), refusal.pointee != 0 { return false }
    if let kind = getenv("TERM"), String(cString: kind) == "dumb" { return false }
    return descriptor.isTerminal
  }

  /// Warnings yellow, errors red. (tools.md §3.8)
  static func line(_ text: String, _ level: Logger.Level) -> String {
    switch level {
    case .trace, .debug, .info, .notice: text
    case .warning: yellow(text)
    case .error, .critical: red(text)
    }
  }

  static func red(_ text: String) -> String { "\u{1b}[31m\(text)\u{1b}[39m" }
  static func yellow(_ text: String) -> String { "\u{1b}[33m\(text)\u{1b}[39m" }
  static func green(_ text: String) -> String { "\u{1b}[32m\(text)\u{1b}[39m" }
  static func faint(_ text: String) -> String { "\u{1b}[2m\(text)\u{1b}[22m" }
}

/// Microseconds of the system's monotonic clock, for log lines.
func monotonicMicroseconds() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
}
