public import DHTModel
internal import SwiftASN1

/// A signed list of certificates that an authority has revoked. (crypto.md §2.4)
public struct RevocationList: Hashable, Sendable {
  /// One revoked certificate.
  public struct Entry: Hashable, Sendable {
    /// Bytes of the serial number as the certificate has them.
    public var serialNumber: [UInt8]
    /// Since when.
    public var date: WallTime

    /// An entry.
    public init(serialNumber: [UInt8], date: WallTime) {
      self.serialNumber = serialNumber
      self.date = date
    }
  }

  /// Who made it.
  public let issuer: CertificateName
  /// When it was signed.
  public let thisUpdate: WallTime
  /// When the next one is due; nil if it does not say.
  public let nextUpdate: WallTime?
  /// What is revoked.
  public let entries: [Entry]
  /// The list's number, bytes as written; empty if it has none. Grows by one with each signing.
  public let number: [UInt8]
  private let structure: SignedStructure

  /// Signs a list.
  ///
  /// - Parameters:
  ///   - number: Eight bytes, big-endian; random when nil.
  ///   - lifetime: Until the next update; as long as the authority's certificate holds when nil.
  ///   - date: The system's date by default.
  /// - Throws: `SecurityError.notAuthority`.
  public init(
    entries: [Entry], number: [UInt8]? = nil, signedBy authority: Identity, lifetime: Duration? = nil,
    at date: WallTime? = nil
  ) throws(SecurityError) {
    guard authority.certificate.isCA else { throw .notAuthority }
    let date = date ?? DERDate.now()
    let next = lifetime.map { date + $0 } ?? authority.certificate.notAfter
    let number = number ?? SerialNumber.random()
    // Always SHA-512, as peers sign lists.
    let structure = try SignedStructure(signedBy: authority.privateKey, digest: .sha512) { writer, algorithm in
      writer.number(1)
      algorithm.write(to: &writer)
      writer.raw(authority.certificate.subject.derRepresentation)
      DERDate.write(date, to: &writer)
      DERDate.write(next, to: &writer)
      if !entries.isEmpty {
        writer.sequence {
          for entry in entries { $0.write(entry) }
        }
      }
      writer.constructed(.context(0)) {
        $0.sequence {
          $0.certificateExtension(.revocationListNumber, isCritical: false) { $0.primitive(.integer, number) }
        }
      }
    }
    try self.init(structure)
  }

  /// Reads a list as PEM or DER.
  /// - Throws: `SecurityError.malformed(.revocationList)`.
  public init(decoding bytes: [UInt8]) throws(SecurityError) {
    let block = PEMBlock.all(in: bytes).first { $0.label.hasSuffix("CRL") }
    do throws(SecurityError) {
      try self.init(SignedStructure(block?.bytes ?? bytes))
    } catch { throw .malformed(.revocationList) }
  }

  private init(_ structure: SignedStructure) throws(SecurityError) {
    self.structure = structure
    var fields = try DERNode(structure.content).children()
    _ = fields.next(if: .integer)
    _ = try fields.next(.sequence)
    issuer = try CertificateName(fields.next(.sequence))
    thisUpdate = try DERDate.read(fields.next())
    if let date = fields.next(if: .utcTime) ?? fields.next(if: .generalizedTime) {
      nextUpdate = try DERDate.read(date)
    } else {
      nextUpdate = nil
    }
    var entries: [Entry] = []
    if let list = try fields.children(if: .sequence) {
      for node in list {
        var parts = try node.children()
        entries.append(
          Entry(serialNumber: try parts.next(.integer).content(), date: try DERDate.read(parts.next())))
      }
    }
    self.entries = entries
    number = try Self.number(in: try fields.children(if: .context(0)))
  }

  /// The list as DER.
  public var derRepresentation: [UInt8] { structure.derRepresentation }

  /// Whether a certificate is on it, and was issued by the list's maker.
  public func isRevoked(_ certificate: Certificate) -> Bool {
    certificate.issuerName == issuer && entries.contains { $0.serialNumber == certificate.serialNumber }
  }

  /// Whether an authority has signed it: its name is the issuer's, and the signature verifies.
  public func isSigned(by authority: Certificate) -> Bool {
    authority.subject == issuer && structure.isSigned(by: authority.publicKey)
  }

  /// The list with one more entry and the next number, signed again.
  /// - Throws: `SecurityError.keyMismatch` when another authority has made it; `SecurityError.tooLarge` when there is no
  ///   next number.
  public func revoking(
    _ certificate: Certificate, by authority: Identity, at date: WallTime? = nil
  ) throws(SecurityError) -> RevocationList {
    guard authority.certificate.subject == issuer else { throw .keyMismatch }
    let date = date ?? DERDate.now()
    let isNew = !entries.contains { $0.serialNumber == certificate.serialNumber }
    let added = isNew ? [Entry(serialNumber: certificate.serialNumber, date: date)] : []
    return try RevocationList(
      entries: entries + added, number: try nextNumber(), signedBy: authority,
      lifetime: nextUpdate.map { $0 - thisUpdate }, at: date)
  }

  /// One more, of the same count of bytes. Peers compare them as bytes.
  private func nextNumber() throws(SecurityError) -> [UInt8] {
    var number = number.isEmpty ? [UInt8](repeating: 0, count: 8) : number
    for index in number.indices.reversed() {
      number[index] &+= 1
      if number[index] != 0 { return number }
    }
    throw .tooLarge
  }

  private static func number(in extensions: DERElements?) throws(SecurityError) -> [UInt8] {
    guard var outer = extensions else { return [] }
    for node in try outer.sequence() {
      var parts = try node.children()
      guard try parts.objectIdentifier() == .revocationListNumber else { continue }
      _ = parts.next(if: .boolean)
      return try DERNode(parts.octets()).content()
    }
    return []
  }
}

extension DERWriter {
  fileprivate mutating func write(_ entry: RevocationList.Entry) {
    sequence {
      $0.primitive(.integer, entry.serialNumber)
      DERDate.write(entry.date, to: &$0)
    }
  }
}
