internal import DHTModel
internal import NIOCore

/// Changes that a slow reader has not taken, merged for each value: at most one waits for each.
///
/// | waits   | then comes     | waits then |
/// |---------|----------------|------------|
/// | nothing | any            | it |
/// | added   | added, updated | added, with the newer content |
/// | added   | expired        | nothing: the reader never knew it |
/// | updated | added, updated | updated, with the newer content |
/// | updated | expired        | expired |
/// | expired | added, updated | updated: the reader still has it |
/// | expired | expired        | expired |
///
/// So what waits is never more than the values that live and those that the reader still shows.
struct WatchBacklog {
  private var events: [Value.ID: WatchEvent] = [:]
  /// Ids in the order in which they began to wait; may hold ids whose change is gone, which `compact` bounds.
  private var order = CircularBuffer<Value.ID>()

  var isEmpty: Bool { events.isEmpty }
  var count: Int { events.count }

  mutating func take(_ event: WatchEvent) {
    guard let waiting = events[event.id] else {
      events[event.id] = event
      order.append(event.id)
      return
    }
    events[event.id] = Self.merge(waiting, event)
    if events[event.id] == nil { compact() }
  }

  mutating func popFirst() -> WatchEvent? {
    while let id = order.popFirst() {
      if let event = events.removeValue(forKey: id) { return event }
    }
    return nil
  }

  private static func merge(_ waiting: WatchEvent, _ event: WatchEvent) -> WatchEvent? {
    switch (waiting.kind, event.kind) {
    case (.added, .added), (.added, .updated): event.asAdded
    case (.added, .expired): nil
    case (.updated, .added), (.expired, .added), (.updated, .updated), (.expired, .updated):
      WatchEvent(kind: .updated, line: event.line, fields: event.fields)
    case (.updated, .expired), (.expired, .expired): event
    }
  }

  private mutating func compact() {
    guard order.count > 2 * events.count + 16 else { return }
    var seen = Set<Value.ID>()
    order = CircularBuffer(order.filter { events[$0] != nil && seen.insert($0).inserted })
  }
}
