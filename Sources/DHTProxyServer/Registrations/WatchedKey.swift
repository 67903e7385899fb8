internal import DHTModel
internal import DHTProxyMessages

/// A key with subscribers: who they are, and what is known of its values, to be told to the next one.
struct WatchedKey: Sendable {
  /// What a push tells of a value.
  struct KnownValue: Equatable {
    var id: Value.ID
    var priority: UInt64
    var pushType: String
    /// Tells one content from another within this process.
    var content: Int

    /// Gateways take 4 KiB for a whole push; a type that long is no type.
    static let pushTypeBytes = 256

    init(_ value: Value) {
      id = value.id
      priority = value.priority
      let isShort = value.pushTypeBytes.count <= Self.pushTypeBytes
      pushType = isShort ? String(decoding: value.pushTypeBytes, as: UTF8.self) : ""
      var hasher = Hasher()
      hasher.combine(value)
      content = hasher.finalize()
    }
  }

  /// In the order they came.
  private(set) var subscribers: [Subscription.ID] = []
  private(set) var values: [KnownValue] = []

  mutating func add(_ id: Subscription.ID) { subscribers.append(id) }
  mutating func remove(_ id: Subscription.ID) { subscribers.removeAll { $0 == id } }

  /// Takes note of a value. Returns nil when it says nothing new: a listen that began anew tells all once more.
  mutating func add(_ value: Value, limit: Int) -> KnownValue? {
    let known = KnownValue(value)
    if let index = values.firstIndex(where: { $0.id == known.id }) {
      guard values[index] != known else { return nil }
      values[index] = known
    } else if values.count < limit {
      values.append(known)
    }
    return known
  }

  mutating func remove(_ value: Value) -> KnownValue {
    values.removeAll { $0.id == value.id }
    return KnownValue(value)
  }
}

extension PushNotification {
  /// Tells of values of a key. When it is sent is for the sender to say.
  init(of values: [WatchedKey.KnownValue], areExpired: Bool, at key: InfoHash, to context: PushContext) {
    let told = PushedValues(
      key: key, time: 0, ids: values.map(\.id), pushTypes: values.map(\.pushType),
      expired: areExpired && values.count == 1 ? values.map(\.id) : [])
    self.init(
      token: context.token, platform: context.platform, topic: context.topic,
      data: PushData(.values(told), clientID: context.clientID, sessionID: context.sessionID),
      isUrgent: !areExpired && values.contains { $0.priority == 0 })
  }
}
