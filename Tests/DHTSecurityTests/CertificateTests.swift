import DHTModel
import DHTWire
import Testing

@testable import DHTSecurity

struct CertificateTests {
  @Test("C§2.2, C-9.5: every certificate of peers is read as it is", arguments: Vectors.all.certificates)
  func reading(_ vector: Vectors.CertificateRow) throws {
    let bytes = Vectors.file(vector.file)
    let certificate = try Certificate(decoding: bytes)
    #expect(certificate.chain.map(\.derRepresentation) == vector.der.map(\.bytes))
    #expect(certificate.chain.count == vector.chainLength)
    #expect(certificate.id.bytes == vector.id.bytes && certificate.longID.bytes == vector.longId.bytes)
    #expect(certificate.subjectName == vector.subjectCn && certificate.userID == vector.subjectUid)
    #expect(certificate.issuerName.commonName == vector.issuerCn && certificate.issuerName.userID == vector.issuerUid)
    // A positive number whose top bit is set has a zero before it.
    #expect(certificate.serialNumber.suffix(vector.serial.bytes.count) == vector.serial.bytes[...])
    #expect(certificate.isCA == vector.isCa)
    #expect(certificate.notBefore.seconds == vector.notBefore && certificate.notAfter.seconds == vector.notAfter)
    // Written as it was; peers of old end their PEM as we do.
    #expect(Array(certificate.pemRepresentation.utf8) == bytes)
    #expect(try Certificate(decoding: certificate.derRepresentation) == certificate.withoutIssuers)
  }

  @Test("C§5.4: the value that publishes a certificate is theirs, byte for byte", arguments: Vectors.all.certificates)
  func value(_ vector: Vectors.CertificateRow) throws {
    let certificate = try Vectors.certificate(vector.name)
    let value = certificate.value
    #expect(value.data.starts(with: vector.valueDataPrefix.bytes))
    #expect(value.packed().starts(with: vector.valuePackedPrefix.bytes))
    #expect(hash(value.packed(), byteCount: 32) == vector.valuePackedSha256.bytes)
    // Bare PEM, bare DER, and DER in a binary are read as well.
    let der = certificate.derRepresentation
    let wrapped = [0xc5, UInt8(der.count >> 8), UInt8(der.count & 255)] + der
    #expect(try Certificate(valueData: value.data) == certificate)
    #expect(try Certificate(valueData: Array(certificate.pemRepresentation.utf8)) == certificate)
    #expect(try Certificate(valueData: der) == certificate.withoutIssuers)
    #expect(try Certificate(valueData: wrapped) == certificate.withoutIssuers)
  }

  @Test("C§5.4, C-9.5: a certificate belongs at both keys, as new peers see it, and nowhere else")
  func storePolicy() throws {
    for row in Vectors.all.certificateStorePolicy {
      let key = try #require(InfoHash(bytes: row.key.bytes))
      #expect(try Vectors.certificate(row.certificate).belongs(at: key) == row.accepted.new)
    }
  }

  @Test("C§2.2: chains out of order, two DERs, and damaged ones are refused as a whole")
  func refused() throws {
    for row in Vectors.all.certificateImportFailures {
      #expect(throws: SecurityError.malformed(.chain)) { try Certificate(decoding: Vectors.file(row.file)) }
    }
    let (root, device) = (try Vectors.certificate("rsa_ca_v4"), try Vectors.certificate("device_v4"))
    #expect(throws: SecurityError.self) { try Certificate(decoding: root.derRepresentation + root.derRepresentation) }
    #expect(throws: SecurityError.self) { try Certificate(decoding: []) }
    let pem = device.pemRepresentation
    #expect(throws: SecurityError.self) { try Certificate(pemRepresentation: String(pem.dropLast(100))) }
    let unrelated = try Vectors.certificate("leaf_self_v4").pemRepresentation
    #expect(throws: SecurityError.malformed(.chain)) { try Certificate(pemRepresentation: pem + unrelated) }
    // Others' bytes before, between and behind are skipped.
    let noisy =
      "x-----\n" + pem.replacing("-----BEGIN", with: "note\r\n-----BEGIN").replacing("\n", with: "\r\n") + "end"
    #expect(try Certificate(pemRepresentation: noisy) == device)
  }

  @Test("C§2.2: a chain of 21 is read, and one of 65 refused")
  func longChain() throws {
    let key = try PrivateKey.generateEC(curve: .p256)
    let root = try Certificate.selfSigned(by: key, name: "same", isCA: true)
    let pem = root.pemRepresentation
    #expect(try Certificate(pemRepresentation: String(repeating: pem, count: 21)).chain.count == 21)
    #expect(throws: SecurityError.malformed(.chain)) {
      try Certificate(pemRepresentation: String(repeating: pem, count: 65))
    }
  }

  @Test("C§2.2: damaged certificates are read or refused, and never stop us")
  func damaged() throws {
    var random = SystemRandomNumberGenerator()
    for name in ["device_v2", "ec_ca_v4", "old_key_usage", "from_csr_dns_v4"] {
      let der = try Vectors.certificate(name).derRepresentation
      for _ in 0..<500 {
        var bytes = der
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        if let certificate = try? Certificate(decoding: bytes) { _ = TrustList().verify(certificate) }
        _ = try? Certificate(decoding: Array(der.prefix(Int.random(in: 0..<der.count, using: &random))))
      }
    }
  }

  @Test("C§2.1: what we make has the form of theirs: same size, same fields, same order")
  func sameForm() throws {
    for name in ["rsa_ca_v4", "ec_ca_v4", "leaf_self_v4", "utf8_v4"] {
      let theirs = try Vectors.certificate(name)
      let key = try Vectors.identity(name).privateKey
      let certificate = try Certificate.selfSigned(
        by: key, name: theirs.subjectName, isCA: theirs.isCA, from: theirs.notBefore)
      #expect(certificate.isSigned(by: key.publicKey))
      #expect(certificate.subject == theirs.subject && certificate.issuerName == theirs.issuerName, "\(name)")
      #expect(certificate.notAfter == theirs.notAfter && certificate.isCA == theirs.isCA)
      #expect(certificate.signatureAlgorithm == theirs.signatureAlgorithm)
      #expect(certificate.fields.extensions == theirs.fields.extensions)
      // All but the serial number, which begins at byte 15 of what is signed.
      let (ours, other) = (certificate.fields.structure.content, theirs.fields.structure.content)
      #expect(certificate.serialNumber.count == 8 && ours.count == other.count)
      if theirs.serialNumber.count == 8 { #expect(ours.dropFirst(23) == other.dropFirst(23), "\(name)") }
    }
  }

  @Test("C§2.1: the subject's key chooses the digest, and an authority must be one")
  func issuing() throws {
    let authority = try Vectors.identity("ec_ca_v4")
    for (name, digest) in [
      ("rsa2048_a_v4", SignatureAlgorithm.Digest.sha256), ("rsa4096_a_v4", .sha384), ("rsa8192_v4", .sha384),
      ("ec256_v4", .sha256), ("ec384_b_v4", .sha384), ("rsa2048oaep_v4", .sha256),
    ] {
      let certificate = try Certificate.issued(
        to: Vectors.publicKey(name), name: "x", by: authority, from: Vectors.today)
      #expect(certificate.signatureAlgorithm == SignatureAlgorithm(.ecdsa, digest), "\(name)")
      #expect(certificate.isSigned(by: authority.privateKey.publicKey) && !certificate.isCA)
      #expect(certificate.chain.count == 2 && certificate.serialNumber.count == 8 && certificate.serialNumber[0] < 0x80)
      var trust = TrustList()
      trust.add(authority.certificate)
      #expect(trust.verify(certificate, at: Vectors.today).isValid)
      #expect(try Certificate(pemRepresentation: certificate.pemRepresentation) == certificate)
    }
    let leaf = try Vectors.identity("leaf_self_v4")
    let key = try Vectors.publicKey("rsa2048_b_v4")
    #expect(throws: SecurityError.notAuthority) { try Certificate.issued(to: key, name: "x", by: leaf) }
    #expect(throws: SecurityError.emptyName) { try Certificate.issued(to: key, name: "", by: authority) }
    #expect(throws: SecurityError.unsupportedKey) {
      try Certificate.selfSigned(by: Vectors.privateKey("rsa2048oaep_v4"), name: "x", isCA: false)
    }
  }

  @Test("C§2.1: new dates and number, all else the same")
  func renewal() throws {
    let authority = try Vectors.identity("ec_ca_v4")
    let old = try Certificate.issued(
      to: Vectors.publicKey("rsa2048_a_v4"), name: "x", by: authority, lifetime: .seconds(1), from: Vectors.today)
    let new = try old.renewed(by: authority, lifetime: .seconds(1000), from: Vectors.today + .seconds(5))
    #expect(new.notBefore == Vectors.today + .seconds(5) && new.notAfter == Vectors.today + .seconds(1005))
    #expect(new.serialNumber != old.serialNumber && new.subject == old.subject && new.id == old.id)
    #expect(new.fields.extensions == old.fields.extensions && new.isSigned(by: authority.privateKey.publicKey))
    #expect(new.chain.count == 2)
    let root = try authority.certificate.renewed(by: authority, from: Vectors.today)
    #expect(root.chain.count == 1 && root.isSigned(by: root.publicKey) && root.isCA)
    let other = try Vectors.identity("leaf_self_v4")
    #expect(throws: SecurityError.keyMismatch) { try old.renewed(by: other) }
  }

  @Test("C§2.1: dates before 2050, from then on, and at the end of time")
  func dates() throws {
    let key = try PrivateKey.generateEC(curve: .p256)
    for (seconds, text) in [
      (Int64(0), "700101000000Z"), (951_782_399, "000228235959Z"), (951_868_799, "000229235959Z"),
      (2_524_607_999, "491231235959Z"), (2_524_608_000, "20500101000000Z"), (4_107_542_400, "21000301000000Z"),
    ] {
      let certificate = try Certificate.selfSigned(
        by: key, name: "x", isCA: false, lifetime: .seconds(1), from: WallTime(seconds: seconds))
      #expect(certificate.notBefore.seconds == seconds)
      #expect(String(decoding: certificate.derRepresentation, as: UTF8.self).contains(text), "\(text)")
    }
    let far = try Certificate.selfSigned(by: key, name: "x", isCA: false, lifetime: .seconds(Int64.max / 4))
    #expect(String(decoding: far.derRepresentation, as: UTF8.self).contains("99991231235959Z"))
    #expect(far.notAfter == WallTime(nanoseconds: .max))
  }
}
