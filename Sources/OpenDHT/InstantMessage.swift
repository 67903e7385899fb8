internal import MessagePack

/// A line of a conversation: what `dhtchat` and other programs of the network put under a key. (wire.md §11.2)
///
///     try await dht.putSigned(InstantMessage("hello").value, at: room)
///     for await case .added(let value) in dht.listen(to: room) {
///       guard let message = InstantMessage(value), let sender = value.signerID else { continue }
///       print("\(sender): \(message.text)")
///     }
///
/// Put it signed or encrypted: peers show who sent it. It lives for five minutes. Everything in it is the sender's word,
/// the date too.
public struct InstantMessage: Hashable, Sendable {
  /// Number of the type of values that hold messages.
  public static let valueType: UInt16 = 3

  /// What became of a message.
  public struct Status: RawRepresentable, Hashable, Sendable {
    /// The number on the wire.
    public var rawValue: UInt64
    /// A status by its number.
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    /// Nothing is known.
    public static let none = Status(rawValue: 0)
    /// Its sender is still writing.
    public static let typing = Status(rawValue: 1)
    /// It was received.
    public static let received = Status(rawValue: 2)
    /// It was read.
    public static let read = Status(rawValue: 3)
  }

  /// Names the message; drawn at random by its sender.
  public var id: UInt64
  /// What is said.
  public var text: String
  /// When it was sent, in whole seconds.
  public var date: WallTime
  /// What became of it.
  public var status: Status
  /// Media type of `text`; empty for plain text.
  public var dataType: String
  /// More about it, for programs that agree on names.
  public var metadata: [String: String]

  /// A message, sent now unless another date is given.
  public init(
    _ text: String, date: WallTime = .now, id: UInt64 = .random(in: 1 ... .max), status: Status = .none,
    dataType: String = "",
    metadata: [String: String] = [:]
  ) {
    (self.id, self.text, self.date, self.status) = (id, text, date, status)
    (self.dataType, self.metadata) = (dataType, metadata)
  }

  /// Reads a value of type 3, opened if it came encrypted; nil for anything else.
  public init?(_ value: Value) {
    guard let body = value.body, body.type == Self.valueType,
      let coded = try? MessagePackDecoder().decode(Coded.self, from: body.data)
    else { return nil }
    self.init(
      coded.msg, date: WallTime(seconds: coded.date), id: coded.id, status: Status(rawValue: coded.status),
      dataType: coded.datatype, metadata: coded.metadatas)
  }

  /// The value to be signed or encrypted, and put.
  public var value: Value {
    let coded = Coded(
      id: id, msg: text, date: date.seconds, status: status.rawValue, datatype: dataType, metadatas: metadata)
    // Texts and numbers: nothing that an encoder could refuse.
    let data = (try? MessagePackEncoder().encode(coded)) ?? []
    return Value(data, type: Self.valueType)
  }
}

/// The map on the wire, keys in the order of peers.
private struct Coded: Codable {
  var id: UInt64
  var msg: String
  var date: Int64
  var status: UInt64
  var datatype: String
  var metadatas: [String: String]
}

extension Coded {
  /// Missing keys keep their defaults.
  init(from decoder: any Decoder) throws {
    let map = try decoder.container(keyedBy: CodingKeys.self)
    id = try map.decodeIfPresent(UInt64.self, forKey: .id) ?? 0
    msg = try map.decodeIfPresent(String.self, forKey: .msg) ?? ""
    date = try map.decodeIfPresent(Int64.self, forKey: .date) ?? 0
    status = try map.decodeIfPresent(UInt64.self, forKey: .status) ?? 0
    datatype = try map.decodeIfPresent(String.self, forKey: .datatype) ?? ""
    metadatas = try map.decodeIfPresent([String: String].self, forKey: .metadatas) ?? [:]
  }
}
