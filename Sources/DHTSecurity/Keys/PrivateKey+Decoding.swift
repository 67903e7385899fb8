internal import Crypto
internal import SwiftASN1

extension PrivateKey {
  /// Reads a key in any form that 4.x reads, and then some: PKCS#8 as PEM or DER, plain or encrypted; PKCS#1 and SEC 1 as
  /// DER, or as PEM, plain or with the encryption headers of old. (crypto.md §1.4)
  ///
  /// - Parameter password: Ignored when the key is not encrypted.
  /// - Throws: `SecurityError.decryption` for a wrong password, or none where one is needed;
  ///   `SecurityError.malformed(.privateKey)` for anything else.
  public init(decoding bytes: [UInt8], password: String? = nil) throws(SecurityError) {
    guard bytes.count <= KeyLimits.privateKeyInputByteCount else { throw .malformed(.privateKey) }
    do throws(SecurityError) {
      self = try Self(reading: bytes, password: password)
    } catch .decryption { throw .decryption } catch { throw .malformed(.privateKey) }
  }

  /// Reads a key from a PEM text; else as `init(decoding:password:)`.
  public init(pemRepresentation: String, password: String? = nil) throws(SecurityError) {
    try self.init(decoding: Array(pemRepresentation.utf8), password: password)
  }

  private init(reading bytes: [UInt8], password: String?) throws(SecurityError) {
    guard let block = PEMBlock.all(in: bytes).first(where: { $0.label.hasSuffix("PRIVATE KEY") }) else {
      var fields = try DERNode(bytes).children()
      // The encrypted form begins with an algorithm. The others with a version, then PKCS#8 with an algorithm, PKCS#1 with
      // the modulus, SEC 1 with the key.
      let first = try fields.next().identifier
      switch (first, try fields.next().identifier) {
      case (.sequence, _): self = try Self(encrypted: bytes, password: password)
      case (_, .integer): self = try Self(pkcs1: bytes)
      case (_, .octetString): self = try Self(sec1: bytes)
      default: self = try Self(pkcs8: bytes)
      }
      return
    }
    switch block.label {
    case "PRIVATE KEY": self = try Self(pkcs8: block.bytes)
    case "ENCRYPTED PRIVATE KEY": self = try Self(encrypted: block.bytes, password: password)
    case "RSA PRIVATE KEY": self = try Self.opening(block, password: password, Self.init(pkcs1:))
    case "EC PRIVATE KEY": self = try Self.opening(block, password: password, Self.init(sec1:))
    default: throw .malformed(.privateKey)
    }
  }

  private init(encrypted der: [UInt8], password: String?) throws(SecurityError) {
    let plain = try EncryptedKey.open(der, password: password)
    // One in 256 wrong passwords leaves sound padding; what then comes out is no key.
    do throws(SecurityError) { try self.init(pkcs8: plain) } catch { throw .decryption }
  }

  private static func opening(
    _ block: PEMBlock, password: String?, _ read: ([UInt8]) throws(SecurityError) -> PrivateKey
  ) throws(SecurityError) -> PrivateKey {
    guard block.headers["Proc-Type"]?.hasSuffix("ENCRYPTED") == true else { return try read(block.bytes) }
    let plain = try LegacyPEMEncryption.open(block, password: password)
    do throws(SecurityError) { return try read(plain) } catch { throw .decryption }
  }

  private init(pkcs8 der: [UInt8]) throws(SecurityError) {
    var fields = try DERNode(der).children()
    _ = try fields.next(.integer)
    var algorithm = try fields.sequence()
    let identifier = try algorithm.objectIdentifier()
    let inner = try fields.octets()
    switch identifier {
    case .rsaEncryption: try self.init(pkcs1: inner)
    case .rsaOAEP: try self.init(material: .rsa(RSAPrivateKey(pkcs1: inner)), usesOAEP: true)
    case .ecPublicKey: try self.init(sec1: inner, curve: Curve(try algorithm.objectIdentifier()))
    default: throw .malformed(.privateKey)
    }
  }

  private init(pkcs1 der: [UInt8]) throws(SecurityError) {
    try self.init(material: .rsa(RSAPrivateKey(pkcs1: der)))
  }

  private init(sec1 der: [UInt8]) throws(SecurityError) {
    try self.init(sec1: der, curve: nil)
  }

  private init(sec1 der: [UInt8], curve outer: Curve?) throws(SecurityError) {
    var fields = try DERNode(der).children()
    _ = try fields.next(.integer)
    let stored = try fields.octets()
    var parameters = try fields.children(if: .context(0))
    let inner = try parameters?.objectIdentifier()
    guard let curve = outer ?? inner.flatMap(Curve.init) else { throw .malformed(.privateKey) }
    // Half of the network's keys are stored with one zero more than the curve has. (crypto.md §1.4)
    let digits = Array(stored.drop { $0 == 0 })
    guard digits.count <= curve.byteCount else { throw .malformed(.privateKey) }
    let scalar = [UInt8](repeating: 0, count: curve.byteCount - digits.count) + digits
    let material: Material
    do {
      material =
        switch curve {
        case .p256: .p256(try P256.Signing.PrivateKey(rawRepresentation: scalar))
        case .p384: .p384(try P384.Signing.PrivateKey(rawRepresentation: scalar))
        case .p521: .p521(try P521.Signing.PrivateKey(rawRepresentation: scalar))
        }
    } catch { throw .malformed(.privateKey) }
    try self.init(material: material)
  }
}
