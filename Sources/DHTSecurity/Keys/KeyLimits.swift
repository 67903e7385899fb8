/// Bounds on keys, which come from strangers.
enum KeyLimits {
  /// Bytes of a SubjectPublicKeyInfo. Peers cannot pack more. (crypto.md §1.3)
  static let publicKeyByteCount = 2048
  /// Bytes to look at for a public key: the largest one as PEM, with room for what stands around it.
  static let publicKeyInputByteCount = 4096
  /// Bits of a modulus that is read: peers use 1024, and the crypto library refuses more than 8192.
  static let rsaBits = 1024...8192
  /// Bits of a modulus that is made.
  static let generatedRSABits = 2048...8192
  /// What their number is a multiple of; the crypto library would round it down silently.
  static let generatedRSAStep = 128
  /// Bytes to look at for a private key: RSA-8192 as PEM is under 7 KiB.
  static let privateKeyInputByteCount = 65_536
  /// Rounds of PBKDF2 that a file may ask for; peers write 600,000. Ten million take some seconds.
  static let keyDerivationRounds = 1...10_000_000
}
