internal import Crypto
internal import CryptoExtras
internal import SwiftASN1

/// PKCS#8 EncryptedPrivateKeyInfo: PBES2 with PBKDF2 and AES-CBC is written; triple DES, also by PKCS#12's derivation, is
/// read besides. (crypto.md §1.4)
enum EncryptedKey {
  /// As peers derive.
  private static let rounds = 600_000

  static func seal(_ pkcs8: [UInt8], password: String) throws(SecurityError) -> [UInt8] {
    let salt = randomBytes(16)
    let iv = randomBytes(16)
    let cypher: [UInt8]
    do {
      let key = try KDF.Insecure.PBKDF2.deriveKey(
        from: Array(password.utf8), salt: salt, using: .sha256, outputByteCount: 32, rounds: rounds)
      cypher = Array(try AES._CBC.encrypt(pkcs8, using: key, iv: AES._CBC.IV(ivBytes: iv)))
    } catch { throw .library("\(error)") }
    return DERWriter.bytes {
      $0.sequence {
        $0.sequence {
          $0.objectIdentifier(.pbes2)
          $0.sequence {
            writeDerivation(salt: salt, to: &$0)
            $0.sequence {
              $0.objectIdentifier(.aes256CBC)
              $0.octets(iv)
            }
          }
        }
        $0.octets(cypher)
      }
    }
  }

  /// The PKCS#8 inside.
  static func open(_ der: [UInt8], password: String?) throws(SecurityError) -> [UInt8] {
    var fields = try DERNode(der).children()
    var algorithm = try fields.sequence()
    let identifier = try algorithm.objectIdentifier()
    var parameters = try algorithm.sequence()
    let cypher = try fields.octets()
    guard let password else { throw .decryption }
    switch identifier {
    case .pbes2: return try open(cypher, parameters: &parameters, password: password)
    case .pbeSHA1TripleDES:
      let salt = try parameters.octets()
      let rounds = try parameters.number()
      guard KeyLimits.keyDerivationRounds.contains(rounds) else { throw .malformed(.privateKey) }
      let derivation = PKCS12Derivation(password: password, salt: salt, rounds: rounds)
      return try TripleDES(key: derivation.bytes(24, purpose: .key))
        .decrypt(cypher, iv: derivation.bytes(8, purpose: .iv))
    default: throw .malformed(.privateKey)
    }
  }

  private static func open(
    _ cypher: [UInt8], parameters: inout DERElements, password: String
  ) throws(SecurityError) -> [UInt8] {
    var derivation = try parameters.sequence()
    var scheme = try parameters.sequence()
    guard try derivation.objectIdentifier() == .pbkdf2 else { throw .malformed(.privateKey) }
    var settings = try derivation.sequence()
    let salt = try settings.octets()
    let rounds = try settings.number()
    _ = settings.next(if: .integer)
    var function: DERElements? = settings.isAtEnd ? nil : try settings.sequence()
    let hash = try hashFunction(function?.objectIdentifier() ?? .hmacWithSHA1)
    guard KeyLimits.keyDerivationRounds.contains(rounds) else { throw .malformed(.privateKey) }
    let identifier = try scheme.objectIdentifier()
    let iv = try scheme.octets()
    let key: SymmetricKey
    do {
      key = try KDF.Insecure.PBKDF2.deriveKey(
        from: Array(password.utf8), salt: salt, using: hash, outputByteCount: keyByteCount(identifier),
        unsafeUncheckedRounds: rounds)
    } catch { throw .malformed(.privateKey) }
    guard identifier != .tripleDESCBC else {
      return try TripleDES(key: key.withUnsafeBytes { Array($0) }).decrypt(cypher, iv: iv)
    }
    do {
      return Array(try AES._CBC.decrypt(cypher, using: key, iv: AES._CBC.IV(ivBytes: iv)))
    } catch { throw .decryption }
  }

  private static func keyByteCount(_ cipher: ObjectIdentifier) throws(SecurityError) -> Int {
    switch cipher {
    case .aes128CBC: 16
    case .aes192CBC, .tripleDESCBC: 24
    case .aes256CBC: 32
    default: throw .malformed(.privateKey)
    }
  }

  private static func hashFunction(
    _ identifier: ObjectIdentifier
  ) throws(SecurityError) -> KDF.Insecure.PBKDF2.HashFunction {
    switch identifier {
    case .hmacWithSHA1: .insecureSHA1
    case .hmacWithSHA224: .insecureSHA224
    case .hmacWithSHA256: .sha256
    case .hmacWithSHA384: .sha384
    case .hmacWithSHA512: .sha512
    default: throw .malformed(.privateKey)
    }
  }

  private static func writeDerivation(salt: [UInt8], to writer: inout DERWriter) {
    writer.sequence {
      $0.objectIdentifier(.pbkdf2)
      $0.sequence {
        $0.octets(salt)
        $0.number(rounds)
        $0.number(32)
        $0.algorithm(.hmacWithSHA256, null: false)
      }
    }
  }
}
