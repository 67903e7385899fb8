internal import Crypto
internal import SwiftASN1

/// A question to the authority of a certificate: is it still good? (crypto.md §2.6)
///
///     let request = OCSPRequest(for: certificate, issuer: authority)
///     … send request.derRepresentation …
///     let status = try OCSPResponse(decoding: answer).status(for: request)
///
/// The network of nodes never asks; clients of a proxy over HTTPS do.
public struct OCSPRequest: Hashable, Sendable {
  /// The certificate that is asked about.
  public let certificate: Certificate
  /// Who issued it, and must sign the answer.
  public let issuer: Certificate
  /// Random bytes that the answer repeats.
  public let nonce: [UInt8]

  /// A question with a nonce, 32 random bytes by default.
  public init(for certificate: Certificate, issuer: Certificate, nonce: [UInt8]? = nil) {
    self.certificate = certificate
    self.issuer = issuer
    self.nonce = nonce ?? randomBytes(32)
  }

  /// The request as DER.
  public var derRepresentation: [UInt8] {
    DERWriter.bytes { writer in
      writer.sequence {
        $0.sequence {
          $0.sequence { $0.sequence { $0.raw(certificateID) } }
          $0.constructed(.context(2)) {
            $0.sequence {
              $0.certificateExtension(.ocspNonce, isCritical: false) { $0.octets(nonce) }
            }
          }
        }
      }
    }
  }

  /// CertID with SHA-1: issuer's name and key, and the serial number.
  var certificateID: [UInt8] {
    DERWriter.bytes { writer in
      writer.sequence {
        $0.algorithm(.sha1, null: true)
        $0.octets(Array(Insecure.SHA1.hash(data: issuer.subject.derRepresentation)))
        $0.octets(Array(Insecure.SHA1.hash(data: issuer.publicKey.bitString)))
        $0.primitive(.integer, certificate.serialNumber)
      }
    }
  }
}

extension PublicKey {
  /// The key alone, without its algorithm.
  fileprivate var bitString: [UInt8] {
    guard var info = try? DERNode(derRepresentation).children(), (try? info.sequence()) != nil else { return [] }
    return (try? info.bitStringBytes()) ?? []
  }
}
