public import DHTModel

/// Refreshed and expired ids for a listener of version 0; `transaction` is its socket id.
public struct LegacyPush: Hashable, Sendable {
  /// A write token for the receiver.
  public var token: Token?
  /// Values whose lifetime restarted.
  public var refreshed: [Value.ID]
  /// Values that are gone.
  public var expired: [Value.ID]

  /// A push of ids.
  public init(token: Token? = nil, refreshed: [Value.ID] = [], expired: [Value.ID] = []) {
    self.token = token
    self.refreshed = refreshed
    self.expired = expired
  }
}
