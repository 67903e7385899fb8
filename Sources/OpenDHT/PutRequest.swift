internal import DHTCore

/// A put on its way to the loop.
struct PutRequest: Sendable {
  var value: Value
  var key: InfoHash
  var isPermanent: Bool
  var verify: Bool
  var created: WallTime?
  var deadline: Duration?
}
