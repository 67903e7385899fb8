#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Writes JSON without white space, member by member, into bytes.
///
///     var writer = JSONWriter(escaping: .notASCII)
///     writer.object { $0.member("id", "7") }        // {"id":"7"}
package struct JSONWriter {
  /// Which characters of a string are written as escapes, beside `"`, `\` and what ends a line.
  package enum Escaping {
    /// Those that a terminal or a reader of lines would take for something else; all others as they are.
    case unprintable
    /// Control characters below a space and all beyond ASCII, as OpenDHT's proxies do.
    case notASCII
  }

  /// What is written so far.
  package private(set) var bytes: [UInt8] = []
  private let escaping: Escaping
  private var needsComma = false

  package init(escaping: Escaping) { self.escaping = escaping }

  /// Writes an object, whose members the body writes.
  package mutating func object(_ writeMembers: (inout JSONWriter) -> Void) {
    enclose(UInt8(ascii: "{"), UInt8(ascii: "}"), writeMembers)
  }

  /// Writes an array, whose elements the body writes.
  package mutating func array(_ writeElements: (inout JSONWriter) -> Void) {
    enclose(UInt8(ascii: "["), UInt8(ascii: "]"), writeElements)
  }

  /// Writes the name of a member; its value comes next.
  package mutating func name(_ name: String) {
    separate()
    quote(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  package mutating func string(_ text: String) {
    separate()
    quote(text)
  }

  package mutating func bool(_ flag: Bool) { literal(flag ? "true" : "false") }

  package mutating func integer(_ number: some BinaryInteger) { literal(String(number)) }

  /// Writes a double as OpenDHT's proxies do: 17 digits, always with a point or an exponent. What JSON has no number for
  /// is written as 0.0.
  package mutating func double(_ number: Double) {
    let text = number.isFinite ? Self.seventeenDigits(number) : "0"
    literal(text.contains { $0 == "." || $0 == "e" } ? text : text + ".0")
  }

  package mutating func write(_ json: JSON) {
    switch json {
    case .null: literal("null")
    case .bool(let flag): bool(flag)
    case .number(let text): literal(text)
    case .string(let text): string(text)
    case .array(let elements): array { for element in elements { $0.write(element) } }
    case .object(let members): object { for (name, value) in members { $0.member(name, value) } }
    }
  }
}

extension JSONWriter {
  package mutating func member(_ name: String, _ text: String) {
    self.name(name)
    string(text)
  }
  package mutating func member(_ name: String, _ number: some BinaryInteger) {
    self.name(name)
    integer(number)
  }
  package mutating func member(_ name: String, _ flag: Bool) {
    self.name(name)
    bool(flag)
  }
  package mutating func member(_ name: String, _ json: JSON) {
    self.name(name)
    write(json)
  }
  package mutating func member(_ name: String, object writeMembers: (inout JSONWriter) -> Void) {
    self.name(name)
    object(writeMembers)
  }
}

extension JSONWriter {
  private mutating func enclose(_ begin: UInt8, _ end: UInt8, _ writeInner: (inout JSONWriter) -> Void) {
    separate()
    bytes.append(begin)
    needsComma = false
    writeInner(&self)
    bytes.append(end)
    needsComma = true
  }

  private mutating func literal(_ text: String) {
    separate()
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    // Nearly all strings are ids and Base64.
    let isPlain = text.withUTF8 { characters in
      guard characters.allSatisfy(Self.isPlain) else { return false }
      bytes.append(contentsOf: characters)
      return true
    }
    if !isPlain { quoteEach(text) }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func isPlain(_ character: UInt8) -> Bool {
    UInt8(ascii: " ")...UInt8(ascii: "~") ~= character && character != UInt8(ascii: "\"")
      && character != UInt8(ascii: "\\")
  }

  private mutating func quoteEach(_ text: String) {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": escape("\"")
      case "\\": escape("\\")
      case "\n": escape("n")
      case "\r": escape("r")
      case "\t": escape("t")
      case "\u{8}" where escaping == .notASCII: escape("b")
      case "\u{c}" where escaping == .notASCII: escape("f")
      case "\0"..."\u{1f}": escape(unit: UInt16(scalar.value))
      case _ where mustEscape(scalar): for unit in UTF16.encode(scalar) ?? .init() { escape(unit: unit) }
      default: bytes.append(contentsOf: UTF8.encode(scalar) ?? .init())
      }
    }
  }

  // U+2028 and U+2029: some readers of lines take them for line ends.
  private func mustEscape(_ scalar: Unicode.Scalar) -> Bool {
    switch escaping {
    case .unprintable: "\u{7f}"..."\u{9f}" ~= scalar || scalar == "\u{2028}" || scalar == "\u{2029}"
    case .notASCII: !scalar.isASCII
    }
  }

  private mutating func escape(_ letter: Unicode.Scalar) {
    bytes.append(UInt8(ascii: "\\"))
    bytes.append(UInt8(ascii: letter))
  }

  private mutating func escape(unit: UInt16) {
    let digits: StaticString = "0123456789abcdef"
    escape("u")
    for shift in [12, 8, 4, 0] { bytes.append(digits.utf8Start[Int(unit >> UInt16(shift) & 15)]) }
  }

  // C rounds here as the peers do; the shortest text that Swift prints would often have fewer digits.
  private static func seventeenDigits(_ number: Double) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { buffer in
      guard let start = buffer.baseAddress else { return "0" }
      let length = withVaList([number]) { vsnprintf(start, buffer.count, "%.17g", $0) }
      return String(decoding: buffer.prefix(max(0, Int(length))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}
