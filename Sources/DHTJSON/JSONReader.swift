/// What a reader takes at most; a stranger chooses the bytes.
package struct JSONLimits: Sendable {
  package var byteCount: Int
  /// Arrays and objects in one another.
  package var depth: Int
  /// Values in all. Each costs some 40 bytes, however little of the text it is.
  package var valueCount: Int

  package init(byteCount: Int, depth: Int, valueCount: Int) {
    self.byteCount = byteCount
    self.depth = depth
    self.valueCount = valueCount
  }
}

extension JSON {
  /// Reads the first value that stands in some bytes.
  ///
  /// What the proxies of the network accept beyond RFC 8259, this does too: a byte order mark, comments, one comma after
  /// the last member or element, line ends and other control characters within strings, anything after the value.
  /// Bytes that are not UTF-8 become U+FFFD. (proxy.md §3.2)
  package init(reading bytes: [UInt8], within limits: JSONLimits) throws(JSONError) {
    guard bytes.count <= limits.byteCount else { throw .tooLong(limit: limits.byteCount) }
    var reader = JSONReader(bytes: bytes, limits: limits)
    self = try reader.readFirst()
  }
}

private struct JSONReader {
  let bytes: [UInt8]
  let limits: JSONLimits
  var offset = 0
  var depth = 0
  var valueCount = 0

  init(bytes: [UInt8], limits: JSONLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  mutating func readFirst() throws(JSONError) -> JSON {
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { offset = 3 }
    return try readValue()
  }

  private mutating func readValue() throws(JSONError) -> JSON {
    valueCount += 1
    guard valueCount <= limits.valueCount else { throw .tooManyValues(limit: limits.valueCount) }
    switch try nextToken() {
    case UInt8(ascii: "{"): return .object(try readObject())
    case UInt8(ascii: "["): return .array(try readArray())
    case UInt8(ascii: "\""): return .string(try readString())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try readNumber())
    case UInt8(ascii: "t"): return try readLiteral("true", .bool(true))
    case UInt8(ascii: "f"): return try readLiteral("false", .bool(false))
    case UInt8(ascii: "n"): return try readLiteral("null", .null)
    default: throw .unexpectedByte(offset: offset)
    }
  }

  private mutating func readObject() throws(JSONError) -> [(String, JSON)] {
    try enter()
    var members: [(String, JSON)] = []
    while try nextToken() != UInt8(ascii: "}") {
      guard bytes[offset] == UInt8(ascii: "\"") else { throw .unexpectedByte(offset: offset) }
      let name = try readString()
      guard try nextToken() == UInt8(ascii: ":") else { throw .unexpectedByte(offset: offset) }
      offset += 1
      members.append((name, try readValue()))
      guard try endsElement(before: UInt8(ascii: "}")) else { break }
    }
    leave()
    return members
  }

  private mutating func readArray() throws(JSONError) -> [JSON] {
    try enter()
    var elements: [JSON] = []
    while try nextToken() != UInt8(ascii: "]") {
      elements.append(try readValue())
      guard try endsElement(before: UInt8(ascii: "]")) else { break }
    }
    leave()
    return elements
  }

  /// Passes a comma; false before the closing bracket.
  private mutating func endsElement(before end: UInt8) throws(JSONError) -> Bool {
    switch try nextToken() {
    case UInt8(ascii: ","):
      offset += 1
      return true
    case end: return false
    default: throw .unexpectedByte(offset: offset)
    }
  }

  private mutating func enter() throws(JSONError) {
    depth += 1
    guard depth <= limits.depth else { throw .tooDeep(limit: limits.depth) }
    offset += 1
  }

  private mutating func leave() {
    depth -= 1
    offset += 1
  }

  private mutating func readLiteral(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    for index in 0..<word.utf8CodeUnitCount {
      guard offset < bytes.count else { throw .truncated }
      guard bytes[offset] == word.utf8Start[index] else { throw .unexpectedByte(offset: offset) }
      offset += 1
    }
    return value
  }

  private mutating func readNumber() throws(JSONError) -> String {
    let start = offset
    if peek() == UInt8(ascii: "-") { offset += 1 }
    if peek() == UInt8(ascii: "0") { offset += 1 } else { try readDigits() }
    if peek() == UInt8(ascii: ".") {
      offset += 1
      try readDigits()
    }
    if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
      offset += 1
      if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { offset += 1 }
      try readDigits()
    }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  private mutating func readDigits() throws(JSONError) {
    let start = offset
    while let digit = peek(), UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit { offset += 1 }
    guard offset > start else {
      if offset < bytes.count { throw .unexpectedByte(offset: offset) } else { throw .truncated }
    }
  }

  /// Reads from the opening quote to the closing one.
  private mutating func readString() throws(JSONError) -> String {
    offset += 1
    var start = offset
    var text = ""
    while true {
      offset = endOfPlain(from: offset)
      switch peek() {
      case nil: throw .truncated
      case UInt8(ascii: "\""):
        let last = bytes[start..<offset]
        offset += 1
        return text.isEmpty ? String(decoding: last, as: UTF8.self) : text + String(decoding: last, as: UTF8.self)
      default:
        text += String(decoding: bytes[start..<offset], as: UTF8.self)
        text.unicodeScalars.append(try readEscape())
        start = offset
      }
    }
  }

  /// Where the next quote or backslash stands. A loop of its own, since nearly all bytes of a body are passed here.
  private func endOfPlain(from start: Int) -> Int {
    bytes.withUnsafeBufferPointer { bytes in
      var end = start
      while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\") { end += 1 }
      return end
    }
  }

  private mutating func readEscape() throws(JSONError) -> Unicode.Scalar {
    let start = offset
    guard offset + 1 < bytes.count else { throw .truncated }
    let letter = bytes[offset + 1]
    offset += 2
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: throw .badEscape(offset: start)
    }
    let first = try readFourDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard UTF16.isLeadSurrogate(first), peek() == UInt8(ascii: "\\"), offset + 1 < bytes.count,
      bytes[offset + 1] == UInt8(ascii: "u")
    else { throw .badEscape(offset: start) }
    offset += 2
    let second = try readFourDigits()
    guard UTF16.isTrailSurrogate(second),
      let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xd800) << 10 + (UInt32(second) - 0xdc00))
    else { throw .badEscape(offset: start) }
    return scalar
  }

  private mutating func readFourDigits() throws(JSONError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = peek() else { throw .truncated }
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): unit = unit << 4 | UInt16(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): unit = unit << 4 | UInt16(byte - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): unit = unit << 4 | UInt16(byte - UInt8(ascii: "A") + 10)
      default: throw .badEscape(offset: offset)
      }
      offset += 1
    }
    return unit
  }

  /// The byte that the next token begins with, past white space and comments.
  private mutating func nextToken() throws(JSONError) -> UInt8 {
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): offset += 1
      case UInt8(ascii: "/"): try skipComment()
      default: return byte
      }
    }
    throw .truncated
  }

  private mutating func skipComment() throws(JSONError) {
    let start = offset
    offset += 1
    switch peek() {
    case UInt8(ascii: "/"):
      while let byte = peek(), byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") { offset += 1 }
    case UInt8(ascii: "*"):
      offset += 1
      while let byte = peek(),
        byte != UInt8(ascii: "*") || !(offset + 1 < bytes.count && bytes[offset + 1] == UInt8(ascii: "/"))
      {
        offset += 1
      }
      guard offset < bytes.count else { throw .truncated }
      offset += 2
    default: throw .unexpectedByte(offset: start)
    }
  }

  private func peek() -> UInt8? { offset < bytes.count ? bytes[offset] : nil }
}
