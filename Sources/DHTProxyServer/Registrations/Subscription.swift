internal import DHTModel
internal import DHTProxyMessages

/// A client that is pushed to when the values of a key change.
struct Subscription: Equatable, Sendable {
  /// Names a subscription. (proxy.md §8.1)
  struct ID: Hashable, Sendable {
    var token: String
    var key: InfoHash
    var clientID: String
  }

  /// Whom to push to, as the last SUBSCRIBE said. Holds no secret.
  var context: PushContext
  /// When it ends.
  var end: Instant
  /// Without this secret it is neither renewed nor ended.
  var secret: SecretDigest?
  /// Who made it, for limits; not kept over a restart.
  var address: IPAddress?
  var isReminded = false

  /// Bytes that count for the limit.
  var byteCount: Int { context.byteCount }

  /// When the client is reminded; nil when it was.
  func reminder(of id: ID, _ limits: RegistrationLimits) -> Instant? {
    guard !isReminded else { return nil }
    let number = id.token.utf8.reduce(UInt32(0)) { $0 &* 31 &+ UInt32($1) }
    return end - limits.reminderLead - limits.spread(id.key, number)
  }
}

extension Subscription.ID {
  /// By token, then key, then client: the order of what is written.
  static func precedes(_ x: Subscription.ID, _ y: Subscription.ID) -> Bool {
    if x.token != y.token { return x.token < y.token }
    return x.key != y.key ? x.key < y.key : x.clientID < y.clientID
  }
}
