internal import Crypto
internal import CryptoExtras
public import DHTModel

/// A public key: who signed a value, to whom one is encrypted.
///
///     let key = try PublicKey(decoding: bytes)         // PEM or DER
///     if key.isValid(signature: signature, for: message) { … }
///
/// Equal keys have equal DER. Safe to use on any thread.
public struct PublicKey: Sendable {
  /// Kind and size.
  public let kind: KeyKind
  /// DER SubjectPublicKeyInfo in its one canonical form, whatever was read. At most 2 KiB.
  public let derRepresentation: [UInt8]
  /// SHA-1 of the DER: names the key on the network.
  public let id: InfoHash
  /// SHA-256 of the DER.
  public let longID: PublicKeyID

  // The library's form of the key.
  enum Material: Sendable {
    case rsa(_RSA.Signing.PublicKey)
    case p256(P256.Signing.PublicKey)
    case p384(P384.Signing.PublicKey)
    case p521(P521.Signing.PublicKey)
  }
  private let material: Material

  init(kind: KeyKind, derRepresentation: [UInt8], material: Material) {
    self.kind = kind
    self.derRepresentation = derRepresentation
    self.material = material
    id = InfoHash(hashing: derRepresentation)
    longID = PublicKeyID(hashing: derRepresentation)
  }

  /// The key as a PEM text, label `PUBLIC KEY`.
  public var pemRepresentation: String { PEMBlock(label: "PUBLIC KEY", bytes: derRepresentation).text }

  /// Id of a node that has this key as its identity, unless it is told another: SHA-1 of `node:` and the key's id in hex.
  public var nodeID: NodeID { InfoHash(hashing: "node:\(id)") }

  /// The keys under which a certificate of this key is published: that of peers since 3.7.2, and that of older ones.
  /// (crypto.md §5.4)
  public var certificateKeys: [InfoHash] { [longID.certificateKey, id] }

  /// Whether a value's signature is right: RSASSA-PKCS1-v1_5 with SHA-512, and nothing else. (crypto.md §1.1, §3.2)
  public func isValid(signature: [UInt8], for message: [UInt8]) -> Bool {
    isValid(signature: signature, for: message, algorithm: SignatureAlgorithm(.rsa, .sha512))
  }

  /// Whether a signature as certificates, requests and lists carry it is right.
  public func isValid(signature: [UInt8], for message: [UInt8], algorithm: SignatureAlgorithm) -> Bool {
    guard kind.scheme == algorithm.scheme else { return false }
    return switch algorithm.digest {
    case .sha1: isValid(signature, for: Insecure.SHA1.hash(data: message))
    case .sha256: isValid(signature, for: SHA256.hash(data: message))
    case .sha384: isValid(signature, for: SHA384.hash(data: message))
    case .sha512: isValid(signature, for: SHA512.hash(data: message))
    }
  }

  /// Encrypts a message that the private key opens. (crypto.md §3.3)
  /// - Throws: `SecurityError.unsupportedKey` unless the key is RSA with a modulus of whole bytes.
  public func encrypt(_ message: [UInt8]) throws(SecurityError) -> [UInt8] {
    guard let encryption = RSAEncryption(kind), case .rsa(let key) = material else { throw .unsupportedKey }
    let target: _RSA.Encryption.PublicKey
    do {
      target = try _RSA.Encryption.PublicKey(unsafeDERRepresentation: Array(key.derRepresentation))
    } catch { throw .library("\(error)") }
    return try encryption.encrypt(message, to: target)
  }

  private func isValid(_ signature: [UInt8], for digest: some Digest) -> Bool {
    switch material {
    case .rsa(let key):
      key.isValidSignature(
        _RSA.Signing.RSASignature(rawRepresentation: signature), for: digest, padding: .insecurePKCS1v1_5)
    case .p256(let key):
      (try? P256.Signing.ECDSASignature(derRepresentation: signature)).map { key.isValidSignature($0, for: digest) }
        ?? false
    case .p384(let key):
      (try? P384.Signing.ECDSASignature(derRepresentation: signature)).map { key.isValidSignature($0, for: digest) }
        ?? false
    case .p521(let key):
      (try? P521.Signing.ECDSASignature(derRepresentation: signature)).map { key.isValidSignature($0, for: digest) }
        ?? false
    }
  }
}

extension PublicKey: Hashable {
  public static func == (x: PublicKey, y: PublicKey) -> Bool { x.derRepresentation == y.derRepresentation }
  public func hash(into hasher: inout Hasher) { hasher.combine(longID) }
}

extension PublicKey: CustomStringConvertible {
  /// The id, 40 hexadecimal digits.
  public var description: String { id.description }
}
