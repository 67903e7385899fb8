/// Lower-case hexadecimal digits of some bytes.
public func hexString(_ bytes: some Collection<UInt8>) -> String {
  let digits: StaticString = "0123456789abcdef"
  return String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
    var index = 0
    for byte in bytes {
      buffer[index] = digits.utf8Start[Int(byte >> 4)]
      buffer[index + 1] = digits.utf8Start[Int(byte & 15)]
      index += 2
    }
    return index
  }
}

/// The bytes that hexadecimal digits of either case stand for; nil for an odd count or another character.
public func hexBytes(_ text: some StringProtocol) -> [UInt8]? {
  var bytes: [UInt8] = []
  var high: UInt8?
  for digit in text.utf8 {
    guard let value = hexValue(digit) else { return nil }
    if let first = high {
      bytes.append(first << 4 | value)
      high = nil
    } else {
      high = value
    }
  }
  return high == nil ? bytes : nil
}

func hexValue(_ digit: UInt8) -> UInt8? {
  switch digit {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
  default: nil
  }
}
