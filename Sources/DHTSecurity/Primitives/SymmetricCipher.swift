internal import Crypto

/// AES-GCM with a key that both sides have; reads and writes what `aesEncrypt` and `aesDecrypt` of other nodes do.
///
///     let cipher = try SymmetricCipher(key: hash(secret, byteCount: 32))
///     let packed = try cipher.encrypt(message)
///
/// Packed: 12 bytes of IV, cyphertext, 16 bytes of tag. (crypto.md §3.4)
public struct SymmetricCipher: Sendable {
  /// Bytes that encryption adds.
  public static let overhead = 12 + 16

  private let key: SymmetricKey

  /// A cipher for a key of 16, 24 or 32 bytes.
  /// - Throws: `SecurityError.keySize` for any other count.
  public init(key: [UInt8]) throws(SecurityError) {
    guard [16, 24, 32].contains(key.count) else { throw .keySize(key.count) }
    self.key = SymmetricKey(data: key)
  }

  /// Encrypts a message under a fresh random IV.
  /// - Throws: `SecurityError.emptyMessage`: no peer opens an encrypted empty message.
  public func encrypt(_ message: [UInt8]) throws(SecurityError) -> [UInt8] {
    guard !message.isEmpty else { throw .emptyMessage }
    do { return try sealed(message) } catch { throw .library("\(error)") }
  }

  /// Opens a packed message.
  /// - Throws: `SecurityError.decryption` for a wrong key, a changed byte, or fewer than 29 bytes.
  public func decrypt(_ packed: [UInt8]) throws(SecurityError) -> [UInt8] {
    guard packed.count > Self.overhead else { throw .decryption }
    do { return Array(try AES.GCM.open(AES.GCM.SealedBox(combined: packed), using: key)) } catch { throw .decryption }
  }

  private func sealed(_ message: [UInt8]) throws -> [UInt8] {
    let box = try AES.GCM.seal(message, using: key)
    return Array(box.nonce) + Array(box.ciphertext) + Array(box.tag)
  }
}
