/// What will happen, earliest first; those of one moment in the order in which they were added.
///
/// A heap with four children per place: half the levels of a binary one, and the four stand in two cache lines.
struct HappeningQueue {
  private var heap: [Happening] = []
  private var order: UInt64 = 0

  var count: Int { heap.count }
  /// When the first one happens, in nanoseconds of virtual time.
  var nextTime: Int64? { heap.first?.time }

  mutating func add(_ kind: Happening.Kind, _ number: UInt32, at time: Int64) {
    order &+= 1
    heap.append(Happening(kind, number, at: time, order: order))
    heap.withUnsafeMutableBufferPointer { Self.rise($0, from: $0.count - 1) }
  }

  mutating func popFirst() -> Happening? {
    guard let last = heap.popLast() else { return nil }
    guard let first = heap.first else { return last }
    heap.withUnsafeMutableBufferPointer { Self.sink($0, last) }
    return first
  }

  private static func rise(_ heap: UnsafeMutableBufferPointer<Happening>, from start: Int) {
    let item = heap[start]
    var place = start
    while place > 0 {
      let parent = (place - 1) / 4
      guard item < heap[parent] else { break }
      heap[place] = heap[parent]
      place = parent
    }
    heap[place] = item
  }

  /// Puts `item` in at the top, whose old content is no longer wanted.
  private static func sink(_ heap: UnsafeMutableBufferPointer<Happening>, _ item: Happening) {
    let count = heap.count
    var place = 0
    while true {
      let firstChild = 4 * place + 1
      guard firstChild < count else { break }
      var least = firstChild
      for child in firstChild + 1..<max(min(firstChild + 4, count), firstChild + 1) where heap[child] < heap[least] {
        least = child
      }
      guard heap[least] < item else { break }
      heap[place] = heap[least]
      place = least
    }
    heap[place] = item
  }
}
