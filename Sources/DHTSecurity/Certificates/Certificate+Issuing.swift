public import DHTModel
internal import SwiftASN1

extension Certificate {
  /// Ten years, as peers give. (crypto.md §2.1)
  public static let defaultLifetime: Duration = .seconds(315_360_000)

  /// Makes a certificate of a key that signs itself.
  ///
  /// - Parameters:
  ///   - name: Common name; the user id is the key's id in hex.
  ///   - isCA: Whether it may issue others.
  ///   - date: When it begins to hold; the system's date by default.
  /// - Throws: `SecurityError.emptyName`; `SecurityError.unsupportedKey` for a key that cannot sign.
  public static func selfSigned(
    by key: PrivateKey, name: String, isCA: Bool, lifetime: Duration = defaultLifetime, from date: WallTime? = nil
  ) throws(SecurityError) -> Certificate {
    let subject = try subjectName(name, key.publicKey)
    let template = Template(
      issuer: subject, subject: subject, key: key.publicKey, extensions: extensions(for: key.publicKey, isCA: isCA),
      digest: key.kind.certificateDigest)
    return try template.certificate(signedBy: key, issuer: nil, lifetime: lifetime, from: date)
  }

  /// Makes a certificate of a key, issued by an authority. Parameters as `selfSigned`.
  /// - Throws: `SecurityError.notAuthority` for an issuer that is none; else as `selfSigned`.
  public static func issued(
    to key: PublicKey, name: String, isCA: Bool = false, by authority: Identity,
    lifetime: Duration = defaultLifetime, from date: WallTime? = nil
  ) throws(SecurityError) -> Certificate {
    let template = Template(
      issuer: authority.certificate.subject, subject: try subjectName(name, key), key: key,
      extensions: extensions(for: key, isCA: isCA), digest: key.kind.certificateDigest)
    return try template.certificate(signedBy: authority, lifetime: lifetime, from: date)
  }

  /// Makes a certificate from a request: its subject and key; no extensions, as peers do. (crypto.md §2.3)
  /// - Throws: `SecurityError.badSignature` for a request that its key has not signed, which peers do not check;
  ///   `SecurityError.notAuthority`.
  public static func issued(
    to request: CertificateRequest, by authority: Identity, lifetime: Duration = defaultLifetime,
    from date: WallTime? = nil
  ) throws(SecurityError) -> Certificate {
    guard request.isValid else { throw .badSignature }
    let template = Template(
      issuer: authority.certificate.subject, subject: request.subject, key: request.publicKey, extensions: [],
      digest: authority.privateKey.kind.certificateDigest)
    return try template.certificate(signedBy: authority, lifetime: lifetime, from: date)
  }

  /// The same certificate with new dates and a new serial number, signed again by its issuer, or by itself.
  /// - Throws: `SecurityError.keyMismatch` when `authority` is not the issuer; `SecurityError.notAuthority`.
  public func renewed(
    by authority: Identity, lifetime: Duration = defaultLifetime, from date: WallTime? = nil
  ) throws(SecurityError) -> Certificate {
    guard authority.certificate.subject == issuerName else { throw .keyMismatch }
    let template = Template(
      issuer: issuerName, subject: subject, key: publicKey, keyInfo: fields.keyInfo, extensions: fields.extensions,
      digest: publicKey.kind.certificateDigest)
    guard authority.certificate.longID == longID else {
      return try template.certificate(signedBy: authority, lifetime: lifetime, from: date)
    }
    return try template.certificate(signedBy: authority.privateKey, issuer: nil, lifetime: lifetime, from: date)
  }

  private static func subjectName(_ name: String, _ key: PublicKey) throws(SecurityError) -> CertificateName {
    guard !name.isEmpty else { throw .emptyName }
    return CertificateName(commonName: name, userID: key.id.description)
  }

  /// Subject Key Identifier, Basic Constraints of an authority, Key Usage: as peers write them. (crypto.md §2.1)
  private static func extensions(for key: PublicKey, isCA: Bool) -> [UInt8] {
    DERWriter.bytes { writer in
      writer.constructed(.context(3)) {
        $0.sequence {
          $0.certificateExtension(.subjectKeyIdentifier, isCritical: false) { $0.octets(key.id.bytes) }
          if isCA {
            $0.certificateExtension(.basicConstraints, isCritical: true) {
              $0.sequence { $0.primitive(.boolean, [0xff]) }
            }
          }
          $0.certificateExtension(.keyUsage, isCritical: true) {
            // keyCertSign and cRLSign; digitalSignature and dataEncipherment.
            if isCA { $0.bitString([0x06], unusedBits: 1) } else { $0.bitString([0x90], unusedBits: 4) }
          }
        }
      }
    }
  }

  /// All of a certificate but serial number, dates and signature.
  private struct Template {
    var issuer, subject: CertificateName
    var key: PublicKey
    var keyInfo: [UInt8]?
    var extensions: [UInt8]
    var digest: SignatureAlgorithm.Digest

    func certificate(
      signedBy authority: Identity, lifetime: Duration, from date: WallTime?
    ) throws(SecurityError) -> Certificate {
      guard authority.certificate.isCA else { throw .notAuthority }
      return try certificate(
        signedBy: authority.privateKey, issuer: authority.certificate, lifetime: lifetime, from: date)
    }

    func certificate(
      signedBy key: PrivateKey, issuer issuerCertificate: Certificate?, lifetime: Duration, from date: WallTime?
    ) throws(SecurityError) -> Certificate {
      let start = date ?? DERDate.now()
      let lifetime = lifetime > .zero ? lifetime : Certificate.defaultLifetime
      let structure = try SignedStructure(signedBy: key, digest: digest) { writer, algorithm in
        writer.constructed(.context(0)) { $0.number(2) }
        writer.primitive(.integer, SerialNumber.random())
        algorithm.write(to: &writer)
        writer.raw(issuer.derRepresentation)
        writer.sequence {
          DERDate.write(start, to: &$0)
          DERDate.write(start + lifetime, to: &$0)
        }
        writer.raw(subject.derRepresentation)
        writer.raw(keyInfo ?? self.key.derRepresentation)
        writer.raw(extensions)
      }
      return Certificate(fields: try CertificateFields(structure.derRepresentation), issuer: issuerCertificate)
    }
  }
}

/// Numbers of certificates and lists.
enum SerialNumber {
  /// Eight random bytes that read as a positive number of eight bytes: other forms confuse old peers. (crypto.md §2.1)
  static func random() -> [UInt8] {
    var bytes = randomBytes(8)
    bytes[0] = max(bytes[0] & 0x7f, 1)
    return bytes
  }
}

extension DERWriter {
  mutating func certificateExtension(
    _ type: ObjectIdentifier, isCritical: Bool, _ write: (inout DERWriter) -> Void
  ) {
    sequence {
      $0.objectIdentifier(type)
      if isCritical { $0.primitive(.boolean, [0xff]) }
      $0.octets(DERWriter.bytes(write))
    }
  }
}
