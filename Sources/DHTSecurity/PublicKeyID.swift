internal import Crypto
public import DHTModel

/// The long id of a public key: SHA-256 of its DER SubjectPublicKeyInfo. (crypto.md §1.2)
public struct PublicKeyID: Hashable, Sendable {
  /// Bytes of a long id.
  public static let byteCount = 32

  // Four big-endian words: no heap.
  private let a, b, c, d: UInt64

  /// Hashes the DER of a public key.
  public init(hashing der: some Sequence<UInt8>) {
    self.init(words: SHA256.hash(data: Array(der)))
  }

  /// Reads 32 bytes; nil when there are not exactly 32.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    self.init(words: bytes)
  }

  /// Parses 64 hexadecimal digits of either case; nil when there is anything else.
  public init?(hex: some StringProtocol) {
    guard hex.utf8.count == Self.byteCount * 2, let bytes = hexBytes(hex) else { return nil }
    self.init(words: bytes)
  }

  private init(words bytes: some Sequence<UInt8>) {
    var words: [UInt64] = [0, 0, 0, 0]
    for (index, byte) in bytes.enumerated() { words[index / 8] = words[index / 8] << 8 | UInt64(byte) }
    (a, b, c, d) = (words[0], words[1], words[2], words[3])
  }

  /// The 32 bytes.
  public var bytes: [UInt8] {
    [a, b, c, d].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) } }
  }

  /// The key under which peers since 3.7.2 publish and look for the certificate. (crypto.md §5.4)
  public var certificateKey: InfoHash { InfoHash(hashing: bytes) }
}

extension PublicKeyID: CustomStringConvertible {
  /// 64 lower-case hexadecimal digits.
  public var description: String { hexString(bytes) }
}

/// The id of a public key: SHA-1 of its DER SubjectPublicKeyInfo. Filters on the owner of a value compare it. (wire.md §6.1)
///
///     configuration.ownerID = publicKeyID
public func publicKeyID(_ der: [UInt8]) -> InfoHash {
  InfoHash(hashing: der)
}
