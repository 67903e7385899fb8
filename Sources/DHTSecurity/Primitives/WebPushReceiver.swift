internal import Crypto

/// A browser or phone to which push notifications are encrypted, RFC 8291 with one record of RFC 8188. (crypto.md §3.6)
///
///     let receiver = try WebPushReceiver(p256dh: key, auth: secret)
///     let body = try receiver.encrypt(payload)
public struct WebPushReceiver: Sendable {
  private let key: P256.KeyAgreement.PublicKey
  private let auth: [UInt8]

  /// The two values of a subscription: an uncompressed point of P-256, 65 bytes, and a secret, 16 bytes.
  /// - Throws: `SecurityError.malformed(.publicKey)`; `SecurityError.keySize` for a secret of another length.
  public init(p256dh: [UInt8], auth: [UInt8]) throws(SecurityError) {
    guard auth.count == 16 else { throw .keySize(auth.count) }
    do { key = try P256.KeyAgreement.PublicKey(x963Representation: p256dh) } catch { throw .malformed(.publicKey) }
    self.auth = auth
  }

  /// The body of a push request: salt, record size, sender's point, cyphertext, tag.
  public func encrypt(_ payload: [UInt8]) throws(SecurityError) -> [UInt8] {
    try encrypt(payload, sender: P256.KeyAgreement.PrivateKey(), salt: randomBytes(16))
  }

  func encrypt(
    _ payload: [UInt8], sender: P256.KeyAgreement.PrivateKey, salt: [UInt8]
  ) throws(SecurityError) -> [UInt8] {
    // Peers' record size: the payload, its end mark and the tag in one record.
    guard let recordSize = UInt32(exactly: max(4096, payload.count + 17)) else { throw .tooLarge }
    let point = Array(sender.publicKey.x963Representation)
    let header = salt + (0..<4).map { UInt8(truncatingIfNeeded: recordSize >> UInt32(24 - 8 * $0)) } + [65] + point
    do {
      let info = Array("WebPush: info".utf8) + [0] + Array(key.x963Representation) + point
      let secret = try sender.sharedSecretFromKeyAgreement(with: key)
        .hkdfDerivedSymmetricKey(using: SHA256.self, salt: auth, sharedInfo: info, outputByteCount: 32)
      let cipherKey = Self.derived(secret, salt, "Content-Encoding: aes128gcm", byteCount: 16)
      let nonce = Self.derived(secret, salt, "Content-Encoding: nonce", byteCount: 12)
      // 2 marks the end of the last record.
      let box = try AES.GCM.seal(
        payload + [2], using: cipherKey, nonce: AES.GCM.Nonce(data: nonce.withUnsafeBytes { Array($0) }))
      return header + Array(box.ciphertext) + Array(box.tag)
    } catch { throw .library("\(error)") }
  }

  private static func derived(_ secret: SymmetricKey, _ salt: [UInt8], _ label: String, byteCount: Int) -> SymmetricKey
  {
    HKDF<SHA256>.deriveKey(
      inputKeyMaterial: secret, salt: salt, info: Array(label.utf8) + [0], outputByteCount: byteCount)
  }
}
