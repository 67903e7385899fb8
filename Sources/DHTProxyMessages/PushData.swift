internal import DHTJSON
public import DHTModel

/// What a push tells the client: the map of strings that the application hands to its node. (proxy.md §8.5)
public struct PushData: Hashable, Sendable {
  /// What a push is about.
  public enum Subject: Hashable, Sendable {
    /// Values of a key came, or are gone.
    case values(PushedValues)
    /// A subscription of a key, or the permanent put of a value, ends in two hours.
    case timeout(key: InfoHash, valueID: Value.ID?)
    /// The test that a client asked for.
    case pong
    /// Nothing that we know; the client has nothing to do.
    case unknown
  }

  /// What happened.
  public var subject: Subject
  /// The client it is for.
  public var clientID: String
  /// The run of the client that subscribed last; nil when the push does not say.
  public var sessionID: String?

  /// The data of a push.
  public init(_ subject: Subject, clientID: String, sessionID: String?) {
    self.subject = subject
    self.clientID = clientID
    self.sessionID = sessionID
  }
}

/// Values that a push tells of.
public struct PushedValues: Hashable, Sendable {
  /// Their key.
  public var key: InfoHash
  /// When the push was sent, in milliseconds since 1970; 0 when it does not say.
  public var time: UInt64
  /// Their ids; 2.4.12 does not tell them.
  public var ids: [Value.ID]
  /// Their push types, in the same order; 2.4.12 does not tell them.
  public var pushTypes: [String]
  /// The ids of those that are gone. Empty: look what is there.
  public var expired: [Value.ID]

  /// Values of a key.
  public init(
    key: InfoHash, time: UInt64, ids: [Value.ID] = [], pushTypes: [String] = [], expired: [Value.ID] = []
  ) {
    self.key = key
    self.time = time
    self.ids = ids
    self.pushTypes = pushTypes
    self.expired = expired
  }

  /// What a server tells of the values of one callback of its node. Only one value that is gone is named as such: of
  /// several a client is to look up the key.
  public init(_ values: [Value], areExpired: Bool, of key: InfoHash, time: UInt64) {
    self.init(
      key: key, time: time, ids: values.map(\.id),
      pushTypes: values.map { String(decoding: $0.pushTypeBytes, as: UTF8.self) },
      expired: areExpired && values.count == 1 ? values.map(\.id) : [])
  }
}

extension PushData {
  /// Reads what an application hands over. What cannot be read of the rest counts as not told.
  ///
  /// - Throws: a key that is no hash, or an id in `exp` or `vid` that is no number.
  public init(fields: [String: String]) throws(MessageError) {
    clientID = fields["to"] ?? ""
    sessionID = fields["s"]
    if let hex = fields["timeout"] {
      let key = try Self.hash(hex, "timeout")
      subject = .timeout(
        key: key, valueID: try fields["vid"].map { text throws(MessageError) in try Self.id(text, "vid") })
    } else if let hex = fields["key"] {
      var expired: [Value.ID] = []
      for text in Self.list(fields["exp"]) where !text.isEmpty { expired.append(try Self.id(text, "exp")) }
      subject = .values(
        PushedValues(
          key: try Self.hash(hex, "key"), time: fields["t"].flatMap { UInt64($0) } ?? 0,
          ids: Self.list(fields["ids"]).compactMap { Value.ID($0) },
          pushTypes: Self.list(fields["pt"]).map(String.init),
          expired: expired))
    } else {
      subject = fields["pong"] == nil ? .unknown : .pong
    }
  }

  private static func hash(_ text: String, _ name: String) throws(MessageError) -> InfoHash {
    guard let hash = InfoHash(hex: text) else { throw .wrongKind(member: name) }
    return hash
  }

  private static func id(_ text: some StringProtocol, _ name: String) throws(MessageError) -> Value.ID {
    guard let id = Value.ID(text) else { throw .outOfRange(member: name) }
    return id
  }

  private static func list(_ text: String?) -> [Substring] {
    guard let text, text.utf8.count <= MessageLimits.bodyBytes else { return [] }
    return text.split(separator: ",", omittingEmptySubsequences: false)
  }
}

extension PushData {
  /// The data as an object: the whole body of a push by UnifiedPush.
  public func bytes(for release: PeerRelease = .v4) -> [UInt8] {
    var writer = JSONWriter(escaping: .notASCII)
    write(to: &writer, for: release)
    return writer.bytes
  }

  func write(to writer: inout JSONWriter, for release: PeerRelease) {
    writer.object { object in
      if case .values(let values) = subject {
        if !values.expired.isEmpty { object.member("exp", Self.text(values.expired)) }
        if release == .v4 { object.member("ids", Self.text(values.ids)) }
        object.member("key", "\(values.key)")
        if release == .v4 { object.member("pt", values.pushTypes.joined(separator: ",")) }
      }
      if subject == .pong { object.member("pong", true) }
      if let sessionID { object.member("s", sessionID) }
      if case .values(let values) = subject { object.member("t", values.time) }
      if case .timeout(let key, _) = subject { object.member("timeout", "\(key)") }
      object.member("to", clientID)
      if case .timeout(_, let id?) = subject { object.member("vid", String(id)) }
    }
  }

  private static func text(_ ids: [Value.ID]) -> String { ids.map { String($0) }.joined(separator: ",") }
}
