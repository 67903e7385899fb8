internal import Crypto
internal import CryptoExtras

/// An RSA private key in the two forms that the library wants.
///
/// `@unchecked`: both stored keys are immutable handles of the same library type, whose operations may run on many
/// threads at once; the library marks only the signing one as Sendable.
final class RSAPrivateKey: @unchecked Sendable {
  let signing: _RSA.Signing.PrivateKey
  let encryption: _RSA.Encryption.PrivateKey

  /// From a PKCS#1 RSAPrivateKey.
  init(pkcs1: [UInt8]) throws(SecurityError) {
    do {
      signing = try _RSA.Signing.PrivateKey(unsafeDERRepresentation: pkcs1)
      encryption = try _RSA.Encryption.PrivateKey(unsafeDERRepresentation: pkcs1)
    } catch { throw .malformed(.privateKey) }
  }

  /// A new key.
  static func generate(bits: Int) throws(SecurityError) -> RSAPrivateKey {
    let pkcs1: [UInt8]
    do {
      pkcs1 = Array(try _RSA.Signing.PrivateKey(keySize: _RSA.Signing.KeySize(bitCount: bits)).derRepresentation)
    } catch { throw .library("\(error)") }
    return try RSAPrivateKey(pkcs1: pkcs1)
  }

  /// PKCS#1 with the values of the Chinese remainder theorem.
  var pkcs1: [UInt8] { Array(signing.derRepresentation) }

  func signature(_ digest: some Digest) throws(SecurityError) -> [UInt8] {
    do {
      return Array(try signing.signature(for: digest, padding: .insecurePKCS1v1_5).rawRepresentation)
    } catch { throw .library("\(error)") }
  }
}
