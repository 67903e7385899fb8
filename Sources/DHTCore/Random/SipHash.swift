/// SipHash-2-4: a keyed function whose results look random to whoever lacks the key.
///
/// Results of 64 or 128 bits, of a few whole words or of bytes. A word counts as its eight bytes, the lowest first,
/// so both forms agree. Why this and not a library: `Docs/decisions/0002-siphash.md`.
struct SipHash: Sendable {
  private let key: Seed

  /// The function of a 128-bit key.
  init(key: Seed) { self.key = key }

  /// 64 bits for one word.
  func hash64(_ word: UInt64) -> UInt64 {
    var state = State(key, isWide: false)
    state.absorb(word)
    return state.finish64(byteCount: 8)
  }

  /// 64 bits for some bytes.
  func hash64(bytes: some Sequence<UInt8>) -> UInt64 {
    var state = State(key, isWide: false)
    state.absorb(bytes: bytes)
    return state.finish()
  }

  /// 128 bits for four words.
  func hash128(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64) -> (UInt64, UInt64) {
    var state = State(key, isWide: true)
    state.absorb(a)
    state.absorb(b)
    state.absorb(c)
    state.absorb(d)
    return (state.finish64(byteCount: 32), state.finishSecond64())
  }

  /// 128 bits for some bytes.
  func hash128(bytes: some Sequence<UInt8>) -> (UInt64, UInt64) {
    var state = State(key, isWide: true)
    state.absorb(bytes: bytes)
    return (state.finish(), state.finishSecond64())
  }
}

extension SipHash {
  private struct State {
    var v0, v1, v2, v3: UInt64
    let isWide: Bool
    // Bytes that do not fill a word yet, the first lowest, and how many bytes there were in all.
    var pending: UInt64 = 0
    var count = 0

    init(_ key: Seed, isWide: Bool) {
      v0 = key.k0 ^ 0x736f_6d65_7073_6575  // "somepseu", "dorandom", "lygenera", "tedbytes"
      v1 = key.k1 ^ 0x646f_7261_6e64_6f6d
      v2 = key.k0 ^ 0x6c79_6765_6e65_7261
      v3 = key.k1 ^ 0x7465_6462_7974_6573
      self.isWide = isWide
      if isWide { v1 ^= 0xee }
    }

    mutating func absorb(_ word: UInt64) {
      v3 ^= word
      round()
      round()
      v0 ^= word
    }

    mutating func absorb(bytes: some Sequence<UInt8>) {
      for byte in bytes {
        pending |= UInt64(byte) << UInt64(8 * (count & 7))
        count &+= 1
        if count & 7 == 0 {
          absorb(pending)
          pending = 0
        }
      }
    }

    mutating func finish() -> UInt64 { finish64(byteCount: count) }

    mutating func finish64(byteCount: Int) -> UInt64 {
      absorb(pending | UInt64(truncatingIfNeeded: byteCount) << 56)
      v2 ^= isWide ? 0xee : 0xff
      for _ in 0..<4 { round() }
      return v0 ^ v1 ^ v2 ^ v3
    }

    /// The second half of a wide result; comes after the first.
    mutating func finishSecond64() -> UInt64 {
      v1 ^= 0xdd
      for _ in 0..<4 { round() }
      return v0 ^ v1 ^ v2 ^ v3
    }

    mutating func round() {
      v0 &+= v1
      v2 &+= v3
      v1 = v1 << 13 | v1 >> 51
      v3 = v3 << 16 | v3 >> 48
      v1 ^= v0
      v3 ^= v2
      v0 = v0 << 32 | v0 >> 32
      v2 &+= v1
      v0 &+= v3
      v1 = v1 << 17 | v1 >> 47
      v3 = v3 << 21 | v3 >> 43
      v1 ^= v2
      v3 ^= v0
      v2 = v2 << 32 | v2 >> 32
    }
  }
}
