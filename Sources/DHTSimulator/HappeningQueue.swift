import DHTCollections
import DHTModel

/// What will happen, earliest first; those of one moment in the order in which they were added.
struct HappeningQueue {
  private var heap = Heap<Happening>()
  private var order: UInt64 = 0

  var count: Int { heap.count }
  /// When the first one happens, in nanoseconds of virtual time.
  var nextTime: Int64? { heap.first?.time }

  mutating func add(_ kind: Happening.Kind, _ number: UInt32, at time: Int64) {
    order &+= 1
    heap.insert(Happening(kind, number, at: time, order: order))
  }

  mutating func popFirst() -> Happening? { heap.popFirst() }
}
