public import DHTModel

/// A certificate, with the chain of those that issued it: device, account, root.
///
///     let certificate = try Certificate(decoding: bytes)       // PEM, leaf first, or one DER
///     let verdict = trustList.verify(certificate)
///
/// Reading verifies nothing: until a `TrustList` has said so, only the key in it is certain, and only if the network
/// said who holds it. Reads all that peers have made, odd serial numbers and weak keys included.
public struct Certificate: Sendable {
  let fields: CertificateFields
  // None or one: a struct cannot hold itself.
  private var issuerCertificates: [Certificate] = []
  /// Lists of what this certificate, being an authority, has revoked. The last one added comes last.
  public internal(set) var revocationLists: [RevocationList] = []

  init(fields: CertificateFields, issuer: Certificate? = nil) {
    self.fields = fields
    issuerCertificates = issuer.map { [$0] } ?? []
  }

  /// The certificate that issued this one, if it is known.
  public var issuer: Certificate? { issuerCertificates.first }
  /// This certificate and its issuers, the leaf first.
  public var chain: [Certificate] {
    Array(sequence(first: self) { $0.issuer })
  }
  /// This certificate alone.
  public var withoutIssuers: Certificate {
    var alone = self
    alone.issuerCertificates = []
    return alone
  }

  /// The key that is certified.
  public var publicKey: PublicKey { fields.publicKey }
  /// Id of the key.
  public var id: InfoHash { publicKey.id }
  /// Long id of the key.
  public var longID: PublicKeyID { publicKey.longID }

  /// Whom it is about.
  public var subject: CertificateName { fields.subject }
  /// Who made it.
  public var issuerName: CertificateName { fields.issuer }
  /// The first common name of the subject; empty if there is none.
  public var subjectName: String { subject.commonName }
  /// The first user id of the subject; empty if there is none.
  public var userID: String { subject.userID }
  /// Other names of the subject.
  public var alternativeNames: [AlternativeName] { fields.alternativeNames }
  /// Bytes of the serial number as they were written, which may be a negative number.
  public var serialNumber: [UInt8] { fields.serialNumber }
  /// From when it holds.
  public var notBefore: WallTime { fields.notBefore }
  /// Until when it holds.
  public var notAfter: WallTime { fields.notAfter }
  /// Whether it may issue others. (crypto.md §2.1)
  public var isCA: Bool { fields.isAuthority }
  /// How it is signed; nil for an algorithm that we do not know.
  public var signatureAlgorithm: SignatureAlgorithm? { fields.structure.algorithm }

  /// Whether a key has signed it.
  public func isSigned(by key: PublicKey) -> Bool { fields.structure.isSigned(by: key) }

  /// Attaches a list of what this certificate has revoked.
  /// - Throws: `SecurityError.badSignature` unless this certificate has signed it.
  public mutating func attach(_ list: RevocationList) throws(SecurityError) {
    guard list.isSigned(by: self) else { throw .badSignature }
    revocationLists.append(list)
  }
}

extension Certificate: Hashable {
  /// Whether both chains have the same bytes. Attached lists are not compared.
  public static func == (x: Certificate, y: Certificate) -> Bool {
    x.derRepresentation == y.derRepresentation && x.issuerCertificates == y.issuerCertificates
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(derRepresentation) }
}

extension Certificate: CustomStringConvertible {
  /// Name and id.
  public var description: String { "\(subject) \(id)" }
}
