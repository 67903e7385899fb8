/// First in, first out, in a ring: both ends in constant time, and what is taken out is let go at once.
struct Queue<Element> {
  private var ring: [Element?] = []
  private var head = 0
  private(set) var count = 0

  /// An empty queue.
  init() {}

  var isEmpty: Bool { count == 0 }
  /// The oldest element.
  var first: Element? { count == 0 ? nil : ring[head] }

  /// Adds at the end.
  mutating func append(_ element: Element) {
    if count == ring.count { grow() }
    ring[(head + count) & (ring.count - 1)] = element
    count += 1
  }

  /// Takes out the oldest element.
  mutating func popFirst() -> Element? {
    guard count > 0 else { return nil }
    let element = ring[head].take()
    head = (head + 1) & (ring.count - 1)
    count -= 1
    return element
  }

  // The size stays a power of two, so that a mask does for a remainder.
  private mutating func grow() {
    var larger: [Element?] = []
    larger.reserveCapacity(max(8, ring.count * 2))
    larger.append(contentsOf: ring[head...])
    larger.append(contentsOf: ring[..<head])
    larger.append(contentsOf: repeatElement(nil, count: max(8, ring.count * 2) - ring.count))
    ring = larger
    head = 0
  }
}

extension Queue: Sendable where Element: Sendable {}
