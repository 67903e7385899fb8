import DHTJSON

// The members of an object as OpenDHT's proxies read them. (proxy.md §3.2)
extension JSON {
  /// The object that a body holds.
  init(body: [UInt8]) throws(MessageError) {
    do throws(JSONError) {
      self = try JSON(reading: body, within: MessageLimits.json)
    } catch {
      if case .tooLong(let limit) = error { throw .bodyTooLong(limit: limit) }
      throw .notJSON("\(error)")
    }
    guard case .object = self else { throw .notAnObject }
  }

  /// A number's whole part, reduced to 16 bit; false and null count 0, true 1.
  func shortNumber(_ name: String) throws(MessageError) -> UInt16 {
    switch self[name] {
    case nil, .null, .bool(false): return 0
    case .bool(true): return 1
    case .number(let text):
      guard let number = WholeNumber(truncating: text).unsigned, number <= UInt32.max else {
        throw .outOfRange(member: name)
      }
      return UInt16(truncatingIfNeeded: number)
    case .string, .array, .object: throw .wrongKind(member: name)
    }
  }

  /// A whole number of 32 bit; 0 for anything that is none.
  func wholeNumber(_ name: String) throws(MessageError) -> UInt32 {
    guard case .number(let text) = self[name], WholeNumber.isWhole(text) else { return 0 }
    guard let number = WholeNumber(truncating: text).unsigned, let short = UInt32(exactly: number) else {
      throw .outOfRange(member: name)
    }
    return short
  }

  /// A count that a peer tells, as a number or as its text; nil for anything else.
  func count(_ name: String) -> Int? {
    switch self[name] {
    case .number(let text), .string(let text): WholeNumber(truncating: text).unsigned.flatMap { Int(exactly: $0) }
    case nil, .null, .bool, .array, .object: nil
    }
  }

  /// A string; numbers and truth values count as their text, null and nothing as an empty one.
  func text(_ name: String, limit: Int) throws(MessageError) -> String {
    let text: String
    switch self[name] {
    case nil, .null: text = ""
    case .bool(let flag): text = flag ? "true" : "false"
    case .number(let digits): text = digits
    case .string(let string): text = string
    case .array, .object: throw .wrongKind(member: name)
    }
    guard text.utf8.count <= limit else { throw .tooLong(member: name, limit: limit) }
    return text
  }

  /// Bytes in Base64; nil when the member is no string.
  func bytes(_ name: String) throws(MessageError) -> [UInt8]? {
    guard let text = self[name]?.string else { return nil }
    guard let bytes = base64Bytes(text) else { throw .badBase64(member: name) }
    return bytes
  }
}

/// The whole part of a number that is written in JSON.
enum WholeNumber: Equatable {
  case below
  case unsigned(UInt64)
  case above

  /// Cuts off what stands behind the point. A text that is no number counts as too small.
  init(truncating text: String) {
    if let number = UInt64(text) {
      self = .unsigned(number)
    } else if let number = Double(text)?.rounded(.towardZero) {
      // Whole digits beyond 64 bit come here too; the first double that does not fit is 2⁶⁴.
      self = number < 0 ? .below : UInt64(exactly: number).map { .unsigned($0) } ?? .above
    } else {
      self = .below
    }
  }

  var unsigned: UInt64? {
    if case .unsigned(let number) = self { number } else { nil }
  }

  /// Whether nothing but zeros stands behind the point, as in `5.0`.
  static func isWhole(_ text: String) -> Bool {
    Double(text).map { $0 == $0.rounded(.towardZero) } ?? false
  }
}
