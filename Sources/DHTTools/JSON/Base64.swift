/// Base64 with padding. (RFC 4648 §4)
func base64(_ bytes: [UInt8]) -> String {
  let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  return String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { buffer in
    var written = 0
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      let group = (0..<3).reduce(UInt32(0)) { $0 << 8 | ($1 < count ? UInt32(bytes[start + $1]) : 0) }
      for digit in 0..<4 {
        let index = Int(group >> UInt32(18 - 6 * digit) & 63)
        buffer[written] = digit <= count ? alphabet.utf8Start[index] : UInt8(ascii: "=")
        written += 1
      }
    }
    return written
  }
}
