import DHTModel
import Testing

@testable import DHTSecurity

struct TrustTests {
  @Test("C§2.5: the word that peers say of each certificate", arguments: Vectors.all.trust)
  func words(_ vector: Vectors.TrustRow) throws {
    var trust = TrustList()
    for name in vector.trusted { trust.add(try Vectors.certificate(name)) }
    for file in vector.crls { #expect(trust.add(try RevocationList(decoding: Vectors.file(file)))) }
    let result = trust.verify(try Vectors.certificate(vector.certificate), at: Vectors.today)
    #expect(result.rawValue == vector.result && result.isValid == vector.valid)
  }

  @Test("C§2.5: an expired anchor counts, and what is removed is trusted no more")
  func removing() throws {
    let device = try Vectors.certificate("device_v4")
    var trust = TrustList()
    trust.add(device)
    #expect(trust.certificates.count == 3)
    #expect(trust.verify(device, at: Vectors.today).isValid)
    #expect(trust.verify(device, at: WallTime(seconds: 2_200_000_000)) == [.invalid, .expired])
    trust.remove(device, parents: false)
    #expect(trust.certificates.count == 2)
    trust.remove(device)
    #expect(trust.certificates.isEmpty)
    #expect(trust.verify(device, at: Vectors.today).rawValue == 66)
  }

  @Test("C§2.4: a list of a stranger is not taken")
  func strangersList() throws {
    var trust = TrustList()
    trust.add(try Vectors.certificate("rsa_ca_v4"))
    #expect(!trust.add(try RevocationList(decoding: Vectors.file("crl/ec_v4.der"))))
  }

  @Test("C§2.4: lists of peers: number, entries, signature", arguments: Vectors.all.crl)
  func lists(_ vector: Vectors.RevocationRow) throws {
    let list = try RevocationList(decoding: Vectors.file(vector.file))
    #expect(list.number == vector.number.bytes)
    #expect(list.issuer.commonName == vector.issuerCn && list.issuer.userID == vector.issuerUid)
    let issuer = try Vectors.certificate(vector.issuer)
    #expect(list.isSigned(by: issuer))
    #expect(try !list.isSigned(by: Vectors.certificate("leaf_self_v4")))
    for name in vector.revokes { #expect(list.isRevoked(try Vectors.certificate(name))) }
    for name in vector.doesNotRevoke { #expect(!list.isRevoked(try Vectors.certificate(name))) }
    // Signing again counts on, in eight bytes.
    let authority = try Vectors.identity(vector.issuer)
    let next = try list.revoking(Vectors.certificate("leaf_self_v4"), by: authority, at: Vectors.today)
    #expect(next.number == vector.numberAfterSecondSigning.bytes)
    #expect(next.entries.count == list.entries.count + 1 && next.isSigned(by: issuer))
    #expect(try RevocationList(decoding: next.derRepresentation) == next)
  }

  @Test("C§2.4: an authority revokes, and those who trust it learn")
  func revoking() throws {
    var authority = try Identity.generateAuthority(name: "CA")
    let leaf = try Certificate.issued(to: Vectors.publicKey("rsa2048_a_v4"), name: "a", by: authority)
    let second = try Certificate.issued(to: Vectors.publicKey("rsa2048_b_v4"), name: "b", by: authority)
    try authority.revoke(leaf)
    let first = try #require(authority.certificate.revocationLists.first)
    #expect(first.isRevoked(leaf) && !first.isRevoked(second))
    #expect(first.nextUpdate == authority.certificate.notAfter && first.number.count == 8)
    try authority.revoke(second)
    #expect(authority.certificate.revocationLists.count == 1)
    var trust = TrustList()
    trust.add(authority.certificate)
    #expect(trust.verify(leaf).rawValue == 34 && trust.verify(second).rawValue == 34)
    #expect(throws: SecurityError.keyMismatch) { try authority.revoke(Vectors.certificate("ec_ca_v4")) }
    var other = try Vectors.certificate("ec_ca_v4")
    #expect(throws: SecurityError.badSignature) { try other.attach(first) }
  }

  @Test("C§2.5: an authority that renewed its key under the same name is found by the key that signed")
  func twoKeys() throws {
    let (old, new) = (try PrivateKey.generateEC(), try PrivateKey.generateEC())
    let name = CertificateName(commonName: "same")
    #expect(name.commonName == "same" && name.userID.isEmpty)
    var trust = TrustList()
    var leaves: [Certificate] = []
    for key in [old, new] {
      let root = try Certificate.selfSigned(by: key, name: "same", isCA: true)
      trust.add(root)
      let authority = try Identity(certificate: root, privateKey: key)
      leaves.append(try Certificate.issued(to: Vectors.publicKey("rsa2048_a_v4"), name: "x", by: authority))
    }
    for leaf in leaves { #expect(trust.verify(leaf.withoutIssuers).isValid) }
  }
}
