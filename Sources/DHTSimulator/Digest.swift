/// A running fingerprint of everything that was sent. Equal digests mean equal runs, byte for byte.
///
/// Words are folded with a 128-bit product, since a byte-wise hash would cost more than the simulation of a packet.
/// Not safe against somebody who wants a collision; here nobody does.
struct Digest {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ word: UInt64) {
    let product = (value ^ word ^ 0x9e37_79b9_7f4a_7c15).multipliedFullWidth(
      by: 0xd6e8_feb8_6659_fd93 ^ (value << 1 | 1))
    value = product.high ^ product.low ^ (value << 7 | value >> 57)
  }

  mutating func add(_ bytes: RawSpan) {
    add(UInt64(bytes.byteCount))
    var offset = 0
    while offset + 8 <= bytes.byteCount {
      add(UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)))
      offset += 8
    }
    guard offset < bytes.byteCount else { return }
    var rest: UInt64 = 0
    while offset < bytes.byteCount {
      rest = rest << 8 | UInt64(bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
      offset += 1
    }
    add(rest)
  }
}
