import DHTCollections
import DHTModel

/// What a listen knows to be under its key: each value once, with everyone who has it. (node.md §4.8)
///
/// A value appears when its first source brings it, and is expired when its last one drops it. Sources are
/// named, not counted: counts go wrong when two sources differ.
///
/// Unsigned content has no order, nor have values of two owners, so other content under a known id is not believed (N-95) but remembered with its
/// source. It is told, as an update, when that source had dropped what was told before, or when the last source of
/// that is gone: then it is what follows. A source that still holds the old content, and says so again, changes nothing.
struct ListenView {
  /// Who has a value.
  enum Source: Hashable {
    case local
    case node(AddressFamily, NodeID)
  }

  /// A value as it came, and as the application sees it: opened, if it was sealed.
  private struct Sight {
    let value: Value
    let shown: Value
  }

  /// What one source has under an id.
  private struct Hold {
    /// When its word ends, unless it is renewed.
    var until: Instant
    /// Whether it has what was told, or had it when it brought what it has besides.
    var hasTold: Bool
    /// Other content that it brought, and how many such there were before.
    var other: (sight: Sight, order: UInt64)?
    /// What it is charged for.
    var bytes: Int
  }

  private struct Entry {
    /// What was told.
    var told: Sight
    var holds: [Source: Hold]
    /// Sources that had what was told, and dropped it: what they bring next follows it.
    var dropped: Set<Source> = []
    /// When the entry is looked at next. One deadline at a time: a source may renew as often as it likes.
    var planned: Instant?
  }

  private var entries: [Value.ID: Entry] = [:]
  private(set) var counts: [Source: Int] = [:]
  /// Bytes of the values of each source.
  private(set) var bytes: [Source: Int] = [:]
  private var deadlines = DeadlineQueue<Value.ID>()
  /// Values kept per source.
  private let limit: Int
  /// Bytes kept per source.
  private let byteLimit: Int
  private var orders: UInt64 = 0

  /// Sources remembered per value that dropped it: more than ever serve one listen at a time.
  private static let droppedLimit = 64

  init(limit: Int, bytes: Int) {
    self.limit = limit
    byteLimit = bytes
  }

  var nextDeadline: Instant? { deadlines.nextDeadline }
  /// Entries that wait for their time, stale ones included.
  var scheduledCount: Int { deadlines.count }
  /// Every value's sources, and when it is looked at next.
  var places: [(id: Value.ID, sources: [Source: Instant], planned: Instant?)] {
    entries.map { ($0.key, $0.value.holds.mapValues(\.until), $0.value.planned) }
  }

  /// All values as the application sees them, by id.
  var values: [Value] { entries.keys.sorted().compactMap { entries[$0]?.told.shown } }

  /// What a value that was told already looks like to the application; nil when its content is new.
  func shown(_ value: Value) -> Value? {
    entries[value.id].flatMap { $0.told.value.hasSameContent(as: value) ? $0.told.shown : nil }
  }

  /// A source has a value. `isCertain` replaces other content even when its sequence is no higher: our own storage.
  /// The application sees `shown` for it, and the value itself where nothing had to be opened.
  mutating func add(
    _ value: Value, shown: Value? = nil, from source: Source, until expiry: Instant, isCertain: Bool = false
  ) -> ListenChange? {
    let sight = Sight(value: value, shown: shown ?? value)
    guard let entry = entries[value.id] else {
      guard let hold = hold(value, from: source, insteadOf: nil, until: expiry) else { return nil }
      entries[value.id] = Entry(told: sight, holds: [source: hold])
      plan(value.id)
      return .added(sight.shown)
    }
    let isEdit = !entry.told.value.hasSameContent(as: value)
    guard !isEdit || isCertain || value.isNewerEdition(of: entry.told.value) else {
      return addOther(sight, from: source, until: expiry, entry)
    }
    guard let hold = hold(value, from: source, insteadOf: entry.holds[source], until: expiry) else { return nil }
    entries[value.id]?.holds[source] = hold
    if isEdit {
      entries[value.id]?.told = sight
      entries[value.id]?.dropped = []
    }
    plan(value.id)
    return isEdit ? .updated(sight.shown) : nil
  }

  /// A source renewed a value.
  mutating func refresh(_ id: Value.ID, from source: Source, until expiry: Instant) {
    guard entries[id]?.holds[source] != nil else { return }
    entries[id]?.holds[source]?.until = expiry
    plan(id)
  }

  /// The type of a value at hand.
  func type(of id: Value.ID) -> UInt16? { entries[id]?.told.value.type }

  /// A source dropped a value.
  mutating func drop(_ id: Value.ID, from source: Source) -> ListenChange? {
    guard let hold = entries[id]?.holds[source] else { return nil }
    if hold.hasTold, entries[id]?.dropped.count ?? 0 < Self.droppedLimit { entries[id]?.dropped.insert(source) }
    guard hold.hasTold, let other = hold.other else { return remove(source, of: id) }
    // It brought new content before the word came that the old was gone.
    entries[id]?.holds[source]?.hasTold = false
    return follow(other.sight, id)
  }

  /// A source is gone, with all it had.
  mutating func dropAll(from source: Source) -> [ListenChange] {
    guard counts[source] != nil else { return [] }
    return entries.keys.filter { entries[$0]?.holds[source] != nil }.sorted().compactMap { id in
      entries[id]?.dropped.remove(source)
      return remove(source, of: id)
    }
  }

  /// Drops what was not renewed in time.
  mutating func expire(now: Instant) -> [ListenChange] {
    var changes: [ListenChange] = []
    while let id = deadlines.popDue(now) {
      guard let entry = entries[id], entry.planned.map({ $0 <= now }) ?? false else { continue }
      entries[id]?.planned = nil
      let late = entry.holds.filter { $0.value.until <= now }.keys
      // All at once: of two that end together, neither takes the place of the other.
      for source in late { release(source, id) }
      if let change = settle(id) { changes.append(change) }
      plan(id)
    }
    return changes
  }
}

// MARK: Contents

extension ListenView {
  /// A source brings other content than what was told, which is no newer by its sequence.
  private mutating func addOther(_ sight: Sight, from source: Source, until expiry: Instant, _ entry: Entry)
    -> ListenChange?
  {
    let value = sight.value
    // An older edition of what was told follows nothing. Between two owners there is no order, as between contents without.
    guard value.edition == nil || value.edition != entry.told.value.edition else { return nil }
    let old = entry.holds[source]
    guard var hold = hold(value, from: source, insteadOf: old, until: expiry) else { return nil }
    hold.hasTold = old?.hasTold ?? false
    hold.other = (sight, orders)
    orders += 1
    entries[value.id]?.holds[source] = hold
    plan(value.id)
    return entry.dropped.contains(source) && !hold.hasTold ? follow(sight, value.id) : nil
  }

  /// Other content takes the place of what was told.
  private mutating func follow(_ sight: Sight, _ id: Value.ID) -> ListenChange? {
    guard var entry = entries[id] else { return nil }
    // Who has it has what is told now; who has only the old content may drop it or not, which is no news.
    for (source, hold) in entry.holds {
      if hold.other?.sight.value.hasSameContent(as: sight.value) == true {
        entry.holds[source]?.hasTold = true
        entry.holds[source]?.other = nil
      } else if hold.hasTold {
        entry.holds[source]?.hasTold = false
        if hold.other == nil { entry.holds[source]?.other = (entry.told, 0) }
      }
    }
    entry.told = sight
    entry.dropped = []
    entries[id] = entry
    return .updated(sight.shown)
  }

  private mutating func remove(_ source: Source, of id: Value.ID) -> ListenChange? {
    release(source, id)
    return settle(id)
  }

  /// Looks whether anybody still has what was told. If not, the newest other content follows it.
  private mutating func settle(_ id: Value.ID) -> ListenChange? {
    guard let entry = entries[id] else { return nil }
    if entry.holds.values.contains(where: \.hasTold) { return nil }
    if let next = entry.holds.values.compactMap(\.other).max(by: { $0.order < $1.order }) {
      return follow(next.sight, id)
    }
    entries[id] = nil
    return .expired(entry.told.shown)
  }
}

extension ListenView {
  private mutating func plan(_ id: Value.ID) {
    guard let entry = entries[id], let first = entry.holds.values.map(\.until).min(), first < .distantFuture
    else { return }
    if let planned = entry.planned, planned <= first { return }
    entries[id]?.planned = first
    deadlines.push(id, at: first)
    if deadlines.count > 2 * entries.count + 64 { sweepDeadlines() }
  }

  /// A source that adds and drops a value again and again leaves a deadline each time.
  private mutating func sweepDeadlines() {
    deadlines = DeadlineQueue()
    for id in entries.keys.sorted() {
      if let planned = entries[id]?.planned { deadlines.push(id, at: planned) }
    }
  }

  /// Charges a source for a value; nil when it has too many, or too many bytes.
  private mutating func hold(
    _ value: Value, from source: Source, insteadOf old: Hold?, until expiry: Instant
  ) -> Hold? {
    let count = (counts[source] ?? 0) + (old == nil ? 1 : 0)
    // What an old hold has besides stays until it is dropped.
    let charge = max(value.cost, old?.bytes ?? 0)
    let sum = (bytes[source] ?? 0) - (old?.bytes ?? 0) + charge
    guard source == .local || count <= limit && sum <= byteLimit else { return nil }
    counts[source] = count
    bytes[source] = sum
    return Hold(until: expiry, hasTold: true, other: nil, bytes: charge)
  }

  private mutating func release(_ source: Source, _ id: Value.ID) {
    guard let hold = entries[id]?.holds.removeValue(forKey: source), let count = counts[source] else { return }
    counts[source] = count == 1 ? nil : count - 1
    bytes[source] = count == 1 ? nil : (bytes[source] ?? 0) - hold.bytes
  }
}
