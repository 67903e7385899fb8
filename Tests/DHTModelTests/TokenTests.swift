import DHTModel
import Testing

@Suite struct TokenTests {
  @Test("W§9: tokens of any length keep their bytes; 1 to 64 are usable", arguments: [0, 1, 31, 32, 33, 64, 65, 200])
  func lengths(_ count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 1) }
    let token = Token(bytes)
    #expect(token.bytes == bytes)
    #expect(token.isUsable == (1...64).contains(count))
    #expect(Token(reading: bytes.span.bytes, in: 0..<count) == token)
    if count > 0 {
      var other = bytes
      other[count - 1] ^= 1
      #expect(Token(other) != token)
    }
  }
}
