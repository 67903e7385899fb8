import DHTModel
import DHTSecurity
import DHTWire
import Testing

/// Bytes of strangers, one of them changed or the end cut off: read or refused, and never the end of us.
struct DamageTests {
  @Test("C§2.2, C§2.3, C§2.4, C§2.6: damaged requests, lists and answers never stop us")
  func structures() throws {
    try forEachDamaged(Vectors.file("crl/rsa_v2.der")) { _ = try RevocationList(decoding: $0) }
    try forEachDamaged(CertificateRequest(decoding: Vectors.file("csr/dns_v4.csr")).derRepresentation) {
      _ = try CertificateRequest(decoding: $0).isValid
    }
    try forEachDamaged(Vectors.file("ocsp/revoked.der")) { _ = try OCSPResponse(decoding: $0) }
    try forEachDamaged(Vectors.file("certs/device_v4.crt")) { _ = try Certificate(decoding: $0).chain }
  }

  @Test("C§4.2, C§5.2: a changed byte makes a value another one, or none; it is never taken for the signed one")
  func values() throws {
    let signed = try #require(Vectors.all.signedValues.first)
    let original = try Value(unpacking: signed.packed.bytes.span.bytes)
    try forEachDamaged(signed.packed.bytes) { bytes in
      let value = try Value(unpacking: bytes.span.bytes).normalized()
      // Id, priority and push type are not signed.
      if value.hasValidSignature { #expect(value.content == original.content) }
    }
    let sealed = try #require(Vectors.all.encryptedValues.first)
    let key = try Vectors.privateKey(sealed.to)
    try forEachDamaged(sealed.cypher.bytes, count: 60) { bytes in
      #expect(throws: SecurityError.decryption) { try Value(id: 1, content: .encrypted(bytes)).decrypted(by: key) }
    }
  }

  private func forEachDamaged(_ bytes: [UInt8], count: Int = 300, _ read: ([UInt8]) throws -> Void) throws {
    var random = SystemRandomNumberGenerator()
    for round in 0..<count {
      var damaged = bytes
      let place = Int.random(in: 0..<bytes.count, using: &random)
      if round % 3 == 0 {
        damaged.removeSubrange(place...)
      } else {
        damaged[place] ^= UInt8.random(in: 1...255, using: &random)
      }
      try? read(damaged)
    }
  }
}
