import DHTModel
import DHTSecurity
import Testing

struct OCSPTests {
  @Test("C§2.6: our request is theirs, byte for byte") func requests() throws {
    for row in Vectors.all.ocsp {
      let request = try Self.request(row)
      #expect(request.derRepresentation == row.request.bytes)
    }
  }

  @Test(
    "C§2.6: good, revoked, unknown, as the issuer has signed it",
    arguments: [("good", OCSPResponse.Status.good), ("revoked", .revoked), ("unknown", .unknown)])
  func answers(_ name: String, _ status: OCSPResponse.Status) throws {
    let request = try Self.request(#require(Vectors.all.ocsp.last))
    let bytes = Vectors.file("ocsp/\(name).der")
    #expect(try OCSPResponse(decoding: bytes).status(for: request, at: Vectors.today) == status)
    // Out of date: it says nothing.
    let late = WallTime(seconds: 4_000_000_000)
    #expect(try OCSPResponse(decoding: bytes).status(for: request, at: late) == .unknown)
  }

  @Test("C§2.6: another nonce, another signer, another certificate, damaged bytes are refused")
  func refused() throws {
    let row = try #require(Vectors.all.ocsp.last)
    let request = try Self.request(row)
    let good = try OCSPResponse(decoding: Vectors.file("ocsp/good.der"))
    let otherNonce = OCSPRequest(for: request.certificate, issuer: request.issuer)
    #expect(throws: SecurityError.badSignature) { try good.status(for: otherNonce, at: Vectors.today) }
    let delegated = try OCSPResponse(decoding: Vectors.file("ocsp/delegated.der"))
    #expect(throws: SecurityError.badSignature) { try delegated.status(for: request, at: Vectors.today) }
    let otherCertificate = OCSPRequest(
      for: try Vectors.certificate("leaf_self_v4"), issuer: request.issuer, nonce: row.nonce.bytes)
    #expect(throws: SecurityError.malformed(.ocsp)) { try good.status(for: otherCertificate, at: Vectors.today) }
    // tryLater: no success, no answer.
    for bytes in [[], [0x30, 0x03, 0x0a, 0x01, 0x03], Array(Vectors.file("ocsp/good.der").dropLast())] {
      #expect(throws: SecurityError.malformed(.ocsp)) { try OCSPResponse(decoding: bytes) }
    }
  }

  private static func request(_ row: Vectors.OCSPRow) throws -> OCSPRequest {
    OCSPRequest(
      for: try Vectors.certificate(row.certificate), issuer: try Vectors.certificate(row.issuer), nonce: row.nonce.bytes
    )
  }
}
