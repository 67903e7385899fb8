import DHTWire
import OpenDHT

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

// Signed and encrypted values, identities and certificates.

extension Nodes {
  func identity(of request: Request) throws -> Identity? {
    if let path = request.identity { return try Identity.load(path: path, password: request.password) }
    return try request.bits.map { try Identity.generate(name: "ours", bits: $0) }
  }

  func saveIdentity(_ request: Request) throws -> Reply {
    let identity = try present(node(of: request).identity, "identity")
    try identity.save(to: try present(request.identity, "identity"), password: request.password)
    return Reply(ok: true)
  }

  func putSigned(_ request: Request) async throws -> Reply {
    let began = ContinuousClock.now
    let receipt = try await node(of: request).putSigned(
      value(of: request), at: key(of: request), permanent: request.permanent ?? false)
    return reply(receipt, began)
  }

  func putEncrypted(_ request: Request) async throws -> Reply {
    let began = ContinuousClock.now
    let receipt = try await node(of: request).putEncrypted(
      value(of: request), for: recipient(of: request), at: key(of: request), permanent: request.permanent ?? false)
    return reply(receipt, began)
  }

  func certificate(_ request: Request) async throws -> Reply {
    let certificate = try await node(of: request).certificate(of: recipient(of: request))
    return Reply(ok: true, keyID: certificate.id.description, longID: certificate.longID.description)
  }

  /// Values signed by the node's identity, and encrypted if a key is given, as bytes: to be spoiled by the test. The
  /// number of each of `count` values is its id, and stands at the begin of its data.
  func seal(_ request: Request) throws -> Reply {
    let identity = try present(node(of: request).identity, "identity")
    let value = try value(of: request)
    let recipient = try request.toKey.map(publicKey)
    let packed = try (0..<(request.count ?? 1)).map { number in
      var one = value
      if request.count != nil {
        one = Value(Array(hex16(Value.ID(number) + 1).utf8) + value.data, type: value.type, id: Value.ID(number) + 1)
      }
      let sealed =
        if let recipient {
          try one.encrypted(for: recipient, by: identity.privateKey, sequence: request.sequence)
        } else {
          try one.signed(by: identity, sequence: request.sequence)
        }
      return Data(sealed.packed())
    }
    return Reply(ok: true, packed: packed)
  }

  private func recipient(of request: Request) throws -> Recipient {
    if let key = request.toKey { return .key(try publicKey(key)) }
    return try present(request.to.flatMap { Recipient(hex: $0) }, "recipient")
  }

  /// Of a public key, or of a certificate, which is what the reference tells of its own.
  private func publicKey(_ bytes: Data) throws -> PublicKey {
    if let key = try? PublicKey(decoding: bytes) { return key }
    return try Certificate(decoding: Array(bytes)).publicKey
  }
}
