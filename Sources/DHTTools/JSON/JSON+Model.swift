import DHTJSON
import OpenDHT

// The members of each kind of line. Ids are strings of 16 hexadecimal digits: 64 bits do not fit the numbers of most
// readers of JSON.
extension JSON {
  /// A value id.
  static func id(_ id: Value.ID) -> JSON {
    let digits = String(id, radix: 16)
    return .string(String(repeating: "0", count: 16 - digits.count) + digits)
  }

  /// The members of a value: id, type, userType, data, text when it is UTF-8, origin when known; then what signing adds.
  static func members(of value: Value, from source: Source? = nil) -> [(String, JSON)] {
    var members: [(String, JSON)] = [("id", .id(value.id))]
    if let cypher = value.cypher {
      members += [("encrypted", .bool(true)), ("data", .string(base64(cypher)))]
    } else {
      members += [
        ("type", .integer(Int(value.type))), ("userType", .string(value.userType)),
        ("data", .string(base64(value.data))),
      ]
      if let text = value.text { members.append(("text", .string(text))) }
    }
    if let signature = value.signature {
      members += [("signed", .bool(true)), ("sequence", .integer(Int(signature.sequence)))]
      members += owner(PublicKeyID(hashing: signature.owner), publicKeyID(signature.owner))
      if value.wasEncrypted { members.append(("decrypted", .bool(true))) }
    }
    if let source { members.append(("origin", origin(source))) }
    return members
  }

  /// Who signed: the id as peers up to 3.4 show it, and the long id of those since 3.7.
  private static func owner(_ longID: PublicKeyID, _ id: InfoHash) -> [(String, JSON)] {
    [("owner", .string("\(id)")), ("ownerLong", .string("\(longID)"))]
  }

  /// An identity, or what is known of one: who, and with which key.
  static func members(of key: PublicKey) -> [(String, JSON)] {
    [
      ("id", .string("\(key.id)")), ("longID", .string("\(key.longID)")), ("nodeID", .string("\(key.nodeID)")),
      ("key", .string(key.kind.name)), ("bits", .integer(key.kind.bits)),
    ]
  }

  private static func origin(_ source: Source) -> JSON {
    switch source {
    case .local: .string("local")
    case .listen: .string("listen")
    case .network(let node): .object(members(of: node))
    case .proxy: .string("proxy")
    }
  }

  static func members(of node: NodeContact) -> [(String, JSON)] {
    [("node", .string("\(node.id)")), ("address", .string("\(node.address)"))]
  }

  static func members(of record: FieldRecord) -> [(String, JSON)] {
    var members: [(String, JSON)] = []
    if let id = record.id { members.append(("id", .id(id))) }
    if let type = record.valueType { members.append(("type", .integer(Int(type)))) }
    if let owner = record.owner { members.append(("owner", owner == .zero ? .null : .string("\(owner)"))) }
    if let sequence = record.sequence { members.append(("sequence", .integer(Int(sequence)))) }
    if let userType = record.userTypeBytes {
      members.append(("userType", .string(String(decoding: userType, as: UTF8.self))))
    }
    return members
  }

  /// A put: ok, id, who stored it, who did not and why, seconds; the sequence number and the id of who signed it; `error`
  /// when the put as a whole failed.
  static func members(
    of receipt: PutReceipt, signer: InfoHash? = nil, elapsed: Duration, error: String? = nil
  ) -> [(String, JSON)] {
    var members: [(String, JSON)] = [
      ("ok", .bool(error == nil && receipt.isStored)), ("id", .id(receipt.valueID)),
      ("stored", .array(receipt.stored.map { .object(Self.members(of: $0)) })),
      (
        "failed",
        .array(receipt.failed.map { .object(Self.members(of: $0.node) + [("reason", .string($0.reason.text))]) })
      ),
      ("verified", .bool(receipt.isVerified)), ("elapsed", .seconds(elapsed)),
    ]
    if let proxy = receipt.proxy { members.append(("proxy", .string("\(proxy)"))) }
    if let signer { members += [("owner", .string("\(signer)")), ("sequence", .integer(Int(receipt.sequence)))] }
    if let error { members.append(("error", .string(error))) }
    return members
  }
}

extension KeyKind {
  /// The kind in a word, for a line and for JSON.
  var name: String {
    switch self {
    case .rsa: "RSA"
    case .rsaOAEP: "RSA-OAEP"
    case .ec(.p256): "EC P-256"
    case .ec(.p384): "EC P-384"
    case .ec(.p521): "EC P-521"
    }
  }
}

extension PutFailure.Reason {
  /// The reason in a word or two, for a line and for JSON.
  var text: String {
    switch self {
    case .silent: "silent"
    case .refused(let code): "refused with \(code)"
    case .acknowledgedNothing: "acknowledged nothing"
    case .holdsSignedValue: "holds a signed value under this id"
    case .notFoundOnVerify: "not found on verify"
    case .silentOnVerify: "silent on verify"
    case .unreachable: "unreachable"
    case .unfinished: "unfinished"
    }
  }
}
