internal import SwiftASN1

/// A request to certify a key, PKCS#10. (crypto.md §2.3)
///
///     let request = try CertificateRequest(for: key, name: "laptop")
///     let certificate = try Certificate.issued(to: request, by: authority)
public struct CertificateRequest: Hashable, Sendable {
  /// Whom it is about.
  public let subject: CertificateName
  /// The key to certify.
  public let publicKey: PublicKey
  /// Other names that are asked for.
  public let alternativeNames: [AlternativeName]
  private let structure: SignedStructure

  /// Makes a request, signed by the key it is about.
  /// - Throws: `SecurityError.unsupportedKey` for a key that cannot sign.
  public init(
    for key: PrivateKey, name: String, userID: String = "", alternativeNames: [AlternativeName] = [],
    challengePassword: String = ""
  ) throws(SecurityError) {
    let subject = CertificateName(commonName: name, userID: userID)
    self.subject = subject
    publicKey = key.publicKey
    self.alternativeNames = alternativeNames
    structure = try SignedStructure(signedBy: key, digest: key.kind.certificateDigest) { writer, _ in
      writer.number(0)
      writer.raw(subject.derRepresentation)
      writer.raw(key.publicKey.derRepresentation)
      writer.constructed(.context(0)) { attributes in
        if !challengePassword.isEmpty {
          attributes.attribute(.challengePassword) { $0.text(challengePassword) }
        }
        if !alternativeNames.isEmpty {
          attributes.attribute(.extensionRequest) {
            $0.sequence {
              $0.certificateExtension(.subjectAlternativeName, isCritical: false) {
                $0.sequence { for name in alternativeNames { name.write(to: &$0) } }
              }
            }
          }
        }
      }
    }
  }

  /// Reads a request as PEM, or as DER, which peers do not read.
  /// - Throws: `SecurityError.malformed(.request)`.
  public init(decoding bytes: [UInt8]) throws(SecurityError) {
    guard bytes.count <= CertificateLimits.inputByteCount else { throw .malformed(.request) }
    let block = PEMBlock.all(in: bytes).first { $0.label.hasSuffix("CERTIFICATE REQUEST") }
    do throws(SecurityError) { self = try Self(reading: block?.bytes ?? bytes) } catch { throw .malformed(.request) }
  }

  private init(reading der: [UInt8]) throws(SecurityError) {
    structure = try SignedStructure(der)
    var fields = try DERNode(structure.content).children()
    _ = try fields.next(.integer)
    subject = try CertificateName(fields.next(.sequence))
    publicKey = try PublicKey(subjectPublicKeyInfo: fields.next(.sequence).encoded)
    var names: [AlternativeName] = []
    if let attributes = try fields.children(if: .context(0)) {
      for attribute in attributes { names += try Self.alternativeNames(in: attribute) }
    }
    alternativeNames = names
  }

  /// Whether the key that it is about has signed it.
  public var isValid: Bool { structure.isSigned(by: publicKey) }

  /// The request as DER.
  public var derRepresentation: [UInt8] { structure.derRepresentation }

  /// The request as PEM, with the label that peers write.
  public var pemRepresentation: String {
    PEMBlock(label: "NEW CERTIFICATE REQUEST", bytes: derRepresentation).text
  }

  private static func alternativeNames(in attribute: DERNode) throws(SecurityError) -> [AlternativeName] {
    var fields = try attribute.children()
    guard try fields.objectIdentifier() == .extensionRequest else { return [] }
    var names: [AlternativeName] = []
    for extensions in try fields.next(.set).children(of: .set) {
      for node in try extensions.children() {
        var parts = try node.children()
        guard try parts.objectIdentifier() == .subjectAlternativeName else { continue }
        _ = parts.next(if: .boolean)
        names += try AlternativeName.readAll(parts.octets())
      }
    }
    return names
  }
}

extension DERWriter {
  fileprivate mutating func attribute(_ type: ObjectIdentifier, _ write: (inout DERWriter) -> Void) {
    sequence {
      $0.objectIdentifier(type)
      $0.constructed(.set, write)
    }
  }
}
