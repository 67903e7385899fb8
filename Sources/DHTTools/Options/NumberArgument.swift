import OpenDHT

// Numbers on command lines. Each is nil for anything but a whole number in its range.

/// A UDP port: decimal, 0 … 65535.
func portArgument(_ text: String) -> UInt16? { digitsOnly(text) ? UInt16(text) : nil }

/// A network number in base 0: decimal, `0x…` hexadecimal, `0…` octal. (tools.md §2)
func networkArgument(_ text: String) -> NetworkID? {
  if text.hasPrefix("0x") || text.hasPrefix("0X") { return unsigned(text.dropFirst(2), radix: 16) }
  if text.hasPrefix("0"), text.count > 1 { return unsigned(text.dropFirst(), radix: 8) }
  return unsigned(text[...], radix: 10)
}

/// A value id: decimal, or hexadecimal after `0x`; never 0, which means "not chosen".
func valueIDArgument(_ text: String) -> Value.ID? {
  let id: Value.ID? =
    text.hasPrefix("0x") || text.hasPrefix("0X")
    ? unsigned(text.dropFirst(2), radix: 16) : unsigned(text[...], radix: 10)
  return id == 0 ? nil : id
}

/// Seconds, more than 0: `10`, `0.5`.
func secondsArgument(_ text: String) -> Duration? {
  guard let seconds = Double(text), seconds > 0, seconds <= 1e9 else { return nil }
  return .nanoseconds(Int64(seconds * 1e9))
}

// `UInt32("+5")` is 5; a command line's is a mistake.
private func unsigned<Number: FixedWidthInteger>(_ digits: Substring, radix: Int) -> Number? {
  digits.first == "+" || digits.first == "-" ? nil : Number(digits, radix: radix)
}

private func digitsOnly(_ text: String) -> Bool {
  !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
}
