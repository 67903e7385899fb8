/// One `-----BEGIN …-----` block: a label, headers of the old encryption, bytes.
///
/// Reads what peers and tools have written: any line length and line end, anything before, between and after blocks.
struct PEMBlock: Hashable {
  var label: String
  /// `Name: value` lines above the data.
  var headers: [String: String] = [:]
  var bytes: [UInt8]

  /// All blocks of a text, in order; empty when there is none or one is damaged.
  static func all(in text: some Collection<UInt8>) -> [PEMBlock] {
    guard hasDashes(text) else { return [] }
    var blocks: [PEMBlock] = []
    var open: (label: String, lines: [ArraySlice<UInt8>])?
    for line in Array(text).split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
      if let label = Self.label(of: line, after: "-----BEGIN ") {
        open = (label, [])
      } else if let block = open, let label = Self.label(of: line, after: "-----END ") {
        guard label == block.label, let block = PEMBlock(label: label, lines: block.lines) else { return [] }
        blocks.append(block)
        open = nil
      } else {
        open?.lines.append(line)
      }
    }
    return open == nil ? blocks : []
  }

  /// The block as text: 64 characters a line, `\n` at the end. (crypto.md §2.2)
  var text: String {
    var text = "-----BEGIN \(label)-----\n"
    let digits = Base64.encode(bytes)
    for start in stride(from: 0, to: digits.count, by: 64) {
      text += String(decoding: digits[start..<min(start + 64, digits.count)], as: UTF8.self) + "\n"
    }
    return text + "-----END \(label)-----\n"
  }

  init(label: String, bytes: [UInt8]) {
    self.label = label
    self.bytes = bytes
  }

  private init?(label: String, lines: [ArraySlice<UInt8>]) {
    var lines = lines[...]
    while let line = lines.first, let colon = line.firstIndex(of: UInt8(ascii: ":")) {
      let value = line[line.index(after: colon)...].drop(while: Base64.isSpace)
      headers[String(decoding: line[..<colon], as: UTF8.self)] = String(decoding: value, as: UTF8.self)
      lines.removeFirst()
    }
    guard let bytes = Base64.decode(lines.joined()) else { return nil }
    self.label = label
    self.bytes = bytes
  }

  /// Whether five dashes stand in a row: nearly all keys on the network are DER, and end here.
  private static func hasDashes(_ text: some Collection<UInt8>) -> Bool {
    var run = 0
    for byte in text {
      run = byte == UInt8(ascii: "-") ? run + 1 : 0
      if run == 5 { return true }
    }
    return false
  }

  private static func label(of line: ArraySlice<UInt8>, after mark: StaticString) -> String? {
    let begin = Array(UnsafeBufferPointer(start: mark.utf8Start, count: mark.utf8CodeUnitCount))
    // The first mark may stand behind other bytes: a chain in a MessagePack binary is read as it is. (crypto.md §2.2)
    guard let start = position(of: begin, in: line) else { return nil }
    let rest = line[(start + begin.count)...]
    guard let end = position(of: Array("-----".utf8), in: rest) else { return nil }
    return String(decoding: rest[..<end], as: UTF8.self)
  }

  private static func position(of pattern: [UInt8], in line: ArraySlice<UInt8>) -> Int? {
    guard line.count >= pattern.count else { return nil }
    return (line.startIndex...(line.endIndex - pattern.count)).first { line[$0..<($0 + pattern.count)] == pattern[...] }
  }
}
