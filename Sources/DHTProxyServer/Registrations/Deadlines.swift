internal import DHTCollections
internal import DHTModel

/// One moment for each of many things. Moving a moment later, which is what renewals do, costs nothing but a note: the
/// thing is looked at when its old moment comes, and put back.
struct Deadlines<ID: Hashable & Sendable>: Sendable {
  private struct Moments {
    var due: Instant
    var queued: Instant
  }
  private var moments: [ID: Moments] = [:]
  private var queue = DeadlineQueue<ID>()

  /// Not after the earliest moment; nil when there is none.
  var nextDeadline: Instant? { moments.isEmpty ? nil : queue.nextDeadline }
  /// Entries that wait, left ones included; for tests.
  var queuedCount: Int { queue.count }

  mutating func set(_ id: ID, at due: Instant) {
    if let queued = moments[id]?.queued, queued <= due {
      moments[id]?.due = due
    } else {
      moments[id] = Moments(due: due, queued: due)
      queue.push(id, at: due)
      sweep()
    }
  }

  mutating func remove(_ id: ID) {
    moments[id] = nil
    sweep()
  }

  /// Takes out something whose moment has come.
  mutating func popDue(_ now: Instant) -> ID? {
    while let next = queue.nextDeadline, next <= now, let (deadline, id) = queue.popFirst() {
      guard let moment = moments[id], moment.queued == deadline else { continue }
      guard moment.due > now else {
        moments[id] = nil
        return id
      }
      moments[id]?.queued = moment.due
      queue.push(id, at: moment.due)
    }
    return nil
  }

  // What was removed, or moved earlier, leaves an entry behind until its moment comes; never more than there are things.
  private mutating func sweep() {
    guard queue.count > 2 * moments.count + 64 else { return }
    queue = DeadlineQueue()
    for (id, moment) in moments.sorted(by: { $0.value.due < $1.value.due }) {
      moments[id]?.queued = moment.due
      queue.push(id, at: moment.due)
    }
  }
}
