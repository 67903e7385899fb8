import Crypto
import Testing

@testable import DHTSecurity

struct WebPushTests {
  @Test("C§3.6: the body of a push is theirs, byte for byte", arguments: Vectors.all.webPush)
  func bodies(_ row: Vectors.WebPushRow) throws {
    let receiver = try WebPushReceiver(p256dh: row.p256Dh.bytes, auth: row.auth.bytes)
    guard case .p256(let key) = try PrivateKey(pemRepresentation: row.senderPrivatePem).material else {
      Issue.record("the sender's key is not on P-256")
      return
    }
    let sender = try P256.KeyAgreement.PrivateKey(rawRepresentation: key.rawRepresentation)
    #expect(try receiver.encrypt(row.payload.bytes, sender: sender, salt: row.salt.bytes) == row.body.bytes)
    let fresh = try receiver.encrypt(row.payload.bytes)
    #expect(fresh.count == row.body.bytes.count && fresh != row.body.bytes)
    #expect(try PrivateKey(decoding: Vectors.file(row.receiverPrivateFile)).kind == .ec(.p256))
  }

  @Test("C§3.6: a subscription that is none is refused") func refused() throws {
    let row = try #require(Vectors.all.webPush.first)
    #expect(throws: SecurityError.keySize(15)) {
      try WebPushReceiver(p256dh: row.p256Dh.bytes, auth: Array(row.auth.bytes.dropLast()))
    }
    #expect(throws: SecurityError.malformed(.publicKey)) {
      try WebPushReceiver(p256dh: Array(row.p256Dh.bytes.dropLast()), auth: row.auth.bytes)
    }
  }
}
