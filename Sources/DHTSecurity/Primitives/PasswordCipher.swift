/// AES-GCM with a key stretched from a password; reads and writes what `aesEncrypt(data, password)` of other nodes does.
///
///     let bundle = try PasswordCipher(password: "tell nobody").encrypt(message)
///
/// A bundle: 16 bytes of salt, then as `SymmetricCipher`. Stretching takes about a second of one core and 64 MiB: never
/// do it on a thread that serves the network. (crypto.md §3.5)
public struct PasswordCipher: Sendable {
  /// Bytes of the salt of a bundle.
  public static let saltByteCount = 16

  private let password: String

  /// A cipher for a password, which may be empty.
  public init(password: String) {
    self.password = password
  }

  /// Encrypts a message with a fresh random salt, or a given one of exactly 16 bytes.
  /// - Throws: `SecurityError.emptyMessage`; `SecurityError.saltTooShort` for a salt of another length.
  public func encrypt(_ message: [UInt8], salt: [UInt8]? = nil) throws(SecurityError) -> [UInt8] {
    let salt = salt ?? randomBytes(Self.saltByteCount)
    guard salt.count == Self.saltByteCount else { throw .saltTooShort }
    guard !message.isEmpty else { throw .emptyMessage }
    return try salt + cipher(salt: salt).encrypt(message)
  }

  /// Opens a bundle.
  /// - Throws: `SecurityError.decryption` for a wrong password, a changed byte, or fewer than 45 bytes.
  public func decrypt(_ bundle: [UInt8]) throws(SecurityError) -> [UInt8] {
    // Too short bundles cost no stretching.
    guard bundle.count > Self.saltByteCount + SymmetricCipher.overhead else { throw .decryption }
    return try cipher(salt: Array(bundle.prefix(Self.saltByteCount)))
      .decrypt(Array(bundle.dropFirst(Self.saltByteCount)))
  }

  private func cipher(salt: [UInt8]) throws(SecurityError) -> SymmetricCipher {
    try SymmetricCipher(key: stretchKey(password, salt: salt, byteCount: 32))
  }
}

/// Stretches a password to a key: `hash` of Argon2i version 1.3 with 16 passes, 64 MiB, one lane, 32 bytes out.
///
/// - Parameters:
///   - salt: At least 8 bytes; 16 for a bundle that others can open.
///   - byteCount: Bytes of the key, as `hash(_:byteCount:)` gives them: the SHA-256 of the stretched key for 32.
/// - Throws: `SecurityError.saltTooShort`.
public func stretchKey(_ password: String, salt: [UInt8], byteCount: Int) throws(SecurityError) -> [UInt8] {
  guard salt.count >= 8 else { throw .saltTooShort }
  return hash(Argon2i.peers.hash(Array(password.utf8), salt: salt), byteCount: byteCount)
}

/// Bytes nobody can guess.
func randomBytes(_ count: Int) -> [UInt8] {
  var generator = SystemRandomNumberGenerator()
  return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
}
