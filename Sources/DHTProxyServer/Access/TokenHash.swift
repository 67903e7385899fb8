internal import DHTModel
internal import DHTSecurity

/// SHA-256 of a token, compared in a time that tells nothing.
public struct TokenHash: Hashable, Sendable {
  // Words, not bytes: comparing a thousand of them must cost no heap.
  private let words: SIMD4<UInt64>

  /// Hashes a token.
  public init(hashing token: [UInt8]) { self.init(PublicKeyID(hashing: token).bytes) }

  /// Reads 64 hexadecimal digits; nil when there is anything else.
  public init?(hex: some StringProtocol) {
    guard let bytes = hexBytes(hex), bytes.count == 32 else { return nil }
    self.init(bytes)
  }

  private init(_ bytes: [UInt8]) {
    var words = SIMD4<UInt64>()
    for (index, byte) in bytes.enumerated() { words[index / 8] = words[index / 8] << 8 | UInt64(byte) }
    self.words = words
  }

  /// Whether both are the same; looks at all bits wherever the first difference is.
  func isSame(as other: TokenHash) -> Bool {
    let difference = words ^ other.words
    return difference[0] | difference[1] | difference[2] | difference[3] == 0
  }
}
