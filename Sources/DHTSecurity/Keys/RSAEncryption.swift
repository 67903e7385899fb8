internal import Crypto
internal import CryptoExtras

/// Encryption to an RSA key, short and hybrid. (crypto.md §3.3)
///
/// ```
/// n <= longest :  [ RSA block, k bytes ]
/// n >  longest :  [ RSA block of an AES key ][ IV 12 ][ cyphertext n ][ tag 16 ]
/// ```
struct RSAEncryption {
  /// Bytes of the modulus.
  let blockByteCount: Int
  private let padding: _RSA.Encryption.Padding
  // Bytes that the padding takes of a block.
  private let paddingByteCount: Int

  /// Nil for a key that cannot receive.
  init?(_ kind: KeyKind) {
    guard kind.receivesValues else { return nil }
    blockByteCount = kind.bits / 8
    switch kind {
    case .rsa: (padding, paddingByteCount) = (Self.wirePadding, 11)
    case .rsaOAEP: (padding, paddingByteCount) = (.PKCS1_OAEP_SHA256, 66)
    case .ec: return nil
    }
  }

  /// Most bytes that one block holds.
  var longestBlockMessage: Int { blockByteCount - paddingByteCount }

  func encrypt(_ message: [UInt8], to key: _RSA.Encryption.PublicKey) throws(SecurityError) -> [UInt8] {
    if message.count <= longestBlockMessage { return try block(of: message, key) }
    guard let keyByteCount = [32, 24, 16].first(where: { $0 <= longestBlockMessage }) else { throw .unsupportedKey }
    let symmetricKey = randomBytes(keyByteCount)
    return try block(of: symmetricKey, key) + SymmetricCipher(key: symmetricKey).encrypt(message)
  }

  /// Opens both forms. Every failure is the same error.
  func decrypt(_ cypher: [UInt8], with key: _RSA.Encryption.PrivateKey) throws(SecurityError) -> [UInt8] {
    guard cypher.count >= blockByteCount else { throw .decryption }
    let opened = try? Array(key.decrypt(Array(cypher.prefix(blockByteCount)), padding: padding))
    guard cypher.count > blockByteCount else {
      guard let opened else { throw .decryption }
      return opened
    }
    // A block that does not open is taken as a key that nobody knows, so that bad padding and a bad tag take the same
    // way, and about the same time, to the same error.
    var symmetricKey = randomBytes(32)
    if let opened, [16, 24, 32].contains(opened.count) { symmetricKey = opened }
    return try SymmetricCipher(key: symmetricKey).decrypt(Array(cypher.dropFirst(blockByteCount)))
  }

  private func block(of message: [UInt8], _ key: _RSA.Encryption.PublicKey) throws(SecurityError) -> [UInt8] {
    do { return try Array(key.encrypt(message, padding: padding)) } catch { throw .library("\(error)") }
  }

  // RSAES-PKCS1-v1_5: the network leaves no choice. The only place that names it.
  private static var wirePadding: _RSA.Encryption.Padding { ._WEAK_AND_INSECURE_PKCS_V1_5 }
}
