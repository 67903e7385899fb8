/// Something that the world will do at a moment. 24 bytes, since millions of them wait in the queue.
struct Happening: Comparable {
  enum Kind: UInt8 {
    /// A packet arrives; the number is its slot in the pool.
    case arrival
    /// A node asked to be woken; the number is that of its machine.
    case wake
    /// A step of the scenario; the number is its key in `World.actions`.
    case action
  }

  /// Nanoseconds of virtual time.
  let time: Int64
  /// Position among those of the same time, first come first served; and the kind in the low 2 bits.
  private let orderAndKind: UInt64
  let number: UInt32

  init(_ kind: Kind, _ number: UInt32, at time: Int64, order: UInt64) {
    self.time = time
    self.number = number
    orderAndKind = order << 2 | UInt64(kind.rawValue)
  }

  var kind: Kind {
    switch orderAndKind & 3 {
    case 0: .arrival
    case 1: .wake
    default: .action
    }
  }

  static func == (x: Happening, y: Happening) -> Bool { x.orderAndKind == y.orderAndKind }
  static func < (x: Happening, y: Happening) -> Bool {
    x.time != y.time ? x.time < y.time : x.orderAndKind < y.orderAndKind
  }
}
