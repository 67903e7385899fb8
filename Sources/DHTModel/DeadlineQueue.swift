/// Things to do at moments, the earliest first; of equal moments the one that was pushed first.
///
/// Nothing is taken out before its time: when an entry comes due, its owner looks whether it still counts.
/// An owner whose entries can go stale faster than they come due sweeps them out with `removeAll(where:)`.
package struct DeadlineQueue<Element: Sendable>: Sendable {
  private struct Entry: Sendable, Comparable {
    var deadline: Instant
    // Makes the order of equal moments the same in every run.
    var order: UInt64
    var element: Element

    static func < (x: Entry, y: Entry) -> Bool {
      x.deadline != y.deadline ? x.deadline < y.deadline : x.order < y.order
    }
    static func == (x: Entry, y: Entry) -> Bool { x.order == y.order }
  }
  private var heap = Heap<Entry>()
  private var pushes: UInt64 = 0

  /// An empty queue.
  package init() {}

  /// Entries, stale ones included.
  package var count: Int { heap.count }
  package var isEmpty: Bool { heap.isEmpty }
  /// The earliest moment; nil when empty.
  package var nextDeadline: Instant? { heap.first?.deadline }

  /// Adds something to do.
  package mutating func push(_ element: Element, at deadline: Instant) {
    heap.insert(Entry(deadline: deadline, order: pushes, element: element))
    pushes &+= 1
  }

  /// Takes out the earliest entry if it is due.
  package mutating func popDue(_ now: Instant) -> Element? {
    guard let deadline = nextDeadline, deadline <= now else { return nil }
    return popFirst()?.element
  }

  /// Takes out the earliest entry, due or not.
  package mutating func popFirst() -> (deadline: Instant, element: Element)? {
    heap.popFirst().map { ($0.deadline, $0.element) }
  }

  /// Takes out every entry that no longer counts, in time proportional to `count`. The rest keep their order.
  package mutating func removeAll(where isStale: (Element) -> Bool) {
    heap.removeAll { isStale($0.element) }
  }
}
