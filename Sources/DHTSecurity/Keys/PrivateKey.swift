internal import Crypto
internal import CryptoExtras

/// A private key: signs values and certificates, opens what was encrypted to its public key.
///
///     let key = try PrivateKey.generateRSA()
///     let signature = try key.sign(message)
///
/// Safe to use on any thread. An RSA-4096 key takes about 3 ms to sign or open and up to a second to make: keep such
/// work off threads that serve the network.
public struct PrivateKey: Sendable {
  /// The public half.
  public let publicKey: PublicKey

  // The library's form of the key.
  enum Material: Sendable {
    case rsa(RSAPrivateKey)
    case p256(P256.Signing.PrivateKey)
    case p384(P384.Signing.PrivateKey)
    case p521(P521.Signing.PrivateKey)
  }
  let material: Material

  init(material: Material, usesOAEP: Bool = false) throws(SecurityError) {
    self.material = material
    publicKey =
      switch material {
      case .rsa(let key): try PublicKey(rsa: Array(key.signing.publicKey.pkcs1DERRepresentation), usesOAEP: usesOAEP)
      case .p256(let key): try PublicKey(point: Array(key.publicKey.x963Representation), on: .p256)
      case .p384(let key): try PublicKey(point: Array(key.publicKey.x963Representation), on: .p384)
      case .p521(let key): try PublicKey(point: Array(key.publicKey.x963Representation), on: .p521)
      }
  }

  /// Makes an RSA key with the exponent 65537.
  /// - Parameter bits: 2048 … 8192, a multiple of 128. Peers make 4096.
  /// - Throws: `SecurityError.keySize` for any other count.
  public static func generateRSA(bits: Int = 4096) throws(SecurityError) -> PrivateKey {
    guard KeyLimits.generatedRSABits.contains(bits), bits.isMultiple(of: KeyLimits.generatedRSAStep) else {
      throw .keySize(bits)
    }
    return try PrivateKey(material: .rsa(RSAPrivateKey.generate(bits: bits)))
  }

  /// Makes a key on a curve, for an authority: peers accept no value signed with it.
  public static func generateEC(curve: Curve = .p384) throws(SecurityError) -> PrivateKey {
    switch curve {
    case .p256: try PrivateKey(material: .p256(P256.Signing.PrivateKey()))
    case .p384: try PrivateKey(material: .p384(P384.Signing.PrivateKey()))
    case .p521: try PrivateKey(material: .p521(P521.Signing.PrivateKey()))
    }
  }

  /// Kind and size.
  public var kind: KeyKind { publicKey.kind }

  /// Signs a message with SHA-512, as values are signed: RSASSA-PKCS1-v1_5, or ECDSA in DER for an EC key.
  /// - Throws: `SecurityError.unsupportedKey` for an OAEP key; `SecurityError.tooLarge` from 4 GiB on, as peers do.
  public func sign(_ message: [UInt8]) throws(SecurityError) -> [UInt8] {
    guard message.count <= UInt32.max else { throw .tooLarge }
    return try sign(message, digest: .sha512)
  }

  /// Signs as certificates, requests and lists are signed.
  func sign(_ message: [UInt8], digest: SignatureAlgorithm.Digest) throws(SecurityError) -> [UInt8] {
    switch digest {
    case .sha1: try signature(Insecure.SHA1.hash(data: message))
    case .sha256: try signature(SHA256.hash(data: message))
    case .sha384: try signature(SHA384.hash(data: message))
    case .sha512: try signature(SHA512.hash(data: message))
    }
  }

  /// Opens what was encrypted to the public key. (crypto.md §3.3)
  /// - Throws: `SecurityError.unsupportedKey` for a key that nobody can encrypt to; `SecurityError.decryption` for every
  ///   other reason.
  public func decrypt(_ cypher: [UInt8]) throws(SecurityError) -> [UInt8] {
    guard let encryption = RSAEncryption(kind), case .rsa(let key) = material else { throw .unsupportedKey }
    return try encryption.decrypt(cypher, with: key.encryption)
  }

  private func signature(_ digest: some Digest) throws(SecurityError) -> [UInt8] {
    guard kind.scheme != nil else { throw .unsupportedKey }
    if case .rsa(let key) = material { return try key.signature(digest) }
    do {
      switch material {
      case .rsa: throw SecurityError.unsupportedKey
      case .p256(let key): return Array(try key.signature(for: digest).derRepresentation)
      case .p384(let key): return Array(try key.signature(for: digest).derRepresentation)
      case .p521(let key): return Array(try key.signature(for: digest).derRepresentation)
      }
    } catch { throw .library("\(error)") }
  }
}
