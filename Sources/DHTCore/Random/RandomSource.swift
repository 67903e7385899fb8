import DHTModel

/// All randomness of a node: SipHash of a counter, keyed by a seed.
///
/// Nobody who sees some of its numbers, for example transaction ids, can tell the others (node.md W-45);
/// and whoever knows the seed gets them all again, which makes simulations repeatable.
///
///     var random = RandomSource(seed)
///     let pause = random.duration(in: .seconds(3)...(.seconds(5)))
public struct RandomSource: RandomNumberGenerator, Sendable {
  private let hash: SipHash
  private var counter: UInt64 = 0

  /// The numbers that follow from a seed.
  public init(_ seed: Seed) { hash = SipHash(key: seed) }

  /// 64 random bits.
  public mutating func next() -> UInt64 {
    counter &+= 1
    return hash.hash64(counter)
  }

  /// A duration between both bounds, to the nanosecond, all equally likely.
  public mutating func duration(in range: ClosedRange<Duration>) -> Duration {
    let shortest = range.lowerBound.inNanoseconds
    return .nanoseconds(Int64.random(in: shortest...max(shortest, range.upperBound.inNanoseconds), using: &self))
  }

  /// 32 random bits, not all zero: a transaction or socket id.
  public mutating func nonZero32() -> UInt32 { UInt32.random(in: 1...UInt32.max, using: &self) }

  /// 64 random bits, not all zero: the id of a value.
  public mutating func nonZero64() -> UInt64 { UInt64.random(in: 1...UInt64.max, using: &self) }
}
