import DHTModel

/// A value that we announce, over all families, and who asked for it.
struct Announcement {
  let id: Announce.ID
  let key: InfoHash
  let value: Value
  let isPermanent: Bool
  var wantsVerify: Bool
  let isStoredLocally: Bool
  /// Puts that wait for the first round.
  var waiting: [OperationID] = []
  /// All puts that asked for it; cancelling the last ends a permanent one.
  var operations: [OperationID] = []
  /// Families whose first round still runs.
  var running: Set<AddressFamily> = []
  var ends: [Announce.End] = []
  /// When the first round is reported although a family still works on it.
  var grace: Instant?

  var isStored: Bool { ends.contains { !$0.stored.isEmpty } }

  /// What was achieved, node by node.
  func receipt(_ ending: Ending) -> PutReceipt {
    PutReceipt(
      ending: ending, valueID: value.id, stored: ends.flatMap(\.stored), failed: ends.flatMap(\.failed),
      isVerified: wantsVerify && running.isEmpty && isStored, isStoredLocally: isStoredLocally)
  }
}
