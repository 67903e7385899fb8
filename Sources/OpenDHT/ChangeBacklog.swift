internal import DHTCore
internal import NIOCore

/// Changes of a listen that nobody took yet, merged for each value: at most one waits for each.
///
/// | waits   | then comes | waits then |
/// |---------|------------|------------|
/// | nothing | any        | it         |
/// | added   | added, updated | added, with the newer content |
/// | added   | expired    | nothing: the reader never knew it |
/// | updated | added, updated | updated, with the newer content |
/// | updated | expired    | expired    |
/// | expired | added, updated | updated: the reader still has it, perhaps older |
/// | expired | expired    | expired    |
///
/// So what waits is never more than the values that live now and those that the reader still shows.
struct ChangeBacklog: OperationBacklog {
  private var changes: [Value.ID: ListenChange] = [:]
  /// Ids in the order in which their changes began to wait. May hold ids whose change is gone; `compact` bounds them.
  private var order = CircularBuffer<Value.ID>()

  var count: Int { changes.count }
  /// Room that the order takes, for tests.
  var orderCount: Int { order.count }

  mutating func take(_ event: Event) {
    guard case .changes(_, let news) = event else { return }
    for change in news { take(change) }
  }

  mutating func take(_ change: ListenChange) {
    let id = change.value.id
    guard let waiting = changes[id] else {
      changes[id] = change
      order.append(id)
      return
    }
    changes[id] = Self.merge(waiting, change)
    if changes[id] == nil { compact() }
  }

  mutating func popFirst() -> ListenChange? {
    while let id = order.popFirst() {
      if let change = changes.removeValue(forKey: id) { return change }
    }
    return nil
  }
}

extension ChangeBacklog {
  private static func merge(_ waiting: ListenChange, _ change: ListenChange) -> ListenChange? {
    switch (waiting, change) {
    case (.added, .added(let value)), (.added, .updated(let value)): .added(value)
    case (.added, .expired): nil
    case (.updated, .added(let value)), (.updated, .updated(let value)): .updated(value)
    case (.expired, .added(let value)), (.expired, .updated(let value)): .updated(value)
    case (.updated, .expired(let value)), (.expired, .expired(let value)): .expired(value)
    }
  }

  // An id left behind, and then added again, would stand twice: the first place would serve its change, the second
  // would find none. So they only cost room, which this gives back.
  private mutating func compact() {
    guard order.count > 2 * changes.count + 16 else { return }
    var seen = Set<Value.ID>()
    order = CircularBuffer(order.filter { changes[$0] != nil && seen.insert($0).inserted })
  }
}

extension ListenChange {
  /// The value it is about.
  var value: Value {
    switch self {
    case .added(let value), .updated(let value), .expired(let value): value
    }
  }
}
