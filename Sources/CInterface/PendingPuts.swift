internal import NIOConcurrencyHelpers
internal import OpenDHT

/// What names a value under its key.
struct PutSlot: Hashable, Sendable {
  var key: InfoHash
  var id: Value.ID
}

/// Puts that may not have reached the node yet, since they are signed, or their recipient is looked up, first.
final class PendingPuts: Sendable {
  private struct Entry {
    var running = 0
    var operations: [OperationBox] = []
  }
  private let entries = NIOLockedValueBox<[PutSlot: Entry]>([:])

  /// Begins a put, which says so when it has ended: on another thread, perhaps before this returns.
  func begin(_ slot: PutSlot, _ perform: () -> OperationBox) -> OperationBox {
    entries.withLockedValue { $0[slot, default: Entry()].running += 1 }
    let operation = perform()
    guard operation.exists else {
      ended(slot)
      return operation
    }
    entries.withLockedValue { $0[slot]?.operations.append(operation) }
    return operation
  }

  func ended(_ slot: PutSlot) {
    entries.withLockedValue { entries in
      entries[slot]?.running -= 1
      if entries[slot]?.running == 0 { entries[slot] = nil }
    }
  }

  func cancel(_ slot: PutSlot) {
    for operation in entries.withLockedValue({ $0[slot]?.operations ?? [] }) { operation.cancel() }
  }
}
