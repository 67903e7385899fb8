internal import DHTModel
internal import NIOCore

/// Events of a stream that its reader did not take yet, merged for each value: at most one waits for each.
///
/// | waits              | then comes | waits then                          |
/// |--------------------|------------|-------------------------------------|
/// | nothing            | any        | it                                  |
/// | value, unknown     | value      | value, unknown, with newer content  |
/// | value, unknown     | expired    | nothing: the reader never knew it   |
/// | value, known       | value      | value, known, with newer content    |
/// | value, known       | expired    | expired                             |
/// | expired            | value      | value, known: the reader still has it |
///
/// What is merged moves to the end. So events leave in the order of their numbers, and the number of the last one says what
/// was told: everything up to it. While a key is being listed this does not hold, and no event has a position.
struct EventBacklog {
  enum Kind: Equatable, Sendable {
    /// The values known at the start are told.
    case initial(isComplete: Bool)
    /// Forget the values of the key: all come anew.
    case reset
    case value(json: ByteBuffer)
    case expired(json: ByteBuffer)
  }

  /// An event that is to be written.
  struct Event: Equatable, Sendable {
    var key: InfoHash
    var kind: Kind
    /// Number up to which everything was told with this event; nil while that cannot be said.
    var position: UInt64?
  }

  private enum Name: Hashable {
    case value(InfoHash, Value.ID)
    case reset(InfoHash)
    case initial(InfoHash)
    var key: InfoHash {
      switch self {
      case .value(let key, _), .reset(let key), .initial(let key): key
      }
    }
  }
  private struct Item {
    var kind: Kind
    var sequence: UInt64
    /// Place in the order: the newest that was given to it.
    var place: UInt64
    var isKnownToReader = true
    var isListing = false
  }

  private var items: [Name: Item] = [:]
  // Names in the order of their places. May hold places that are not valid any more; `compact` bounds them.
  private var order = CircularBuffer<(name: Name, place: UInt64)>()
  private var nextPlace: UInt64 = 0
  // Items of listings that wait.
  private var listing = 0

  /// Events that wait.
  var count: Int { items.count }
  /// Room that the order takes, for tests.
  var orderCount: Int { order.count }

  /// Lists a value that the reader does not know.
  mutating func list(_ id: Value.ID, of key: InfoHash, json: ByteBuffer, sequence: UInt64) {
    set(
      .value(key, id),
      Item(kind: .value(json: json), sequence: sequence, place: 0, isKnownToReader: false, isListing: true))
  }

  /// A value is new or changed.
  mutating func put(_ id: Value.ID, of key: InfoHash, json: ByteBuffer, isNew: Bool, sequence: UInt64) {
    let waiting = items[.value(key, id)]
    set(
      .value(key, id),
      Item(
        kind: .value(json: json), sequence: sequence, place: 0, isKnownToReader: waiting?.isKnownToReader ?? !isNew,
        isListing: waiting?.isListing ?? false))
  }

  /// A value went.
  mutating func remove(_ id: Value.ID, of key: InfoHash, json: ByteBuffer, sequence: UInt64) {
    let waiting = items[.value(key, id)]
    guard waiting?.isKnownToReader ?? true else {
      drop(.value(key, id))
      return
    }
    set(.value(key, id), Item(kind: .expired(json: json), sequence: sequence, place: 0))
  }

  /// The values known at the start are told; comes after them.
  mutating func finishInitial(of key: InfoHash, isComplete: Bool, sequence: UInt64) {
    set(.initial(key), Item(kind: .initial(isComplete: isComplete), sequence: sequence, place: 0))
  }

  /// All values come anew; comes before them.
  mutating func reset(_ key: InfoHash, sequence: UInt64) {
    set(.reset(key), Item(kind: .reset, sequence: sequence, place: 0, isListing: true))
  }

  /// A key is not wanted any more.
  mutating func forget(_ key: InfoHash) {
    for name in items.keys where name.key == key { drop(name) }
  }

  /// The next event.
  mutating func popFirst() -> Event? {
    guard let name = nextName(), let item = items[name] else { return nil }
    order.removeFirst()
    drop(name)
    // Items of a listing share a number; it holds with the last of them.
    let isLast = nextName().flatMap { items[$0] }.map { $0.sequence > item.sequence } ?? true
    return Event(key: name.key, kind: item.kind, position: listing == 0 && isLast ? item.sequence : nil)
  }

  private mutating func nextName() -> Name? {
    while let (name, place) = order.first {
      if items[name]?.place == place { return name }
      order.removeFirst()
    }
    return nil
  }

  private mutating func set(_ name: Name, _ item: Item) {
    drop(name)
    var item = item
    nextPlace += 1
    item.place = nextPlace
    items[name] = item
    if item.isListing { listing += 1 }
    order.append((name, nextPlace))
    compact()
  }

  private mutating func drop(_ name: Name) {
    if items.removeValue(forKey: name)?.isListing == true { listing -= 1 }
  }

  private mutating func compact() {
    guard order.count > 2 * items.count + 16 else { return }
    order = CircularBuffer(order.filter { items[$0.name]?.place == $0.place })
  }
}
