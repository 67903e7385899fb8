/// Triple DES in CBC mode, decryption alone: some old key files are encrypted with it. Slow, and meant to stay unused else.
struct TripleDES {
  // Sixteen round keys of 48 bits for each of three keys.
  private let keys: [[UInt64]]

  /// A key of 24 bytes; another count opens nothing.
  init(key: [UInt8]) {
    keys = key.count == 24 ? (0..<3).map { Self.roundKeys(Array(key[$0 * 8..<$0 * 8 + 8])) } : []
  }

  /// Decrypts and takes the padding off.
  /// - Throws: `SecurityError.decryption` for wrong sizes or padding.
  func decrypt(_ cypher: [UInt8], iv: [UInt8]) throws(SecurityError) -> [UInt8] {
    guard keys.count == 3, iv.count == 8, !cypher.isEmpty, cypher.count.isMultiple(of: 8) else { throw .decryption }
    var plain: [UInt8] = []
    var previous = Self.word(iv)
    for start in stride(from: 0, to: cypher.count, by: 8) {
      let block = Self.word(Array(cypher[start..<start + 8]))
      let opened = Self.crypt(Self.crypt(Self.crypt(block, keys[2].reversed()), keys[1]), keys[0].reversed())
      plain += (0..<8).map { UInt8(truncatingIfNeeded: (opened ^ previous) >> UInt64(56 - 8 * $0)) }
      previous = block
    }
    guard let padding = plain.last, (1...8).contains(padding), plain.suffix(Int(padding)).allSatisfy({ $0 == padding })
    else { throw .decryption }
    return Array(plain.dropLast(Int(padding)))
  }
}

extension TripleDES {
  private static func crypt(_ block: UInt64, _ keys: [UInt64]) -> UInt64 {
    let start = permuted(block, 64, initialPermutation)
    var left = start >> 32
    var right = start & 0xffff_ffff
    for key in keys { (left, right) = (right, left ^ round(right, key)) }
    return permuted(right << 32 | left, 64, finalPermutation)
  }

  private static func round(_ half: UInt64, _ key: UInt64) -> UInt64 {
    let wide = permuted(half, 32, expansion) ^ key
    var output: UInt64 = 0
    for box in 0..<8 {
      let six = Int(wide >> UInt64(42 - 6 * box) & 63)
      // Outer bits choose the row, inner ones the column.
      output = output << 4 | UInt64(boxes[box][(six >> 4 & 2 | six & 1) * 16 + six >> 1 & 15])
    }
    return permuted(output, 32, permutation)
  }

  private static func roundKeys(_ key: [UInt8]) -> [UInt64] {
    let start = permuted(word(key), 64, keyChoice1)
    var left = start >> 28
    var right = start & 0xfff_ffff
    return shifts.map { shift in
      left = (left << shift | left >> (28 - shift)) & 0xfff_ffff
      right = (right << shift | right >> (28 - shift)) & 0xfff_ffff
      return permuted(left << 28 | right, 56, keyChoice2)
    }
  }

  /// Bits of a number of `width` bits, chosen by their places, 1 being the most significant.
  private static func permuted(_ number: UInt64, _ width: Int, _ places: [Int]) -> UInt64 {
    places.reduce(0) { $0 << 1 | number >> UInt64(width - $1) & 1 }
  }

  private static func word(_ bytes: [UInt8]) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

  private static let shifts: [UInt64] = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1]

  private static let initialPermutation = [58, 60, 62, 64, 57, 59, 61, 63].flatMap { first in
    stride(from: first, to: 0, by: -8)
  }
  private static let finalPermutation = (0..<8).flatMap { row in [40, 8, 48, 16, 56, 24, 64, 32].map { $0 - row } }
  private static let expansion = (0..<8).flatMap { group in (0..<6).map { (group * 4 + $0 + 31) % 32 + 1 } }
  private static let permutation = [
    16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10,
    2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25,
  ]
  private static let keyChoice1 = [
    57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36,
    63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4,
  ]
  private static let keyChoice2 = [
    14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2,
    41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
  ]

  private static let boxes: [[UInt8]] = [
    [
      14, 4, 13, 1, 2, 15, 11, 8, 3, 10, 6, 12, 5, 9, 0, 7, 0, 15, 7, 4, 14, 2, 13, 1, 10, 6, 12, 11, 9, 5, 3, 8,
      4, 1, 14, 8, 13, 6, 2, 11, 15, 12, 9, 7, 3, 10, 5, 0, 15, 12, 8, 2, 4, 9, 1, 7, 5, 11, 3, 14, 10, 0, 6, 13,
    ],
    [
      15, 1, 8, 14, 6, 11, 3, 4, 9, 7, 2, 13, 12, 0, 5, 10, 3, 13, 4, 7, 15, 2, 8, 14, 12, 0, 1, 10, 6, 9, 11, 5,
      0, 14, 7, 11, 10, 4, 13, 1, 5, 8, 12, 6, 9, 3, 2, 15, 13, 8, 10, 1, 3, 15, 4, 2, 11, 6, 7, 12, 0, 5, 14, 9,
    ],
    [
      10, 0, 9, 14, 6, 3, 15, 5, 1, 13, 12, 7, 11, 4, 2, 8, 13, 7, 0, 9, 3, 4, 6, 10, 2, 8, 5, 14, 12, 11, 15, 1,
      13, 6, 4, 9, 8, 15, 3, 0, 11, 1, 2, 12, 5, 10, 14, 7, 1, 10, 13, 0, 6, 9, 8, 7, 4, 15, 14, 3, 11, 5, 2, 12,
    ],
    [
      7, 13, 14, 3, 0, 6, 9, 10, 1, 2, 8, 5, 11, 12, 4, 15, 13, 8, 11, 5, 6, 15, 0, 3, 4, 7, 2, 12, 1, 10, 14, 9,
      10, 6, 9, 0, 12, 11, 7, 13, 15, 1, 3, 14, 5, 2, 8, 4, 3, 15, 0, 6, 10, 1, 13, 8, 9, 4, 5, 11, 12, 7, 2, 14,
    ],
    [
      2, 12, 4, 1, 7, 10, 11, 6, 8, 5, 3, 15, 13, 0, 14, 9, 14, 11, 2, 12, 4, 7, 13, 1, 5, 0, 15, 10, 3, 9, 8, 6,
      4, 2, 1, 11, 10, 13, 7, 8, 15, 9, 12, 5, 6, 3, 0, 14, 11, 8, 12, 7, 1, 14, 2, 13, 6, 15, 0, 9, 10, 4, 5, 3,
    ],
    [
      12, 1, 10, 15, 9, 2, 6, 8, 0, 13, 3, 4, 14, 7, 5, 11, 10, 15, 4, 2, 7, 12, 9, 5, 6, 1, 13, 14, 0, 11, 3, 8,
      9, 14, 15, 5, 2, 8, 12, 3, 7, 0, 4, 10, 1, 13, 11, 6, 4, 3, 2, 12, 9, 5, 15, 10, 11, 14, 1, 7, 6, 0, 8, 13,
    ],
    [
      4, 11, 2, 14, 15, 0, 8, 13, 3, 12, 9, 7, 5, 10, 6, 1, 13, 0, 11, 7, 4, 9, 1, 10, 14, 3, 5, 12, 2, 15, 8, 6,
      1, 4, 11, 13, 12, 3, 7, 14, 10, 15, 6, 8, 0, 5, 9, 2, 6, 11, 13, 8, 1, 4, 10, 7, 9, 5, 0, 15, 14, 2, 3, 12,
    ],
    [
      13, 2, 8, 4, 6, 15, 11, 1, 10, 9, 3, 14, 5, 0, 12, 7, 1, 15, 13, 8, 10, 3, 7, 4, 12, 5, 6, 11, 0, 14, 9, 2,
      7, 11, 4, 1, 9, 12, 14, 2, 0, 6, 10, 13, 15, 3, 5, 8, 2, 1, 14, 7, 4, 10, 8, 13, 15, 12, 9, 0, 3, 5, 6, 11,
    ],
  ]
}
