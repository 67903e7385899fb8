public import DHTModel

/// Things to do at moments, the earliest first; of equal moments the one that was pushed first.
///
/// Nothing is taken out before its time: when an entry comes due, its owner looks whether it still counts.
/// An owner whose entries can go stale faster than they come due sweeps them out with `removeAll(where:)`.
public struct DeadlineQueue<Element: Sendable>: Sendable {
  @usableFromInline struct Entry: Sendable, Comparable {
    @usableFromInline var deadline: Instant
    // Makes the order of equal moments the same in every run.
    @usableFromInline var order: UInt64
    @usableFromInline var element: Element

    @inlinable init(deadline: Instant, order: UInt64, element: Element) {
      self.deadline = deadline
      self.order = order
      self.element = element
    }

    @inlinable static func < (x: Entry, y: Entry) -> Bool {
      x.deadline != y.deadline ? x.deadline < y.deadline : x.order < y.order
    }
    @inlinable static func == (x: Entry, y: Entry) -> Bool { x.order == y.order }
  }
  @usableFromInline var heap = Heap<Entry>()
  @usableFromInline var pushes: UInt64 = 0

  /// An empty queue.
  @inlinable public init() {}

  /// Entries, stale ones included.
  @inlinable public var count: Int { heap.count }
  /// Whether it has none.
  @inlinable public var isEmpty: Bool { heap.isEmpty }
  /// The earliest moment; nil when empty.
  @inlinable public var nextDeadline: Instant? { heap.first?.deadline }

  /// Adds something to do.
  @inlinable public mutating func push(_ element: Element, at deadline: Instant) {
    heap.insert(Entry(deadline: deadline, order: pushes, element: element))
    pushes &+= 1
  }

  /// Takes out the earliest entry if it is due.
  @inlinable public mutating func popDue(_ now: Instant) -> Element? {
    guard let deadline = nextDeadline, deadline <= now else { return nil }
    return popFirst()?.element
  }

  /// Takes out the earliest entry, due or not.
  @inlinable public mutating func popFirst() -> (deadline: Instant, element: Element)? {
    heap.popFirst().map { ($0.deadline, $0.element) }
  }

  /// Takes out every entry that no longer counts, in time proportional to `count`. The rest keep their order.
  @inlinable public mutating func removeAll(where isStale: (Element) -> Bool) {
    heap.removeAll { isStale($0.element) }
  }
}
