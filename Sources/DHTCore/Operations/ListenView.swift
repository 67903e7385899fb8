import DHTModel

/// What a listen knows to be under its key: each value once, with everyone who has it. (node.md §4.8)
///
/// A value appears when its first source brings it, and is expired when its last one drops it. Sources are
/// named, not counted: counts go wrong when two sources differ.
struct ListenView {
  /// Who has a value.
  enum Source: Hashable {
    case local
    case node(AddressFamily, NodeID)
  }

  private struct Entry {
    var value: Value
    /// The value as the application sees it: opened, if it was sealed.
    var shown: Value
    /// When each source's word ends, unless it is renewed.
    var sources: [Source: Instant]
    /// When the entry is looked at next. One deadline at a time: a source may renew as often as it likes.
    var planned: Instant?
  }

  private var entries: [Value.ID: Entry] = [:]
  private(set) var counts: [Source: Int] = [:]
  private var deadlines = DeadlineQueue<Value.ID>()
  /// Values kept per source.
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  var nextDeadline: Instant? { deadlines.nextDeadline }
  /// Entries that wait for their time, stale ones included.
  var scheduledCount: Int { deadlines.count }
  /// Every value's sources, and when it is looked at next.
  var places: [(id: Value.ID, sources: [Source: Instant], planned: Instant?)] {
    entries.map { ($0.key, $0.value.sources, $0.value.planned) }
  }

  /// All values as the application sees them, by id.
  var values: [Value] { entries.keys.sorted().compactMap { entries[$0]?.shown } }

  /// What a value that we hold already looks like to the application; nil when its content is new.
  func shown(_ value: Value) -> Value? {
    entries[value.id].flatMap { $0.value.hasSameContent(as: value) ? $0.shown : nil }
  }

  /// A source has a value. `isCertain` replaces other content even when its sequence is no higher: our own storage.
  mutating func add(
    _ value: Value, shown: Value? = nil, from source: Source, until expiry: Instant, isCertain: Bool = false
  ) -> ListenChange? {
    let shown = shown ?? value
    guard var entry = entries[value.id] else {
      guard makeRoom(source) else { return nil }
      entries[value.id] = Entry(value: value, shown: shown, sources: [source: expiry])
      plan(value.id)
      return .added(shown)
    }
    let isEdit = !entry.value.hasSameContent(as: value)
    // Unsigned values have no order: other content under a known id is not believed. (N-95)
    guard !isEdit || isCertain || value.sequence > entry.value.sequence else { return nil }
    if entry.sources[source] == nil {
      guard makeRoom(source) else { return nil }
    }
    entry.sources[source] = expiry
    if isEdit { (entry.value, entry.shown) = (value, shown) }
    entries[value.id] = entry
    plan(value.id)
    return isEdit ? .updated(shown) : nil
  }

  /// A source renewed a value.
  mutating func refresh(_ id: Value.ID, from source: Source, until expiry: Instant) {
    guard entries[id]?.sources[source] != nil else { return }
    entries[id]!.sources[source] = expiry
    plan(id)
  }

  /// The type of a value at hand.
  func type(of id: Value.ID) -> UInt16? { entries[id]?.value.type }

  /// A source dropped a value.
  mutating func drop(_ id: Value.ID, from source: Source) -> ListenChange? {
    guard entries[id]?.sources.removeValue(forKey: source) != nil else { return nil }
    release(source)
    guard let entry = entries[id], entry.sources.isEmpty else { return nil }
    entries[id] = nil
    return .expired(entry.shown)
  }

  /// A source is gone, with all it had.
  mutating func dropAll(from source: Source) -> [ListenChange] {
    guard counts[source] != nil else { return [] }
    return entries.keys.filter { entries[$0]?.sources[source] != nil }.sorted().compactMap { drop($0, from: source) }
  }

  /// Drops what was not renewed in time.
  mutating func expire(now: Instant) -> [ListenChange] {
    var changes: [ListenChange] = []
    while let id = deadlines.popDue(now) {
      guard let entry = entries[id], entry.planned.map({ $0 <= now }) ?? false else { continue }
      entries[id]?.planned = nil
      for source in entry.sources.filter({ $0.value <= now }).map(\.key) {
        if let change = drop(id, from: source) { changes.append(change) }
      }
      plan(id)
    }
    return changes
  }

  private mutating func plan(_ id: Value.ID) {
    guard let entry = entries[id], let first = entry.sources.values.min(), first < .distantFuture else { return }
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

  private mutating func makeRoom(_ source: Source) -> Bool {
    let count = counts[source] ?? 0
    guard source == .local || count < limit else { return false }
    counts[source] = count + 1
    return true
  }

  private mutating func release(_ source: Source) {
    guard let count = counts[source] else { return }
    counts[source] = count == 1 ? nil : count - 1
  }
}
