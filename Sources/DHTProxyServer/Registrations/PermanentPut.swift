internal import DHTModel
internal import DHTProxyMessages

/// A value that is announced until a day after its client last asked for it.
struct PermanentPut: Equatable, Sendable {
  /// Names a permanent put: a key has one for each value id.
  struct ID: Hashable, Sendable {
    var key: InfoHash
    var valueID: Value.ID
  }

  var value: Value
  /// When it ends.
  var end: Instant
  /// Whom to remind; nil for a client without a token. Holds no secret.
  var context: PushContext?
  /// Without this secret it is neither renewed nor ended.
  var secret: SecretDigest?
  /// Who made it, for limits; not kept over a restart.
  var address: IPAddress?
  var isReminded = false

  /// Bytes that count for the limit.
  var byteCount: Int { value.size + (value.signature?.owner.count ?? 0) + (context?.byteCount ?? 0) }

  /// Whether token or address say that it is the same client's.
  func hasSameClient(as other: PermanentPut) -> Bool {
    if let token = context?.token, token == other.context?.token { return true }
    return address != nil && address == other.address
  }

  /// When the client is reminded; nil when it is not, or was.
  func reminder(of id: ID, _ limits: RegistrationLimits) -> Instant? {
    guard context != nil, !isReminded else { return nil }
    return end - limits.reminderLead - limits.spread(id.key, UInt32(truncatingIfNeeded: id.valueID))
  }
}

extension RegistrationLimits {
  /// Some part of the spread, always the same one for the same key and number.
  func spread(_ key: InfoHash, _ number: UInt32) -> Duration {
    reminderSpread / 1024 * Int((key.words.4 ^ number) % 1024)
  }
}

extension PushContext {
  /// Bytes of its texts.
  var byteCount: Int {
    token.utf8.count + clientID.utf8.count + sessionID.utf8.count + topic.utf8.count + platform.rawValue.utf8.count
  }

  /// The same without its secret, and with the server's topic where it names none.
  func kept(defaultTopic: String) -> PushContext {
    var kept = self
    kept.secret = ""
    if topic.isEmpty { kept.topic = defaultTopic }
    return kept
  }
}
