/// An answer taken apart: its status line, its fields in order, its body without chunks.
struct HTTPAnswer: Equatable, CustomStringConvertible {
  var statusLine: String
  var fields: [String]
  var body: [UInt8]
  /// Whether the length, or the last chunk, was reached.
  var isComplete: Bool

  var status: Int { Int(statusLine.split(separator: " ")[1]) ?? 0 }
  var isChunked: Bool { fields.contains("Transfer-Encoding: chunked") }
  var text: String { String(decoding: body, as: UTF8.self) }
  /// Lines of the body that are whole.
  var lines: [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }
  var description: String { ([statusLine] + fields + [text]).joined(separator: "\n") }

  /// A field's value.
  subscript(_ name: String) -> String? {
    fields.first { $0.lowercased().hasPrefix(name.lowercased() + ": ") }.map { String($0.dropFirst(name.count + 2)) }
  }

  /// Takes apart what a server has sent; the last answer may be unfinished.
  static func all(in bytes: [UInt8]) -> [HTTPAnswer] {
    var found: [HTTPAnswer] = []
    var rest = bytes[...]
    while let answer = HTTPAnswer(&rest) { found.append(answer) }
    return found
  }

  private init?(_ rest: inout ArraySlice<UInt8>) {
    var copy = rest
    guard let first = copy.popLine() else { return nil }
    statusLine = first
    fields = []
    body = []
    isComplete = false
    while true {
      guard let line = copy.popLine() else { return nil }
      if line.isEmpty { break }
      fields.append(line)
    }
    rest = copy
    if isChunked {
      readChunks(&rest)
    } else {
      let length = self["Content-Length"].flatMap { Int($0) } ?? 0
      body = Array(rest.prefix(length))
      isComplete = body.count == length
      rest = rest.dropFirst(length)
    }
  }

  private mutating func readChunks(_ rest: inout ArraySlice<UInt8>) {
    while let size = rest.popLine().flatMap({ Int($0, radix: 16) }) {
      body += rest.prefix(size)
      rest = rest.dropFirst(size)
      _ = rest.popLine()
      if size == 0 {
        isComplete = true
        return
      }
    }
  }
}

extension ArraySlice<UInt8> {
  /// Takes a line off, without its CR and LF; nil when there is none.
  fileprivate mutating func popLine() -> String? {
    guard let end = firstIndex(of: 10) else { return nil }
    var line = self[startIndex..<end]
    if line.last == 13 { line.removeLast() }
    self = self[(end + 1)...]
    return String(decoding: line, as: UTF8.self)
  }
}
