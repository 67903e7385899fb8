import DHTModel
import DHTSecurity
import Foundation
import Testing

/// What peers of both generations have made: `Vectors/crypto.json` and the files beside it.
struct Vectors: Decodable, Sendable {
  static let all: Vectors = {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try! decoder.decode(Vectors.self, from: Data(file("crypto.json")))
  }()

  /// Bytes of a file.
  static func file(_ name: String) -> [UInt8] {
    let folder = Bundle.module.resourceURL!.appendingPathComponent("Vectors")
    return [UInt8](try! Data(contentsOf: folder.appendingPathComponent(name)))
  }

  static func privateKey(_ name: String) throws -> PrivateKey {
    try PrivateKey(decoding: file("keys/\(name).pem"))
  }

  static func publicKey(_ name: String) throws -> PublicKey {
    try PublicKey(decoding: file("keys/\(name).pub.der"))
  }

  var keys: [Key]
  var privateKeyForms: [KeyForm]
  var hash: [HashRow]
  var signatures: [SignatureRow]
  var rsaEncryption: [EncryptionRow]
  var rsaDecryptionCrafted: [CraftedDecryption]
  var aesKey: [SymmetricRow]
  var aesLegacy: [SymmetricRow]
  var aesPassword: [PasswordRow]
  var stretchKey: [StretchRow]
  var signedValues: [SignedRow]
  var signedValuesCrafted: [CraftedSigned]
  var encryptedValues: [EncryptedRow]
  var encryptedValuesCrafted: [CraftedEncrypted]
  var certificates: [CertificateRow]
  var certificateImportFailures: [ImportFailure]
  var csr: [RequestRow]
  var crl: [RevocationRow]
  var trust: [TrustRow]
  var ocsp: [OCSPRow]
  var certificateStorePolicy: [StorePolicyRow]
  var webPush: [WebPushRow]
}

/// Bytes written as hexadecimal digits.
struct Hex: Decodable, Hashable, Sendable {
  var bytes: [UInt8]

  init(from decoder: any Decoder) throws {
    bytes = try #require(hexBytes(decoder.singleValueContainer().decode(String.self)))
  }
}

/// Bytes many times over: `["0a", 65536]`.
struct Repeated: Decodable, Sendable {
  var bytes: [UInt8]

  init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    let piece = try container.decode(Hex.self).bytes
    bytes = try Array(repeatElement(piece, count: container.decode(Int.self)).joined())
  }
}

extension Vectors {
  struct Key: Decodable, Sendable, CustomTestStringConvertible {
    var name, privatePemFile, publicPemFile: String
    var spkiDer, publicString, id, longId, certificateKeyShort, certificateKeyLong, nodeId: Hex
    var testDescription: String { name }
  }

  struct KeyForm: Decodable, Sendable, CustomTestStringConvertible {
    var file, password, key: String
    var testDescription: String { file }
  }

  struct HashRow: Decodable, Sendable {
    var data, hash: Hex
    var length: Int
  }

  struct SignatureRow: Decodable, Sendable, CustomTestStringConvertible {
    var key: String
    var signature: Hex
    var data: Hex?
    var dataRepeat: Repeated?
    var valid: Bool
    var note: String?
    var message: [UInt8] { data?.bytes ?? dataRepeat?.bytes ?? [] }
    var testDescription: String { "\(key), \(message.count) bytes, \(note ?? "sound")" }
  }

  struct EncryptionRow: Decodable, Sendable, CustomTestStringConvertible {
    var key: String
    var plain, cipher: Hex
    var mode: String
    var length: Int
    var testDescription: String { "\(key), \(plain.bytes.count) bytes" }
  }

  struct CraftedDecryption: Decodable, Sendable, CustomTestStringConvertible {
    var key, note: String
    var cipher: Hex
    var ok: Bool
    var plain: Hex?
    var testDescription: String { note }
  }

  struct SymmetricRow: Decodable, Sendable {
    var key, plain, packed: Hex
  }

  struct PasswordRow: Decodable, Sendable {
    var passwordUtf8, plain, packed, salt, key: Hex
  }

  struct StretchRow: Decodable, Sendable {
    var passwordUtf8, salt, key: Hex
    var length: Int
  }

  struct SignedRow: Decodable, Sendable, CustomTestStringConvertible {
    var key, id, userType: String
    var type, seq: UInt16
    var data, toSign, signature, packed: Hex
    var recipient: Hex?
    var testDescription: String { "\(key), id \(id), sequence \(seq)" }
  }

  struct CraftedSigned: Decodable, Sendable, CustomTestStringConvertible {
    struct Verdict: Decodable, Sendable {
      var parses: Bool
      var isSigned, isEncrypted, checkSignature: Bool?
      var repacked: String?
    }
    var note: String
    var packed: Hex
    var both: Verdict
    var testDescription: String { note }
  }

  struct EncryptedRow: Decodable, Sendable, CustomTestStringConvertible {
    var from, to, id, userType: String
    var type, seq: UInt16
    var priority: UInt64
    var data, toSign, plaintext, cypher, packed: Hex
    var testDescription: String { "\(from) to \(to), id \(id)" }
  }

  struct CraftedEncrypted: Decodable, Sendable, CustomTestStringConvertible {
    var note, to: String
    var packed, plaintext: Hex
    var delivered: Bool
    var testDescription: String { note }
  }
}

extension Vectors {
  /// An hour after peers made the vectors: one of their certificates has expired, one begins in 2090.
  static let today = WallTime(seconds: 1_795_208_532 + 3600)

  static func certificate(_ name: String) throws -> Certificate {
    // "first certificate of device_v2"
    let isFirst = name.hasPrefix("first certificate of ")
    let file = name.split(separator: " ").last ?? ""
    let certificate = try Certificate(decoding: Vectors.file("certs/\(file).crt"))
    return isFirst ? certificate.withoutIssuers : certificate
  }

  /// A certificate with the key that belongs to it.
  static func identity(_ name: String) throws -> Identity {
    let certificate = try certificate(name)
    let key = try #require(all.keys.first { $0.id.bytes == certificate.id.bytes })
    return try Identity(certificate: certificate, privateKey: privateKey(key.name))
  }

  struct CertificateRow: Decodable, Sendable, CustomTestStringConvertible {
    var name, file, subjectCn, subjectUid, issuerCn, issuerUid: String
    var chainLength: Int
    var der: [Hex]
    var id, longId, serial, valueDataPrefix, valuePackedPrefix, valuePackedSha256: Hex
    var isCa: Bool
    var notBefore, notAfter: Int64
    var testDescription: String { name }
  }

  struct ImportFailure: Decodable, Sendable {
    var file: String
  }

  struct RequestRow: Decodable, Sendable, CustomTestStringConvertible {
    var file, key, cn, uid, note: String
    var verifies: Bool
    var testDescription: String { file }
  }

  struct RevocationRow: Decodable, Sendable, CustomTestStringConvertible {
    var file, issuer, issuerCn, issuerUid: String
    var revokes, doesNotRevoke: [String]
    var number, numberAfterSecondSigning: Hex
    var testDescription: String { file }
  }

  struct TrustRow: Decodable, Sendable, CustomTestStringConvertible {
    var note, certificate: String
    var trusted, crls: [String]
    var result: UInt32
    var valid: Bool
    var testDescription: String { "\(certificate): \(note)" }
  }

  struct OCSPRow: Decodable, Sendable {
    var certificate, issuer: String
    var request, nonce: Hex
  }

  struct WebPushRow: Decodable, Sendable, CustomTestStringConvertible {
    var receiverPrivateFile, senderPrivatePem: String
    var p256Dh, auth, salt, payload, body: Hex
    var testDescription: String { "\(payload.bytes.count) bytes" }

    // The decoder's way of writing names makes another one of this.
    enum CodingKeys: String, CodingKey {
      case receiverPrivateFile, senderPrivatePem, p256Dh = "p256dh", auth, salt, payload, body
    }
  }

  struct StorePolicyRow: Decodable, Sendable {
    struct Accepted: Decodable, Sendable {
      var old, new: Bool
      enum CodingKeys: String, CodingKey { case old = "2.4.12", new = "4.4.2" }
    }
    var certificate: String
    var key: Hex
    var accepted: Accepted
  }
}
