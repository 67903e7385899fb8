internal import DHTModel
internal import DHTProxyMessages

/// What a push asks of us. (proxy.md §8.7)
enum PushOrder: Equatable {
  case putAgain(InfoHash, Value.ID)
  case renew(InfoHash)
  case fetch(InfoHash)
  case expire(InfoHash, [Value.ID])
  /// Nothing; why.
  case nothing(PushResult)

  /// Reads what the application was pushed.
  ///
  /// | data | order |
  /// |------|-------|
  /// | `s` of another run | nothing: wrong session |
  /// | `timeout`, `vid`, put known | put again |
  /// | `timeout`, key listened to | renew |
  /// | `key`, key listened to | fetch |
  /// | `key`, `exp`, key listened to | expire these |
  /// | anything else | nothing: no operation |
  init(
    _ fields: [String: String], sessionID: String, isListening: (InfoHash) -> Bool,
    isKept: (InfoHash, Value.ID) -> Bool
  ) {
    let data: PushData
    do { data = try PushData(fields: fields) } catch {
      self = .nothing(.error)
      return
    }
    if let session = data.sessionID, session != sessionID {
      self = .nothing(.wrongSession)
      return
    }
    self =
      switch data.subject {
      case .timeout(let key, let id?): isKept(key, id) ? .putAgain(key, id) : .nothing(.noOperation)
      case .timeout(let key, nil): isListening(key) ? .renew(key) : .nothing(.noOperation)
      case .values(let values) where !isListening(values.key): .nothing(.noOperation)
      case .values(let values): values.expired.isEmpty ? .fetch(values.key) : .expire(values.key, values.expired)
      case .pong, .unknown: .nothing(.noOperation)
      }
  }

  var result: PushResult {
    switch self {
    case .putAgain: .putRefresh
    case .renew: .listenRefresh
    case .fetch: .values
    case .expire: .valuesExpired
    case .nothing(let result): result
    }
  }
}
