/// Text that cannot steer a terminal: control characters, C1 ones too, and what is not UTF-8 become `\xNN`.
package func terminalSafe(_ bytes: [UInt8]) -> [UInt8] {
  // The common case first: nothing to replace.
  guard bytes.contains(where: { $0 < 0x20 || $0 >= 0x7f }) else { return bytes }
  var safe: [UInt8] = []
  var rest = bytes[...]
  while let first = rest.first {
    let length = scalarLength(rest)
    if length == 0 || length == 1 && (first < 0x20 || first == 0x7f)
      || length == 2 && first == 0xc2 && rest[rest.startIndex + 1] < 0xa0
    {
      let count = max(length, 1)
      for byte in rest.prefix(count) { safe += "\\x\(hexByte(byte))".utf8 }
      rest = rest.dropFirst(count)
    } else {
      safe += rest.prefix(length)
      rest = rest.dropFirst(length)
    }
  }
  return safe
}

/// The same for a text.
package func terminalSafe(_ text: String) -> String { String(decoding: terminalSafe(Array(text.utf8)), as: UTF8.self) }

private func hexByte(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

/// Bytes of the UTF-8 scalar at the start; 0 when there is none.
private func scalarLength(_ bytes: ArraySlice<UInt8>) -> Int {
  guard let first = bytes.first else { return 0 }
  let length =
    switch first {
    case 0..<0x80: 1
    case 0xc2..<0xe0: 2
    case 0xe0..<0xf0: 3
    case 0xf0..<0xf5: 4
    default: 0
    }
  guard bytes.count >= length, String(validating: bytes.prefix(length), as: UTF8.self) != nil else { return 0 }
  return length
}
