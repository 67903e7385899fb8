import DHTModel

/// A get or query of the application, over all families.
struct GetOperation {
  let key: InfoHash
  let query: Query
  let isTraced: Bool
  /// Whether the values are passed on, and so are not decrypted.
  let isForwarded: Bool
  /// Families whose search still works.
  var running: Set<AddressFamily> = []
  var ends: [SearchGet.End] = []
  var delivered = 0
  /// Values that were left out, since there were too many bytes of them.
  private(set) var dropped = 0
  /// Values that are being opened.
  private(set) var opening = 0
  /// Values that were not delivered: badly signed, or encrypted for somebody else.
  private(set) var refused = 0
  /// How it ends once all values are opened.
  var ending: Ending?
  /// What was delivered or is being opened under each id, so that each distinct content comes once. (node.md W-10)
  private var contents: [Value.ID: [Value]] = [:]
  /// What was delivered that is signed, or came out of a cypher; no more than `deliveryLimit`.
  private var deliveredSealed: [Value] = []
  /// How many contents without seal were delivered under each id.
  private var plainContents: [Value.ID: Int] = [:]
  /// The highest sequence number of each owner's verified values.
  private var sequences: [Value.Edition: UInt16] = [:]
  private var records: Set<FieldRecord> = []

  init(key: InfoHash, query: Query, isTraced: Bool = false, isForwarded: Bool = false) {
    self.key = key
    self.query = query
    self.isTraced = isTraced
    self.isForwarded = isForwarded
  }

  /// Different contents delivered under one id. Honest nodes hold one, or for a moment two.
  private static let contentsPerID = 8
  /// Bytes of values delivered by one get: what we remember of them, to tell each once, stays within it.
  private static let deliveredBytes = 128 << 20
  private var bytes = 0
  /// Values or records delivered by one get; nodes store no more under a key. (node.md §0.1)
  private static let deliveryLimit = 65536

  var isQuery: Bool { !query.select.isEmpty }

  /// The values that are news: new ids, or other content that is not older. They count as delivered.
  mutating func news(_ values: [Value], ownerID: ([UInt8]) -> InfoHash?) -> [Value] {
    values.filter { value in
      guard query.matches(value, ownerID: ownerID), plainContents[value.id] ?? 0 < Self.contentsPerID,
        isNews(value), remember(value)
      else { return false }
      plainContents[value.id, default: 0] += 1
      noteDelivered(value)
      return true
    }
  }

  /// The sealed values that are news and are to be opened. Until then nothing in them is believed: no sequence number
  /// hides another value, and a stranger's forgeries take no place from the owner's: the bound holds for one answer.
  mutating func sealedNews(_ values: [Value], ownerID: ([UInt8]) -> InfoHash?) -> [Value] {
    var counts: [Value.ID: Int] = [:]
    return values.filter { value in
      // What an encrypted value is about shows once it is open.
      guard value.cypher != nil || query.matches(value, ownerID: ownerID), counts[value.id] ?? 0 < Self.contentsPerID,
        isNews(value), remember(value)
      else { return false }
      counts[value.id, default: 0] += 1
      opening += 1
      return true
    }
  }

  /// The values that came out of sealed ones and are to be delivered.
  mutating func opened(_ openings: [ValueOpener.Opening], ownerID: ([UInt8]) -> InfoHash?) -> [Value] {
    openings.compactMap { opening in
      self.opening -= 1
      guard case .opened(let value) = opening else {
        refused += 1
        return nil
      }
      guard delivered < Self.deliveryLimit, query.matches(value, ownerID: ownerID), !isOlder(value),
        isFirstOpening(value)
      else { return nil }
      noteDelivered(value)
      return value
    }
  }

  /// False for what came out of an encrypted value before: another cypher of it, or one that a listen of
  /// ours had open.
  private mutating func isFirstOpening(_ value: Value) -> Bool {
    guard value.signature?.recipient != nil else { return true }
    guard !(contents[value.id] ?? []).contains(where: { $0.hasSameContent(as: value) }) else { return false }
    return remember(value)
  }

  private func isNews(_ value: Value) -> Bool {
    delivered + opening < Self.deliveryLimit && !isOlder(value)
      && !(contents[value.id] ?? []).contains { $0.hasSameContent(as: value) }
  }

  private func isOlder(_ value: Value) -> Bool {
    value.edition.map { value.sequence < sequences[$0] ?? 0 } ?? false
  }

  /// False when there are too many bytes to remember.
  private mutating func remember(_ value: Value) -> Bool {
    guard bytes + value.cost <= Self.deliveredBytes else {
      dropped += 1
      return false
    }
    bytes += value.cost
    contents[value.id, default: []].append(value)
    return true
  }

  private mutating func noteDelivered(_ value: Value) {
    delivered += 1
    if value.isSealed { deliveredSealed.append(value) }
    if let edition = value.edition { sequences[edition] = max(sequences[edition] ?? 0, value.sequence) }
  }

  /// The records that are news; compared by content, not by which fields they have. (node.md W-7)
  mutating func news(_ records: [FieldRecord]) -> [FieldRecord] {
    records.filter { record in
      guard delivered < Self.deliveryLimit, matches(record), self.records.insert(record).inserted else { return false }
      delivered += 1
      return true
    }
  }

  /// Filters that did not travel are applied here.
  private func matches(_ record: FieldRecord) -> Bool {
    query.filters.allSatisfy { filter in
      if case .sequence(let sequence) = filter { record.sequence == nil || record.sequence == sequence } else { true }
    }
  }

  /// What was delivered: of what is being opened nobody knows yet.
  var known: [Value] {
    let plain = contents.keys.sorted().flatMap { (contents[$0] ?? []).filter { !$0.isSealed } }
    return plain + deliveredSealed
  }
  /// The records that were delivered.
  var knownRecords: Set<FieldRecord> { records }

  /// What was achieved, over all families.
  func outcome(_ ending: Ending) -> GetOutcome {
    let live = ends.filter { !$0.isIsolated }
    return GetOutcome(
      ending: ending, answered: live.reduce(0) { $0 + $1.answered }, closest: live.reduce(0) { $0 + $1.closest },
      delivered: delivered, refused: refused, incomplete: dropped + ends.reduce(0) { $0 + $1.incomplete },
      nodes: live.flatMap(\.nodes))
  }
}
