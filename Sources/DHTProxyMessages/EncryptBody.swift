internal import DHTJSON
public import DHTModel

/// What a client sends to have a value signed and encrypted by the server's node, and put: `POST /key/KEY/encrypt`.
/// (proxy.md §11.3)
public struct EncryptBody: Hashable, Sendable {
  /// Whose key to encrypt with.
  public enum Recipient: Hashable, Sendable {
    /// The id of a key, 40 hexadecimal digits, as peers up to 3.4 name it.
    case id(InfoHash)
    /// The long id of a key, 32 bytes in 64 digits, as peers since 3.7 name it.
    case longID([UInt8])
  }

  /// What is to be encrypted; with id 0 the server chooses one.
  public var value: Value
  /// For whom.
  public var recipient: Recipient

  /// A value to encrypt.
  public init(_ value: Value, for recipient: Recipient) {
    self.value = value
    self.recipient = recipient
  }

  /// Reads a body.
  ///
  /// - Throws: what cannot be read, that nobody is named, or that the value is larger than nodes store.
  public init(reading body: [UInt8]) throws(MessageError) {
    guard !body.isEmpty else { throw .missingBody }
    let json = try JSON(body: body)
    value = try Value(json)
    if let digits = json["to"]?.string, digits.utf8.count == 64, let bytes = hexBytes(digits),
      bytes.contains(where: { $0 != 0 })
    {
      recipient = .longID(bytes)
    } else if let id = json.recipient {
      recipient = .id(id)
    } else {
      throw .noDestination
    }
    try value.checkSize()
  }

  /// The body as clients write it; without a line end.
  public func bytes() -> [UInt8] {
    let digits =
      switch recipient {
      case .id(let id): "\(id)"
      case .longID(let bytes): hexString(bytes)
      }
    var writer = JSONWriter(escaping: .notASCII)
    writer.object { object in
      object.member("data", base64(value.data))
      object.member("id", String(value.id))
      if value.priority != 0 { object.member("prio", UInt32(clamping: value.priority)) }
      if !value.pushTypeBytes.isEmpty { object.member("pt", String(decoding: value.pushTypeBytes, as: UTF8.self)) }
      object.member("to", digits)
      object.member("type", value.type)
      if !value.userType.isEmpty { object.member("utype", value.userType) }
    }
    return writer.bytes
  }
}
