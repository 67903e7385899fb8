#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Argon2i version 1.3 with one lane, RFC 9106: no key, no associated data.
///
/// Memory is one row of blocks of 1 KiB, walked `passes` times; each block is mixed from the one before it and an earlier
/// one, whose place depends on the position alone, not on the password.
struct Argon2i {
  /// Walks over the memory.
  var passes: UInt32
  /// KiB of memory, at least 8; used in multiples of 4.
  var memoryInKiB: UInt32
  /// Bytes of the result, 4 … 1024.
  var outputByteCount = 32

  /// What every node of the network uses. (crypto.md §3.5)
  static let peers = Argon2i(passes: 16, memoryInKiB: 65_536)

  /// Stretches a password. Peers refuse salts under 8 bytes.
  func hash(_ password: [UInt8], salt: [UInt8]) -> [UInt8] {
    precondition(memoryInKiB >= 8 && passes >= 1, "less than Argon2 allows")
    let segment = Int(memoryInKiB / 4)
    let blocks = 4 * segment
    let seed = firstHash(password, salt)
    // Four blocks more: the counter that addresses are made of, addresses, room to mix, and zeros.
    return withZeroedMemory(words: (blocks + 4) * Self.blockWords) { memory in
      for column in 0..<2 {
        let bytes = Self.longHash(seed + Self.littleEndian(UInt32(column)) + Self.littleEndian(0), byteCount: 1024)
        for (word, value) in Blake2b.words(of: bytes).enumerated() { memory[column * Self.blockWords + word] = value }
      }
      for pass in 0..<Int(passes) {
        for slice in 0..<4 { fill(memory, pass: pass, slice: slice, segment: segment) }
      }
      let last = memory + (blocks - 1) * Self.blockWords
      let bytes = (0..<1024).map { UInt8(truncatingIfNeeded: last[$0 / 8] >> UInt64(8 * ($0 % 8))) }
      return Self.longHash(bytes, byteCount: outputByteCount)
    }
  }
}

extension Argon2i {
  private static let blockWords = 128

  private func fill(_ memory: UnsafeMutablePointer<UInt64>, pass: Int, slice: Int, segment: Int) {
    let length = 4 * segment
    let input = memory + length * Self.blockWords
    let addresses = input + Self.blockWords
    let scratch = addresses + Self.blockWords
    for word in 0..<Self.blockWords { input[word] = 0 }
    (input[0], input[2], input[3]) = (UInt64(pass), UInt64(slice), UInt64(length))
    (input[4], input[5]) = (UInt64(passes), 1)
    for index in 0..<segment {
      if index % Self.blockWords == 0 {
        input[6] += 1
        Self.mixWithZero(input, into: addresses, scratch)
        Self.mixWithZero(addresses, into: addresses, scratch)
      }
      // The first two blocks came from the password.
      if pass == 0 && slice == 0 && index < 2 { continue }
      let current = slice * segment + index
      let previous = current == 0 ? length - 1 : current - 1
      // Blocks that may be referred to: all that are finished in this lane, but the previous one.
      let area = pass == 0 ? current - 1 : length - segment + index - 1
      let start = pass == 0 || slice == 3 ? 0 : (slice + 1) * segment
      let pseudo = addresses[index % Self.blockWords] & 0xffff_ffff
      let squared = (pseudo &* pseudo) >> 32
      let distance = (UInt64(area) &* squared) >> 32
      let reference = (start + area - 1 - Int(distance)) % length
      Self.mix(
        memory + previous * Self.blockWords, memory + reference * Self.blockWords,
        into: memory + current * Self.blockWords, scratch, xor: pass > 0)
    }
  }

  private static func mixWithZero(
    _ x: UnsafeMutablePointer<UInt64>, into z: UnsafeMutablePointer<UInt64>, _ scratch: UnsafeMutablePointer<UInt64>
  ) {
    let zero = scratch + blockWords
    for word in 0..<blockWords { zero[word] = 0 }
    mix(zero, x, into: z, scratch, xor: false)
  }

  /// The compression function G: `z = P(x ^ y) ^ x ^ y`, added to what `z` held if `xor`. `scratch` is one block.
  private static func mix(
    _ x: UnsafeMutablePointer<UInt64>, _ y: UnsafeMutablePointer<UInt64>, into z: UnsafeMutablePointer<UInt64>,
    _ scratch: UnsafeMutablePointer<UInt64>, xor: Bool
  ) {
    var word = 0
    while word < blockWords {
      let both = x[word] ^ y[word]
      scratch[word] = both
      z[word] = xor ? z[word] ^ both : both
      word += 1
    }
    var row = 0
    while row < 8 {
      permute(scratch + 16 * row, 2)
      row += 1
    }
    var column = 0
    while column < 8 {
      permute(scratch + 2 * column, 16)
      column += 1
    }
    word = 0
    while word < blockWords {
      z[word] ^= scratch[word]
      word += 1
    }
  }

  /// The permutation P on 16 words, which stand in pairs `step` words apart: 2 for a row of a block, 16 for a column.
  @inline(__always)
  private static func permute(_ v: UnsafeMutablePointer<UInt64>, _ step: Int) {
    var (v0, v1, v2, v3) = (v[0], v[1], v[step], v[step + 1])
    var (v4, v5, v6, v7) = (v[2 * step], v[2 * step + 1], v[3 * step], v[3 * step + 1])
    var (v8, v9, v10, v11) = (v[4 * step], v[4 * step + 1], v[5 * step], v[5 * step + 1])
    var (v12, v13, v14, v15) = (v[6 * step], v[6 * step + 1], v[7 * step], v[7 * step + 1])
    quarter(&v0, &v4, &v8, &v12)
    quarter(&v1, &v5, &v9, &v13)
    quarter(&v2, &v6, &v10, &v14)
    quarter(&v3, &v7, &v11, &v15)
    quarter(&v0, &v5, &v10, &v15)
    quarter(&v1, &v6, &v11, &v12)
    quarter(&v2, &v7, &v8, &v13)
    quarter(&v3, &v4, &v9, &v14)
    (v[0], v[1], v[step], v[step + 1]) = (v0, v1, v2, v3)
    (v[2 * step], v[2 * step + 1], v[3 * step], v[3 * step + 1]) = (v4, v5, v6, v7)
    (v[4 * step], v[4 * step + 1], v[5 * step], v[5 * step + 1]) = (v8, v9, v10, v11)
    (v[6 * step], v[6 * step + 1], v[7 * step], v[7 * step + 1]) = (v12, v13, v14, v15)
  }

  @inline(__always)
  private static func quarter(_ a: inout UInt64, _ b: inout UInt64, _ c: inout UInt64, _ d: inout UInt64) {
    a = a &+ b &+ 2 &* (a & 0xffff_ffff) &* (b & 0xffff_ffff)
    d ^= a
    d = d &>> 32 | d &<< 32
    c = c &+ d &+ 2 &* (c & 0xffff_ffff) &* (d & 0xffff_ffff)
    b ^= c
    b = b &>> 24 | b &<< 40
    a = a &+ b &+ 2 &* (a & 0xffff_ffff) &* (b & 0xffff_ffff)
    d ^= a
    d = d &>> 16 | d &<< 48
    c = c &+ d &+ 2 &* (c & 0xffff_ffff) &* (d & 0xffff_ffff)
    b ^= c
    b = b &>> 63 | b &<< 1
  }
}

extension Argon2i {
  private func firstHash(_ password: [UInt8], _ salt: [UInt8]) -> [UInt8] {
    let numbers = [1, UInt32(outputByteCount), memoryInKiB, passes, 0x13, 1].flatMap(Self.littleEndian)
    return Blake2b.hash(
      numbers, Self.littleEndian(UInt32(clamping: password.count)), password,
      Self.littleEndian(UInt32(clamping: salt.count)), salt, Self.littleEndian(0), Self.littleEndian(0), byteCount: 64)
  }

  /// The variable-length hash H′.
  private static func longHash(_ bytes: [UInt8], byteCount: Int) -> [UInt8] {
    let prefix = littleEndian(UInt32(byteCount))
    guard byteCount > 64 else { return Blake2b.hash(prefix, bytes, byteCount: byteCount) }
    var last = Blake2b.hash(prefix, bytes, byteCount: 64)
    var output = Array(last.prefix(32))
    while byteCount - output.count > 64 {
      last = Blake2b.hash(last, byteCount: 64)
      output += last.prefix(32)
    }
    return output + Blake2b.hash(last, byteCount: byteCount - output.count)
  }

  private static func littleEndian(_ number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> UInt32(8 * $0)) }
  }

  /// Lends memory, and leaves nothing in it.
  private func withZeroedMemory<T>(words: Int, _ body: (UnsafeMutablePointer<UInt64>) -> T) -> T {
    let memory = UnsafeMutablePointer<UInt64>.allocate(capacity: words)
    memory.initialize(repeating: 0, count: words)
    defer {
      // Forms of `memset` that the compiler must not leave out.
      #if canImport(Darwin)
        _ = memset_s(memory, words * 8, 0, words * 8)
      #else
        explicit_bzero(memory, words * 8)
      #endif
      memory.deallocate()
    }
    return body(memory)
  }
}
