public import DHTModel

/// Who a node or a person is: a private key, and the certificate of its public half.
///
///     let authority = try Identity.generateAuthority(name: "Home")
///     let identity = try Identity.generate(name: "laptop", authority: authority)
///     try identity.save(to: "laptop")                          // laptop.pem, laptop.crt
public struct Identity: Sendable {
  /// The certificate, with the chain of its issuers.
  public private(set) var certificate: Certificate
  /// The key.
  public let privateKey: PrivateKey

  /// Puts certificate and key together.
  /// - Throws: `SecurityError.keyMismatch` when they do not belong together.
  public init(certificate: Certificate, privateKey: PrivateKey) throws(SecurityError) {
    guard certificate.publicKey == privateKey.publicKey else { throw .keyMismatch }
    self.certificate = certificate
    self.privateKey = privateKey
  }

  /// Makes an RSA key and its certificate. Takes up to a second for 4096 bits, several for 8192.
  ///
  /// - Parameters:
  ///   - authority: Who issues the certificate; without one it signs itself. (crypto.md §2.1)
  ///   - isAuthority: Whether it may issue others; nil for one that signs itself only.
  /// - Throws: `SecurityError.keySize`, `SecurityError.emptyName`, `SecurityError.notAuthority`.
  public static func generate(
    name: String = "dhtnode", bits: Int = 4096, authority: Identity? = nil, isAuthority: Bool? = nil
  ) throws(SecurityError) -> Identity {
    // What is told at once is told before a second of work.
    guard !name.isEmpty else { throw .emptyName }
    if let authority, !authority.certificate.isCA { throw .notAuthority }
    return try certify(
      .generateRSA(bits: bits), name: name, isCA: isAuthority ?? (authority == nil), authority: authority)
  }

  /// Makes an EC key and the certificate of an authority, as the tools make theirs. It signs certificates, not values.
  /// - Throws: `SecurityError.emptyName`, `SecurityError.notAuthority`.
  public static func generateAuthority(
    name: String, curve: Curve = .p384, authority: Identity? = nil
  ) throws(SecurityError) -> Identity {
    try certify(.generateEC(curve: curve), name: name, isCA: true, authority: authority)
  }

  /// Id of the public key.
  public var id: InfoHash { privateKey.publicKey.id }
  /// Long id of the public key.
  public var longID: PublicKeyID { privateKey.publicKey.longID }
  /// Id of a node with this identity, unless it is told another.
  public var nodeID: NodeID { certificate.publicKey.nodeID }

  /// Revokes a certificate that this authority has issued: adds to the first list attached to the own certificate, or
  /// begins one, and signs it again. (crypto.md §2.4)
  /// - Throws: `SecurityError.notAuthority`; `SecurityError.keyMismatch` for a certificate of another issuer.
  public mutating func revoke(_ other: Certificate, at date: WallTime? = nil) throws(SecurityError) {
    guard other.issuerName == certificate.subject else { throw .keyMismatch }
    let date = date ?? DERDate.now()
    if let list = certificate.revocationLists.first {
      certificate.revocationLists[0] = try list.revoking(other, by: self, at: date)
    } else {
      let entry = RevocationList.Entry(serialNumber: other.serialNumber, date: date)
      try certificate.attach(RevocationList(entries: [entry], signedBy: self, at: date))
    }
  }

  private static func certify(
    _ key: PrivateKey, name: String, isCA: Bool, authority: Identity?
  ) throws(SecurityError) -> Identity {
    let certificate =
      if let authority {
        try Certificate.issued(to: key.publicKey, name: name, isCA: isCA, by: authority)
      } else {
        try Certificate.selfSigned(by: key, name: name, isCA: isCA)
      }
    return try Identity(certificate: certificate, privateKey: key)
  }
}

extension Value {
  /// The value signed by an identity; else as `signed(by:sequence:recipient:)` with its key.
  public func signed(
    by identity: Identity, sequence: UInt16? = nil, recipient: InfoHash? = nil
  ) throws(SecurityError) -> Value {
    try signed(by: identity.privateKey, sequence: sequence, recipient: recipient)
  }
}
