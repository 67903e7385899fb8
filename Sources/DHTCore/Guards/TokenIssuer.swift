import DHTModel

/// Gives write tokens, and knows its own again. (wire.md §9, node.md §5.3)
///
/// A token is a keyed hash of the requester's IP and port: nothing is stored per requester. It is bound to
/// neither key nor operation. Two secrets count, the current one and the one before.
struct TokenIssuer: Sendable {
  private var current, previous: SipHash
  /// When the secret changes next; call `advance` then.
  private(set) var nextDeadline: Instant

  /// How long a secret is the current one. A token thus works for 15 to 90 minutes. (wire.md §9)
  static let rotation: ClosedRange<Duration> = .seconds(15 * 60)...(.seconds(45 * 60))

  /// Draws both secrets.
  init(random: inout RandomSource, now: Instant) {
    current = SipHash(key: Seed(using: &random))
    previous = SipHash(key: Seed(using: &random))
    nextDeadline = now + random.duration(in: Self.rotation)
  }

  /// The 32 bytes that prove this address until the secret has changed twice.
  func token(for address: SocketAddress) -> Token {
    let words = Self.words(current, address)
    return Token(words: words.0, words.1, words.2, words.3)
  }

  /// Whether we gave this token to this address, and it still counts. Takes the same time for any wrong token
  /// of the right length, so that it cannot be guessed byte by byte.
  func accepts(_ token: Token, from address: SocketAddress) -> Bool {
    guard token.count == 32 else { return false }
    let isCurrent = Self.difference(token, Self.words(current, address)) == 0
    let isPrevious = Self.difference(token, Self.words(previous, address)) == 0
    return isCurrent || isPrevious
  }

  /// Changes the secret when it is time.
  mutating func advance(to now: Instant, random: inout RandomSource) {
    // Asleep for a whole rotation or more: neither secret may count any longer.
    for _ in 0..<2 where nextDeadline <= now {
      previous = current
      current = SipHash(key: Seed(using: &random))
      nextDeadline += random.duration(in: Self.rotation)
    }
    if nextDeadline <= now { nextDeadline = now + random.duration(in: Self.rotation) }
  }
}

extension TokenIssuer {
  // The scope of a link-local address is ours, not the peer's, and stays out. The last word tells both halves apart.
  private static func words(_ secret: SipHash, _ address: SocketAddress) -> (UInt64, UInt64, UInt64, UInt64) {
    let place = UInt64(address.family.rawValue) << 16 | UInt64(address.port)
    let first = secret.hash128(address.ip.high, address.ip.low, place, 0)
    let second = secret.hash128(address.ip.high, address.ip.low, place, 1)
    return (first.0, first.1, second.0, second.1)
  }

  // No early exit: how long it takes tells nothing about how much was right.
  private static func difference(
    _ token: Token, _ expected: (UInt64, UInt64, UInt64, UInt64)
  ) -> UInt64 {
    let given = token.words
    return (given.0 ^ expected.0) | (given.1 ^ expected.1) | (given.2 ^ expected.2) | (given.3 ^ expected.3)
  }
}
