import DHTModel
import Testing

@testable import DHTCore

@Suite struct SipHashTests {
  let hash = SipHash(key: Seed(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))

  func littleEndian(_ words: UInt64...) -> String {
    hexString(words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } })
  }

  @Test(arguments: 0..<64) func publishedVectors(length: Int) {
    let bytes = (0..<length).map { UInt8($0) }
    let wide = hash.hash128(bytes: bytes)
    #expect(littleEndian(hash.hash64(bytes: bytes)) == SipHashVectors.narrow[length])
    #expect(littleEndian(wide.0, wide.1) == SipHashVectors.wide[length])
  }

  @Test func vectorOfThePaper() {
    #expect(hash.hash64(bytes: (0..<15).map { UInt8($0) }) == 0xa129_ca61_49be_45e5)
  }

  @Test func wordsAreTheirBytesLowestFirst() {
    #expect(littleEndian(hash.hash64(0x0706_0504_0302_0100)) == SipHashVectors.narrow[8])
    let wide = hash.hash128(
      0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908, 0x1716_1514_1312_1110, 0x1f1e_1d1c_1b1a_1918)
    #expect(littleEndian(wide.0, wide.1) == SipHashVectors.wide[32])
  }
}
