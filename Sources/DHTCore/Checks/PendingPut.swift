import DHTModel
import DHTWire

/// A put of somebody else that waits until the signatures of its values are verified.
struct PendingPut {
  let key: InfoHash
  let values: [Value]
  let created: Instant
  let sender: NodeContact
  let transaction: TransactionID
  /// Some values of the message had no id; the sender is told so at the end.
  let lacksIDs: Bool
  /// Another put changed what was there while this one waited. Few do so more than once.
  var repetitions = 0

  var bytes: Int { values.reduce(0) { $0 + $1.cost } }
}
