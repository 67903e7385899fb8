internal import DHTModel
internal import SwiftASN1

/// What one certificate says, parsed once and shared by its copies.
final class CertificateFields: Sendable {
  let structure: SignedStructure
  /// The INTEGER's bytes as written; half of those that old peers made read as negative. (crypto.md §2.1)
  let serialNumber: [UInt8]
  let issuer: CertificateName
  let notBefore: WallTime
  let notAfter: WallTime
  let subject: CertificateName
  let publicKey: PublicKey
  /// SubjectPublicKeyInfo as written.
  let keyInfo: [UInt8]
  /// The `[3]` element as written; empty if there is none.
  let extensions: [UInt8]
  let alternativeNames: [AlternativeName]
  /// Basic Constraints says authority, and Key Usage exists and, if critical, allows to sign certificates. (crypto.md §2.1)
  let isAuthority: Bool

  init(_ der: [UInt8]) throws(SecurityError) {
    structure = try SignedStructure(der)
    var fields = try DERNode(structure.content).children()
    _ = fields.next(if: .context(0))
    serialNumber = try fields.next(.integer).content()
    _ = try fields.next(.sequence)
    issuer = try CertificateName(fields.next(.sequence))
    var validity = try fields.sequence()
    notBefore = try DERDate.read(validity.next())
    notAfter = try DERDate.read(validity.next())
    subject = try CertificateName(fields.next(.sequence))
    keyInfo = try fields.next(.sequence).encoded
    publicKey = try PublicKey(subjectPublicKeyInfo: keyInfo)
    _ = fields.next(if: .context(1))
    _ = fields.next(if: .context(2))
    let wrapped = fields.next(if: .context(3))
    extensions = wrapped?.encoded ?? []
    var found = Extensions()
    if let wrapped {
      var outer = try wrapped.children(of: .context(3))
      for node in try outer.sequence() { try found.read(node) }
    }
    alternativeNames = found.alternativeNames
    isAuthority = found.isAuthority
  }

  private struct Extensions {
    var alternativeNames: [AlternativeName] = []
    private var saysAuthority = false
    private var signsCertificates: Bool?
    private var usageIsCritical = false

    var isAuthority: Bool {
      guard saysAuthority, let signsCertificates else { return false }
      return !usageIsCritical || signsCertificates
    }

    mutating func read(_ node: DERNode) throws(SecurityError) {
      var fields = try node.children()
      let type = try fields.objectIdentifier()
      let isCritical = try fields.next(if: .boolean)?.content() ?? [0] != [0]
      let value = try fields.octets()
      switch type {
      case .basicConstraints:
        var constraints = try DERNode(value).children()
        saysAuthority = try constraints.next(if: .boolean)?.content() ?? [0] != [0]
      case .keyUsage:
        // First the count of unused bits, which old certificates do not keep minimal; then bit 5 of the flags.
        let flags = try DERNode(value).content()
        signsCertificates = flags.count > 1 && flags[1] & 0x04 != 0
        usageIsCritical = isCritical
      case .subjectAlternativeName:
        alternativeNames = try AlternativeName.readAll(value)
      default: break
      }
    }
  }
}
