@testable import OpenDHT
import Testing

struct ChangeBacklogTests {
  private typealias Change = ListenChange
  private static func value(_ id: Value.ID, _ text: String = "") -> Value { Value(text, id: id) }

  private static let cells: [(ListenChange, ListenChange, ListenChange?)] = [
    (.added(value(1, "a")), .added(value(1, "b")), .added(value(1, "b"))),
    (.added(value(1, "a")), .updated(value(1, "b")), .added(value(1, "b"))),
    (.added(value(1, "a")), .expired(value(1, "a")), nil),
    (.updated(value(1, "a")), .added(value(1, "b")), .updated(value(1, "b"))),
    (.updated(value(1, "a")), .updated(value(1, "b")), .updated(value(1, "b"))),
    (.updated(value(1, "a")), .expired(value(1, "a")), .expired(value(1, "a"))),
    (.expired(value(1, "a")), .added(value(1, "b")), .updated(value(1, "b"))),
    (.expired(value(1, "a")), .updated(value(1, "b")), .updated(value(1, "b"))),
    (.expired(value(1, "a")), .expired(value(1, "a")), .expired(value(1, "a"))),
  ]

  @Test("every pair of changes of one value", arguments: cells)
  func pair(first: ListenChange, second: ListenChange, waits: ListenChange?) {
    var backlog = ChangeBacklog()
    backlog.take(first)
    backlog.take(second)
    #expect(backlog.popFirst() == waits)
    #expect(backlog.popFirst() == nil && backlog.count == 0)
  }

  @Test("changes of several values come in the order in which they began to wait") func order() {
    var backlog = ChangeBacklog()
    for id in [3, 1, 2] as [Value.ID] { backlog.take(.added(Self.value(id))) }
    backlog.take(.expired(Self.value(1)))
    backlog.take(.updated(Self.value(3, "new")))
    backlog.take(.added(Self.value(1, "again")))
    #expect(backlog.popFirst() == .added(Self.value(3, "new")))
    // The first place of value 1 serves it.
    #expect(backlog.popFirst() == .added(Self.value(1, "again")))
    #expect(backlog.popFirst() == .added(Self.value(2)))
    #expect(backlog.popFirst() == nil)
  }

  @Test(
    "whatever is merged, the reader ends up with what lives, and no more waits than that", arguments: UInt64(1)...50)
  func model(seed: UInt64) {
    var random = Lottery(state: seed)
    var backlog = ChangeBacklog()
    var live: [Value.ID: Value] = [:], shown: [Value.ID: Value] = [:]
    var read: (ListenChange) -> Void = { _ in }
    read = { change in
      switch change {
      case .added(let value):
        #expect(shown[value.id] == nil, "seed \(seed): added twice")
        shown[value.id] = value
      case .updated(let value):
        #expect(shown[value.id] != nil, "seed \(seed): updated before it was added")
        shown[value.id] = value
      case .expired(let value):
        #expect(shown.removeValue(forKey: value.id) != nil, "seed \(seed): expired before it was added")
      }
    }
    for step in 0..<2000 {
      let id = Value.ID(random.next() % 12)
      let value = Self.value(id, "\(step)")
      if let old = live[id] {
        if random.next() % 2 == 0 {
          live[id] = nil
          backlog.take(.expired(old))
        } else {
          live[id] = value
          backlog.take(.updated(value))
        }
      } else {
        live[id] = value
        backlog.take(.added(value))
      }
      #expect(backlog.count <= Set(live.keys).union(shown.keys).count, "seed \(seed)")
      if random.next() % 4 == 0, let change = backlog.popFirst() { read(change) }
    }
    while let change = backlog.popFirst() { read(change) }
    #expect(shown == live, "seed \(seed)")
  }

  @Test("values that come and go unread leave nothing behind") func churn() {
    var backlog = ChangeBacklog()
    for id in 1...100_000 as ClosedRange<Value.ID> {
      backlog.take(.added(Self.value(id)))
      backlog.take(.expired(Self.value(id)))
    }
    #expect(backlog.count == 0 && backlog.orderCount < 64)
  }
}

/// A small generator that replays.
struct Lottery: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6364136223846793005 &+ 1442695040888963407
    return state >> 33
  }
}
