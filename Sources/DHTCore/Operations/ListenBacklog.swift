import DHTModel

/// A value as it came, and as the application sees it; nil until it is opened, or if it is not for us.
struct HeardValue {
  let value: Value
  var shown: Value?
}

/// One piece of news of a listen, from a storing node or from our own storage.
enum ListenStep {
  /// Values that a source has. `isCertain` for our own storage: it replaces other content of any sequence number.
  case values([HeardValue], from: ListenView.Source, isCertain: Bool)
  case refreshed([Value.ID], from: ListenView.Source)
  case expired([Value.ID], from: ListenView.Source)
  /// The source is gone, with all it had.
  case lost(ListenView.Source)

  var bytes: Int {
    switch self {
    case .values(let values, _, _): values.reduce(0) { $0 + $1.value.cost }
    case .refreshed(let ids, _), .expired(let ids, _): ids.count * MemoryLayout<Value.ID>.size
    case .lost: 0
    }
  }

  /// Fills in what came out of the sealed values, in their order.
  mutating func open(_ openings: [ValueOpener.Opening]) {
    guard case .values(var values, let source, let isCertain) = self else { return }
    var openings = openings[...]
    for place in values.indices where values[place].shown == nil {
      if case .opened(let value)? = openings.popFirst() { values[place].shown = value }
    }
    self = .values(values, from: source, isCertain: isCertain)
  }
}

/// News of a listen in the order they came, while some wait for their values to be opened. What comes after a sealed
/// value waits, too: an expiry must not overtake it.
struct ListenBacklog {
  private struct Entry {
    var step: ListenStep
    /// What opens its values; nil when there is nothing left to open.
    var check: Check.ID?
  }

  private var entries: [Entry] = []
  private var first = 0
  private(set) var bytes = 0

  var isEmpty: Bool { first == entries.count }
  var count: Int { entries.count - first }

  mutating func append(_ step: ListenStep, awaiting check: Check.ID?) {
    entries.append(Entry(step: step, check: check))
    bytes += step.bytes
  }

  /// The values of a step were opened.
  mutating func opened(_ openings: [ValueOpener.Opening], _ check: Check.ID) {
    guard let place = entries[first...].firstIndex(where: { $0.check == check }) else { return }
    entries[place].check = nil
    entries[place].step.open(openings)
  }

  /// The next step, once its values are opened.
  mutating func popReady() -> ListenStep? {
    guard first < entries.count, entries[first].check == nil else { return nil }
    let step = entries[first].step
    first += 1
    bytes -= step.bytes
    if first == entries.count || first > 1024 {
      entries.removeFirst(first)
      first = 0
    }
    return step
  }
}
