internal import Crypto
internal import CryptoExtras
internal import SwiftASN1

extension PublicKey {
  /// Reads a key as PEM, or else as DER SubjectPublicKeyInfo, as peers do wherever they expect one. (crypto.md §1.3)
  ///
  /// Bytes after a PEM are ignored: 2.4.12 writes a zero there.
  /// - Throws: `SecurityError.malformed(.publicKey)` for anything else, RSA outside 1024 … 8192 bits, or over 2 KiB of DER.
  public init(decoding bytes: some Sequence<UInt8>) throws(SecurityError) {
    // One more than may be, so that no long sequence is copied.
    let bytes = Array(bytes.prefix(KeyLimits.publicKeyInputByteCount + 1))
    guard bytes.count <= KeyLimits.publicKeyInputByteCount else { throw .malformed(.publicKey) }
    let block = PEMBlock.all(in: bytes).first { $0.label == "PUBLIC KEY" }
    do throws(SecurityError) {
      self = try Self(subjectPublicKeyInfo: block?.bytes ?? bytes)
    } catch { throw .malformed(.publicKey) }
  }

  /// Reads a key from a PEM text.
  public init(pemRepresentation: String) throws(SecurityError) {
    try self.init(decoding: pemRepresentation.utf8)
  }

  init(subjectPublicKeyInfo der: [UInt8]) throws(SecurityError) {
    guard der.count <= KeyLimits.publicKeyByteCount else { throw .malformed(.publicKey) }
    var info = try DERNode(der).children()
    var algorithm = try info.sequence()
    let identifier = try algorithm.objectIdentifier()
    let bits = try info.bitStringBytes()
    switch identifier {
    case .rsaEncryption: try self.init(rsa: bits, usesOAEP: false)
    case .rsaOAEP:
      guard try algorithm.next().encoded == Self.oaepParameters else { throw .malformed(.publicKey) }
      try self.init(rsa: bits, usesOAEP: true)
    case .ecPublicKey:
      guard let curve = Curve(try algorithm.objectIdentifier()) else { throw .malformed(.publicKey) }
      try self.init(point: bits, on: curve)
    default: throw .malformed(.publicKey)
    }
  }

  /// From a PKCS#1 RSAPublicKey.
  init(rsa pkcs1: [UInt8], usesOAEP: Bool) throws(SecurityError) {
    var fields = try DERNode(pkcs1).children()
    let modulus = try fields.unsignedInteger()
    let exponent = try fields.unsignedInteger()
    guard let first = modulus.first else { throw .malformed(.publicKey) }
    let bits = modulus.count * 8 - first.leadingZeroBitCount
    guard KeyLimits.rsaBits.contains(bits) else { throw .malformed(.publicKey) }
    let plain = Self.subjectPublicKeyInfo(modulus: modulus, exponent: exponent, usesOAEP: false)
    let key: _RSA.Signing.PublicKey
    do { key = try _RSA.Signing.PublicKey(unsafeDERRepresentation: plain) } catch { throw .malformed(.publicKey) }
    let der = usesOAEP ? Self.subjectPublicKeyInfo(modulus: modulus, exponent: exponent, usesOAEP: true) : plain
    self.init(kind: usesOAEP ? .rsaOAEP(bits: bits) : .rsa(bits: bits), derRepresentation: der, material: .rsa(key))
  }

  /// From a point, compressed or not.
  init(point: [UInt8], on curve: Curve) throws(SecurityError) {
    let material: Material
    let isCompressed = point.first != 4
    do {
      material =
        switch curve {
        case .p256:
          .p256(
            try isCompressed
              ? P256.Signing.PublicKey(compressedRepresentation: point)
              : P256.Signing.PublicKey(x963Representation: point))
        case .p384:
          .p384(
            try isCompressed
              ? P384.Signing.PublicKey(compressedRepresentation: point)
              : P384.Signing.PublicKey(x963Representation: point))
        case .p521:
          .p521(
            try isCompressed
              ? P521.Signing.PublicKey(compressedRepresentation: point)
              : P521.Signing.PublicKey(x963Representation: point))
        }
    } catch { throw .malformed(.publicKey) }
    let der = Self.subjectPublicKeyInfo(point: material.point, on: curve)
    self.init(kind: .ec(curve), derRepresentation: der, material: material)
  }

  /// RSAES-OAEP-params with SHA-256 and MGF1 of SHA-256, the only ones in use. (crypto.md §1.1)
  static let oaepParameters: [UInt8] = DERWriter.bytes { writer in
    let sha256 = ObjectIdentifier(2, 16, 840, 1, 101, 3, 4, 2, 1)
    writer.sequence {
      $0.constructed(.context(0)) { $0.algorithm(sha256, null: false) }
      $0.constructed(.context(1)) {
        $0.sequence {
          $0.objectIdentifier(ObjectIdentifier(1, 2, 840, 113549, 1, 1, 8))
          $0.algorithm(sha256, null: false)
        }
      }
      $0.constructed(.context(2)) {
        // GnuTLS writes this place so; the label is empty.
        $0.sequence {
          $0.objectIdentifier(ObjectIdentifier(1, 9))
          $0.octets([])
        }
      }
    }
  }

  /// The AlgorithmIdentifier of an RSA key.
  static func writeRSAAlgorithm(usesOAEP: Bool, to writer: inout DERWriter) {
    guard usesOAEP else { return writer.algorithm(.rsaEncryption, null: true) }
    writer.sequence {
      $0.objectIdentifier(.rsaOAEP)
      $0.raw(oaepParameters)
    }
  }

  private static func subjectPublicKeyInfo(modulus: [UInt8], exponent: [UInt8], usesOAEP: Bool) -> [UInt8] {
    let pkcs1 = DERWriter.bytes {
      $0.sequence {
        $0.unsignedInteger(modulus)
        $0.unsignedInteger(exponent)
      }
    }
    return DERWriter.bytes {
      $0.sequence {
        writeRSAAlgorithm(usesOAEP: usesOAEP, to: &$0)
        $0.bitString(pkcs1)
      }
    }
  }

  private static func subjectPublicKeyInfo(point: [UInt8], on curve: Curve) -> [UInt8] {
    DERWriter.bytes {
      $0.sequence {
        $0.sequence {
          $0.objectIdentifier(.ecPublicKey)
          $0.objectIdentifier(curve.identifier)
        }
        $0.bitString(point)
      }
    }
  }
}

extension PublicKey.Material {
  /// The point of an EC key, uncompressed; empty for RSA.
  fileprivate var point: [UInt8] {
    switch self {
    case .rsa: []
    case .p256(let key): Array(key.x963Representation)
    case .p384(let key): Array(key.x963Representation)
    case .p521(let key): Array(key.x963Representation)
    }
  }
}
