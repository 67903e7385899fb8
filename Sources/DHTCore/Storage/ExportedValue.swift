public import DHTModel

/// A stored value with all that is needed to store it again elsewhere. (wire.md §10.2)
public struct ExportedValue: Equatable, Sendable {
  /// Where it is stored.
  public var key: InfoHash
  /// The value, as it was put.
  public var value: Value
  /// When its lifetime began.
  public var created: Instant
  /// When it ends; nil for never.
  public var expires: Instant?
  /// Who put it; nil for this node.
  public var source: SocketAddress?

  /// A value under a key.
  public init(key: InfoHash, value: Value, created: Instant, expires: Instant?, source: SocketAddress?) {
    self.key = key
    self.value = value
    self.created = created
    self.expires = expires
    self.source = source
  }
}
