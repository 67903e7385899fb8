/// A fast generator with a known beginning: the same seed gives the same numbers, on every machine.
///
/// This is xoshiro256++ (Blackman and Vigna, 2019), filled by SplitMix64. Fit for choosing delays, not for secrets.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var s0, s1, s2, s3: UInt64

  /// A generator whose numbers depend on the seed alone.
  public init(seed: UInt64) {
    var state = seed
    s0 = Self.splitMix(&state)
    s1 = Self.splitMix(&state)
    s2 = Self.splitMix(&state)
    s3 = Self.splitMix(&state)
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    let sum = s0 &+ s3
    let result = (sum << 23 | sum >> 41) &+ s0
    let shifted = s1 << 17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= shifted
    s3 = s3 << 45 | s3 >> 19
    return result
  }

  /// A number of 0 ..< 1, with 53 random bits.
  public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Whether an event of this probability happens. Draws nothing when it cannot, or must.
  public mutating func happens(_ probability: Double) -> Bool {
    if probability <= 0 { return false }
    if probability >= 1 { return true }
    return unit() < probability
  }

  /// A generator of its own, so that draws in one place do not shift those in another.
  public mutating func split() -> SeededGenerator { SeededGenerator(seed: next()) }

  /// Mixes 64 bits so that each output bit depends on all input bits; a hash for links and names.
  static func mix(_ value: UInt64) -> UInt64 {
    var state = value
    return splitMix(&state)
  }

  private static func splitMix(_ state: inout UInt64) -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}
