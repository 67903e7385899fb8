import DHTModel

/// A value with its dates, who pays for it, and its neighbours under the same key.
struct StoredValue: Chained, Sendable {
  var key: InfoHash
  var value: Value
  var created: Instant
  /// Nil for a value that stays until it is removed.
  var expires: Instant?
  /// Who put or last refreshed it; nil for this node.
  var source: NodeContact?

  // Numbers of the values before and after it under the key, in the order in which they came.
  var previous: Int?
  var next: Int?
  // The entries that count in the queue of expiries and in its account's; 0 for none. All others are stale.
  var expiryTicket: UInt64 = 0
  var quotaTicket: UInt64 = 0

  /// Bytes that count for the quota: the value's size, its owner's key, and the overhead.
  var charge: Int { Self.charge(of: value) }

  static func charge(of value: Value) -> Int { value.cost }

  /// Takes the place of removed values.
  static let vacant = StoredValue(key: .zero, value: Value([]), created: .distantPast)
}
