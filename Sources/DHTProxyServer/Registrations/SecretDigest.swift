internal import DHTSecurity

/// What is kept of a client's secret: enough to know it again, not enough to tell it. Secrets are drawn at random, so one
/// round of SHA-256 is enough.
struct SecretDigest: Hashable, Sendable {
  static let byteCount = 32
  let bytes: [UInt8]

  /// The digest of a secret; nil when there is none.
  init?(of secret: String) {
    guard !secret.isEmpty else { return nil }
    bytes = DHTSecurity.hash(Array(secret.utf8), byteCount: Self.byteCount)
  }

  /// A digest that was kept; nil for bytes of another count.
  init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// Whether it is that secret's. Takes the same time wherever they differ.
  func matches(_ secret: String) -> Bool {
    guard let other = SecretDigest(of: secret) else { return false }
    return zip(bytes, other.bytes).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}

extension SecretDigest? {
  /// Whether whoever shows this secret, or none, may change what was made with this digest, or without one.
  func allows(_ secret: String) -> Bool { self?.matches(secret) ?? true }
}
