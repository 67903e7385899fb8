import DHTModel
import Testing

@testable import DHTSecurity

struct RequestTests {
  @Test("C§2.3: requests of peers are read, and their signature checked", arguments: Vectors.all.csr)
  func reading(_ vector: Vectors.RequestRow) throws {
    let request = try CertificateRequest(decoding: Vectors.file(vector.file))
    #expect(request.subject.commonName == vector.cn && request.subject.userID == vector.uid)
    #expect(request.publicKey == (try Vectors.publicKey(vector.key)))
    #expect(request.isValid == vector.verifies)
    #expect(request.alternativeNames == (vector.note.contains("DNS") ? [.dns("host.example")] : []))
    #expect(
      Array(request.pemRepresentation.utf8.filter { $0 != 0x0a }) == Vectors.file(vector.file).filter { $0 != 0x0a })
  }

  @Test("C§2.3: our requests have the bytes of theirs, for RSA signatures leave no choice")
  func sameBytes() throws {
    for release in ["v2", "v4"] {
      let key = try Vectors.privateKey("rsa2048_b_\(release)")
      for (file, request) in [
        ("plain", try CertificateRequest(for: key, name: "Test Device")),
        ("uid_pw", try CertificateRequest(for: key, name: "N", userID: "abcdef", challengePassword: "pw")),
        ("dns", try CertificateRequest(for: key, name: "N", alternativeNames: [.dns("host.example")])),
      ] {
        let theirs = try CertificateRequest(decoding: Vectors.file("csr/\(file)_\(release).csr"))
        #expect(hexString(request.derRepresentation) == hexString(theirs.derRepresentation), "\(file)")
      }
    }
  }

  @Test("C§2.3: a certificate from a request takes subject and key alone, and only a signed request is served")
  func issuing() throws {
    let authority = try Vectors.identity("ec_ca_v4")
    let request = try CertificateRequest(decoding: Vectors.file("csr/dns_v4.csr"))
    let certificate = try Certificate.issued(to: request, by: authority, from: Vectors.today)
    let theirs = try Vectors.certificate("from_csr_dns_v4")
    #expect(certificate.subject == theirs.subject && certificate.publicKey == theirs.publicKey)
    #expect(certificate.signatureAlgorithm == theirs.signatureAlgorithm && certificate.fields.extensions.isEmpty)
    var bytes = request.derRepresentation
    bytes[bytes.count - 1] ^= 1
    let forged = try CertificateRequest(decoding: bytes)
    #expect(!forged.isValid)
    #expect(throws: SecurityError.badSignature) { try Certificate.issued(to: forged, by: authority) }
  }

  @Test("C§2.3: an address is written as bytes, and read back")
  func addresses() throws {
    let names: [AlternativeName] = [.ip([127, 0, 0, 1]), .email("a@b"), .uri("dht:x"), .dns("h")]
    let request = try CertificateRequest(for: PrivateKey.generateEC(), name: "x", alternativeNames: names)
    #expect(request.isValid && request.alternativeNames == names)
    #expect(try CertificateRequest(decoding: Array(request.pemRepresentation.utf8)) == request)
    for bytes in [[], [0x30, 0], Array(request.derRepresentation.dropLast())] {
      #expect(throws: SecurityError.malformed(.request)) { try CertificateRequest(decoding: bytes) }
    }
  }
}
