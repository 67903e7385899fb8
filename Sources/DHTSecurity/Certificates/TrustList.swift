public import DHTModel

/// Certificates that are trusted, and what they have revoked. Decides as peers do, bit for bit. (crypto.md §2.5)
///
///     var trust = TrustList()
///     trust.add(authority)
///     guard trust.verify(certificate).isValid else { … }
public struct TrustList: Sendable {
  // By DER; several may have one subject.
  private var anchors: [Certificate] = []
  private var revocationLists: [RevocationList] = []

  /// Trusts nobody.
  public init() {}

  /// The trusted certificates, each without its chain.
  public var certificates: [Certificate] { anchors }

  /// Trusts a certificate and all issuers in its chain, and takes their lists of revoked ones.
  public mutating func add(_ certificate: Certificate) {
    for link in certificate.chain {
      let alone = link.withoutIssuers
      if !anchors.contains(alone) { anchors.append(alone) }
      for list in link.revocationLists { add(list) }
    }
  }

  /// Takes a list that a trusted authority has signed; says whether it was taken.
  @discardableResult
  public mutating func add(_ list: RevocationList) -> Bool {
    guard anchors.contains(where: { $0.isCA && list.isSigned(by: $0) }) else { return false }
    if !revocationLists.contains(list) { revocationLists.append(list) }
    return true
  }

  /// Trusts a certificate no more, nor, unless told otherwise, the issuers in its chain.
  public mutating func remove(_ certificate: Certificate, parents: Bool = true) {
    let gone = (parents ? certificate.chain : [certificate]).map(\.withoutIssuers)
    anchors.removeAll { gone.contains($0) }
    revocationLists.removeAll { list in !anchors.contains { list.isSigned(by: $0) } }
  }

  /// Judges a certificate with the chain that it brings.
  /// - Parameter date: The day of judgement; the system's date by default.
  public func verify(_ certificate: Certificate, at date: WallTime? = nil) -> VerificationResult {
    guard let path = path(from: certificate) else { return [.invalid, .issuerNotFound] }
    let date = date ?? DERDate.now()
    var result: VerificationResult = []
    for link in path { result.formUnion(judge(link, at: date)) }
    for (subject, issuer) in zip(path, path.dropFirst()) { result.formUnion(judge(subject, issuedBy: issuer)) }
    return result.isEmpty ? [] : result.union(.invalid)
  }

  /// From the leaf to the first trusted certificate; nil if none is reached.
  private func path(from certificate: Certificate) -> [Certificate]? {
    var path: [Certificate] = []
    for link in certificate.chain {
      let alone = link.withoutIssuers
      path.append(alone)
      if anchors.contains(alone) { return path }
      // A presented issuer goes before a trusted one of the same name.
      if let next = link.issuer, next.subject == link.issuerName { continue }
      let named = anchors.filter { $0.subject == link.issuerName }
      // After a renewal an authority may have several keys under one name.
      guard let anchor = named.first(where: { link.isSigned(by: $0.publicKey) }) ?? named.first else { return nil }
      return path + [anchor]
    }
    return nil
  }

  private func judge(_ certificate: Certificate, at date: WallTime) -> VerificationResult {
    var result: VerificationResult = []
    if date < certificate.notBefore { result.insert(.notYetActive) }
    if date > certificate.notAfter { result.insert(.expired) }
    switch certificate.publicKey.kind {
    case .rsa(let bits), .rsaOAEP(let bits): if bits < 2048 { result.insert(.insecureAlgorithm) }
    case .ec: break
    }
    return result
  }

  private func judge(_ subject: Certificate, issuedBy issuer: Certificate) -> VerificationResult {
    var result: VerificationResult = []
    if !issuer.isCA { result.formUnion([.issuerNotAuthority, .signerConstraints]) }
    if !subject.isSigned(by: issuer.publicKey) { result.insert(.badSignature) }
    if subject.signatureAlgorithm?.digest == .sha1 { result.insert(.insecureAlgorithm) }
    if revocationLists.contains(where: { $0.isRevoked(subject) && $0.isSigned(by: issuer) }) { result.insert(.revoked) }
    return result
  }
}
