package import DHTModel

/// A put on its way to the loop.
package struct PutRequest: Sendable {
  package var value: Value
  package var key: InfoHash
  package var isPermanent: Bool
  package var verify: Bool
  package var created: WallTime?
  package var deadline: Duration?
  /// Whether the value's id was drawn at random for this put.
  package var hasDrawnID: Bool

  package init(
    value: Value, key: InfoHash, isPermanent: Bool = false, verify: Bool = false, created: WallTime? = nil,
    deadline: Duration? = nil, hasDrawnID: Bool = false
  ) {
    self.value = value
    self.key = key
    self.isPermanent = isPermanent
    self.verify = verify
    self.created = created
    self.deadline = deadline
    self.hasDrawnID = hasDrawnID
  }
}
