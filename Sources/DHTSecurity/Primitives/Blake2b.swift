/// BLAKE2b without key, RFC 7693. Only Argon2 uses it.
struct Blake2b {
  private var h: [UInt64]
  private var buffer: [UInt8] = []
  // Bytes hashed so far; nothing here comes near 2⁶⁴.
  private var count: UInt64 = 0
  private let outputByteCount: Int

  /// A hash of some bytes, 1 … 64 bytes long.
  static func hash(_ parts: [UInt8]..., byteCount: Int) -> [UInt8] {
    var hasher = Blake2b(byteCount: byteCount)
    for part in parts { hasher.update(part) }
    return hasher.finalize()
  }

  private init(byteCount: Int) {
    precondition((1...64).contains(byteCount), "BLAKE2b makes 1 to 64 bytes")
    outputByteCount = byteCount
    h = Self.initial
    h[0] ^= 0x0101_0000 ^ UInt64(byteCount)
  }

  private mutating func update(_ bytes: [UInt8]) {
    for byte in bytes {
      // A full block waits until more comes, since the last one is marked.
      if buffer.count == 128 { compress(isLast: false) }
      buffer.append(byte)
    }
  }

  private mutating func finalize() -> [UInt8] {
    compress(isLast: true)
    return (0..<outputByteCount).map { UInt8(truncatingIfNeeded: h[$0 / 8] >> UInt64(8 * ($0 % 8))) }
  }

  private mutating func compress(isLast: Bool) {
    count += UInt64(buffer.count)
    buffer += [UInt8](repeating: 0, count: 128 - buffer.count)
    let m = Self.words(of: buffer)
    buffer.removeAll(keepingCapacity: true)
    var v = h + Self.initial
    v[12] ^= count
    if isLast { v[14] = ~v[14] }
    for round in 0..<12 {
      let s = Self.schedule[round % 10]
      for (index, lane) in Self.lanes.enumerated() {
        Self.mix(&v, lane, m[s[2 * index]], m[s[2 * index + 1]])
      }
    }
    for index in 0..<8 { h[index] ^= v[index] ^ v[index + 8] }
  }

  private static func mix(_ v: inout [UInt64], _ lane: (Int, Int, Int, Int), _ x: UInt64, _ y: UInt64) {
    let (a, b, c, d) = lane
    v[a] = v[a] &+ v[b] &+ x
    v[d] = rotated(v[d] ^ v[a], 32)
    v[c] = v[c] &+ v[d]
    v[b] = rotated(v[b] ^ v[c], 24)
    v[a] = v[a] &+ v[b] &+ y
    v[d] = rotated(v[d] ^ v[a], 16)
    v[c] = v[c] &+ v[d]
    v[b] = rotated(v[b] ^ v[c], 63)
  }

  /// Little-endian words.
  static func words(of bytes: [UInt8]) -> [UInt64] {
    stride(from: 0, to: bytes.count, by: 8).map { start in
      bytes[start..<min(start + 8, bytes.count)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
  }

  private static func rotated(_ word: UInt64, _ bits: UInt64) -> UInt64 { word >> bits | word << (64 - bits) }

  private static let lanes = [
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
  ]

  private static let initial: [UInt64] = [
    0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1, 0x9b05_688c_2b3e_6c1f, 0x1f83_d9ab_fb41_bd6b, 0x5be0_cd19_137e_2179,
  ]

  private static let schedule = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4], [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13], [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11], [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5], [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
  ]
}
