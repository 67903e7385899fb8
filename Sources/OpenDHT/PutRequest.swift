internal import DHTCore
package import DHTModel

/// A put on its way to the loop.
package struct PutRequest: Sendable {
  package var value: Value
  package var key: InfoHash
  var isPermanent: Bool
  var verify: Bool
  var created: WallTime?
  var deadline: Duration?
  /// Whether the value's id was drawn at random for this put.
  var hasDrawnID: Bool

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
