internal import Crypto
internal import SwiftASN1

extension PrivateKey {
  /// The key as a PEM text: PKCS#8, `PRIVATE KEY`, or with a password `ENCRYPTED PRIVATE KEY` as 4.x writes it.
  ///
  /// 2.4.12 cannot load an encrypted key: give it a plain one. (crypto.md §1.4)
  /// - Throws: `SecurityError.library` only.
  public func pemRepresentation(password: String? = nil) throws(SecurityError) -> String {
    let der = try derRepresentation(password: password)
    let isPlain = password?.isEmpty ?? true
    return PEMBlock(label: isPlain ? "PRIVATE KEY" : "ENCRYPTED PRIVATE KEY", bytes: der).text
  }

  /// The key as PKCS#8 DER, encrypted when a password is given that is not empty.
  public func derRepresentation(password: String? = nil) throws(SecurityError) -> [UInt8] {
    guard let password, !password.isEmpty else { return pkcs8 }
    return try EncryptedKey.seal(pkcs8, password: password)
  }

  private var pkcs8: [UInt8] {
    DERWriter.bytes {
      $0.sequence {
        $0.number(0)
        switch material {
        case .rsa(let key):
          if case .rsaOAEP = kind {
            PublicKey.writeRSAAlgorithm(usesOAEP: true, to: &$0)
          } else {
            PublicKey.writeRSAAlgorithm(usesOAEP: false, to: &$0)
          }
          $0.octets(key.pkcs1)
        case .p256(let key):
          Self.writeEC(Array(key.rawRepresentation), Array(key.publicKey.x963Representation), .p256, to: &$0)
        case .p384(let key):
          Self.writeEC(Array(key.rawRepresentation), Array(key.publicKey.x963Representation), .p384, to: &$0)
        case .p521(let key):
          Self.writeEC(Array(key.rawRepresentation), Array(key.publicKey.x963Representation), .p521, to: &$0)
        }
      }
    }
  }

  /// SEC 1 with parameters and public key, as peers write it.
  private static func writeEC(_ scalar: [UInt8], _ point: [UInt8], _ curve: Curve, to writer: inout DERWriter) {
    writer.sequence {
      $0.objectIdentifier(.ecPublicKey)
      $0.objectIdentifier(curve.identifier)
    }
    writer.octets(
      DERWriter.bytes {
        $0.sequence {
          $0.number(1)
          $0.octets(scalar)
          $0.constructed(.context(0)) { $0.objectIdentifier(curve.identifier) }
          $0.constructed(.context(1)) { $0.bitString(point) }
        }
      })
  }
}
