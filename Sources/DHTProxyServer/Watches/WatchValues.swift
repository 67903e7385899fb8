internal import DHTModel

/// The values of a key as those who listen know them, in the order in which they came, each with its line.
struct WatchValues {
  private var events: [Value.ID: WatchEvent] = [:]
  private var order: [Value.ID] = []

  /// All of them, for somebody new.
  var all: [WatchEvent] { order.compactMap { events[$0] } }

  /// Takes a change in. Returns what is to be told: an expiry of a value that nobody was told of is not.
  mutating func take(_ event: WatchEvent) -> WatchEvent? {
    switch event.kind {
    case .added, .updated:
      // The network is listened to anew, and tells all again.
      if let known = events[event.id], known.line.plain == event.line.plain { return nil }
      if events.updateValue(event.asAdded, forKey: event.id) == nil { order.append(event.id) }
      return event
    case .expired:
      guard events.removeValue(forKey: event.id) != nil else { return nil }
      order.removeAll { $0 == event.id }
      return event
    }
  }
}
