/// Base64 with the alphabet of RFC 4648 §4, as PEM uses it.
enum Base64 {
  static func encode(_ bytes: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let rest = min(3, bytes.count - start)
      var word: UInt32 = 0
      for index in 0..<3 { word = word << 8 | (index < rest ? UInt32(bytes[start + index]) : 0) }
      for index in 0..<4 {
        text.append(index <= rest ? alphabet[Int(word >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "="))
      }
    }
    return text
  }

  /// The bytes that a text stands for, white space left out; nil when anything else is in it.
  static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    var word: UInt32 = 0
    var digits = 0
    var padding = 0
    for character in text where !isSpace(character) {
      guard character != UInt8(ascii: "=") else {
        padding += 1
        continue
      }
      guard padding == 0, let digit = value(character) else { return nil }
      word = word << 6 | UInt32(digit)
      digits += 1
      if digits.isMultiple(of: 4) {
        bytes.append(UInt8(truncatingIfNeeded: word >> 16))
        bytes.append(UInt8(truncatingIfNeeded: word >> 8))
        bytes.append(UInt8(truncatingIfNeeded: word))
      }
    }
    guard (digits + padding).isMultiple(of: 4), padding <= 2 else { return nil }
    if padding == 2 { bytes.append(UInt8(truncatingIfNeeded: word >> 4)) }
    if padding == 1 {
      bytes.append(UInt8(truncatingIfNeeded: word >> 10))
      bytes.append(UInt8(truncatingIfNeeded: word >> 2))
    }
    return bytes
  }

  static func isSpace(_ character: UInt8) -> Bool {
    character == 0x20 || (0x09...0x0d).contains(character)
  }

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  private static func value(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
