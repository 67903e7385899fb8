import DHTModel

/// Things to do at moments, the earliest first; of equal moments the one that was pushed first.
///
/// Nothing is taken out before its time: when an entry comes due, its owner looks whether it still counts.
/// An owner whose entries can go stale faster than they come due sweeps them out with `removeAll(where:)`.
struct DeadlineQueue<Element: Sendable>: Sendable {
  private struct Entry: Sendable {
    var deadline: Instant
    // Makes the order of equal moments the same in every run.
    var order: UInt64
    var element: Element

    func isBefore(_ other: Entry) -> Bool {
      deadline != other.deadline ? deadline < other.deadline : order < other.order
    }
  }
  // A heap with four children per entry: half the depth of a binary one, and children share cache lines.
  private var heap: [Entry] = []
  private var pushes: UInt64 = 0

  /// An empty queue.
  init() {}

  /// Entries, stale ones included.
  var count: Int { heap.count }
  var isEmpty: Bool { heap.isEmpty }
  /// The earliest moment; nil when empty.
  var nextDeadline: Instant? { heap.first?.deadline }

  /// Adds something to do.
  mutating func push(_ element: Element, at deadline: Instant) {
    heap.append(Entry(deadline: deadline, order: pushes, element: element))
    pushes &+= 1
    siftUp(heap.count - 1)
  }

  /// Takes out the earliest entry if it is due.
  mutating func popDue(_ now: Instant) -> Element? {
    guard let deadline = nextDeadline, deadline <= now else { return nil }
    return popFirst()?.element
  }

  /// Takes out the earliest entry, due or not.
  mutating func popFirst() -> (deadline: Instant, element: Element)? {
    guard let last = heap.popLast() else { return nil }
    guard let first = heap.first else { return (last.deadline, last.element) }
    heap[0] = last
    siftDown(0)
    return (first.deadline, first.element)
  }

  /// Takes out every entry that no longer counts, in time proportional to `count`. The rest keep their order.
  mutating func removeAll(where isStale: (Element) -> Bool) {
    heap.removeAll { isStale($0.element) }
    for index in stride(from: (heap.count - 2) / 4, through: 0, by: -1) where heap.count > 1 { siftDown(index) }
  }
}

extension DeadlineQueue {
  private mutating func siftUp(_ start: Int) {
    let entry = heap[start]
    var index = start
    while index > 0 {
      let parent = (index - 1) / 4
      guard entry.isBefore(heap[parent]) else { break }
      heap[index] = heap[parent]
      index = parent
    }
    heap[index] = entry
  }

  private mutating func siftDown(_ start: Int) {
    let entry = heap[start]
    var index = start
    while true {
      let firstChild = index * 4 + 1
      guard firstChild < heap.count else { break }
      var best = firstChild
      for child in (firstChild + 1)..<max(firstChild + 1, min(firstChild + 4, heap.count))
      where heap[child].isBefore(heap[best]) {
        best = child
      }
      guard heap[best].isBefore(entry) else { break }
      heap[index] = heap[best]
      index = best
    }
    heap[index] = entry
  }
}
