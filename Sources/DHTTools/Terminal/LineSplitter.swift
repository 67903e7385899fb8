/// Cuts a stream of bytes into lines.
struct LineSplitter {
  /// Longer lines are cut: a value has at most 64 KiB, and a binary file on the pipe must not fill the memory.
  static let maximumBytes = 1 << 20
  private var line: [UInt8] = []

  /// The lines that these bytes complete, without their ends.
  mutating func take(_ bytes: [UInt8]) -> [String] {
    var lines: [String] = []
    for byte in bytes {
      if byte == 0x0a {
        lines.append(finish() ?? "")
      } else if line.count < Self.maximumBytes {
        line.append(byte)
      }
    }
    return lines
  }

  /// What is left at the end of the input; nil when that is nothing.
  mutating func finish() -> String? {
    if line.last == 0x0d { line.removeLast() }
    defer { line = [] }
    return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
  }
}
