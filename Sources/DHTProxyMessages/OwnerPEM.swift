import DHTJSON

/// The key of a value's owner: DER here and on the wire, PEM in JSON. (proxy.md §3.1)
enum OwnerPEM {
  private static let begin = "-----BEGIN PUBLIC KEY-----"
  private static let end = "-----END PUBLIC KEY-----"

  /// PEM in lines of 64 characters. 2.4.12 counts the zero byte after a C string to the text.
  static func text(of key: [UInt8], for release: PeerRelease) -> String {
    var text = begin + "\n"
    var rest = key[...]
    while !rest.isEmpty {
      text += base64(Array(rest.prefix(48))) + "\n"
      rest = rest.dropFirst(48)
    }
    return text + end + (release == .v2 ? "\n\0" : "\n")
  }

  /// Reads PEM, whatever stands around it. Whether the key can verify anything is for whoever verifies; here it must have
  /// the form of one, so that what is written again is what was read.
  static func key(in text: String) throws(MessageError) -> [UInt8] {
    let bytes = Array(text.utf8)
    guard bytes.count <= 2 * MessageLimits.ownerBytes else {
      throw .tooLong(member: "owner", limit: 2 * MessageLimits.ownerBytes)
    }
    guard let start = bytes.place(of: begin, from: 0), let stop = bytes.place(of: end, from: start + begin.utf8.count),
      let key = base64Bytes(String(decoding: bytes[start + begin.utf8.count..<stop], as: UTF8.self)),
      key.count <= MessageLimits.ownerBytes, hasForm(key)
    else { throw .badOwner }
    return key
  }

  /// SEQUENCE { SEQUENCE { OBJECT IDENTIFIER … }, BIT STRING }, and nothing after it. (RFC 5280 §4.1)
  private static func hasForm(_ key: [UInt8]) -> Bool {
    guard let whole = element(0x30, in: key[...]), whole.endIndex == key.endIndex,
      let algorithm = element(0x30, in: whole), element(0x06, in: algorithm) != nil,
      let bits = element(0x03, in: whole[algorithm.endIndex...])
    else { return false }
    return bits.endIndex == whole.endIndex && bits.count > 1
  }

  /// The contents of the element that stands first, if it is of this tag and all there.
  private static func element(_ tag: UInt8, in bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard bytes.count >= 2, bytes[bytes.startIndex] == tag else { return nil }
    let first = bytes[bytes.startIndex + 1]
    var rest = bytes.dropFirst(2)
    var count = Int(first)
    if first >= 0x80 {
      // Two bytes of length are 64 KiB, more than any key has.
      let digits = Int(first & 0x7f)
      guard (1...2).contains(digits), rest.count >= digits else { return nil }
      count = rest.prefix(digits).reduce(0) { $0 << 8 | Int($1) }
      rest = rest.dropFirst(digits)
    }
    return rest.count >= count ? rest.prefix(count) : nil
  }
}

extension [UInt8] {
  /// Where a text begins, at an offset or after it.
  fileprivate func place(of text: String, from start: Int) -> Int? {
    let pattern = Array(text.utf8)
    guard count >= pattern.count, start <= count - pattern.count else { return nil }
    return (start...count - pattern.count).first { place in
      self[place] == pattern[0] && self[place..<place + pattern.count].elementsEqual(pattern)
    }
  }
}
