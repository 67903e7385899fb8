import DHTModel

/// A get or query of the application, over all families.
struct GetOperation {
  let key: InfoHash
  let query: Query
  let isTraced: Bool
  /// Families whose search still works.
  var running: Set<AddressFamily> = []
  var ends: [SearchGet.End] = []
  var delivered = 0
  /// Values that were left out, since there were too many bytes of them.
  private(set) var dropped = 0
  /// What was delivered under each id, so that each distinct content comes once. (node.md W-10)
  private var contents: [Value.ID: [Value]] = [:]
  private var records: Set<FieldRecord> = []

  init(key: InfoHash, query: Query, isTraced: Bool) {
    self.key = key
    self.query = query
    self.isTraced = isTraced
  }

  /// Different contents delivered under one id. Honest nodes hold one, or for a moment two.
  private static let contentsPerID = 8
  /// Bytes of values delivered by one get: what we remember of them, to tell each once, stays within it.
  private static let deliveredBytes = 128 << 20
  private var bytes = 0
  /// Values or records delivered by one get; nodes store no more under a key. (node.md §0.1)
  private static let deliveryLimit = 65536

  var isQuery: Bool { !query.select.isEmpty }

  /// The values that are news: new ids, or other content that is not older.
  mutating func news(_ values: [Value], ownerID: ([UInt8]) -> InfoHash?) -> [Value] {
    values.filter { value in
      guard delivered < Self.deliveryLimit, query.matches(value, ownerID: ownerID) else { return false }
      let known = contents[value.id] ?? []
      guard known.count < Self.contentsPerID, !known.contains(where: { $0.hasSameContent(as: value) }) else {
        return false
      }
      if value.signature != nil, known.contains(where: { $0.sequence > value.sequence }) { return false }
      guard bytes + value.size <= Self.deliveredBytes else {
        dropped += 1
        return false
      }
      bytes += value.size
      contents[value.id, default: []].append(value)
      delivered += 1
      return true
    }
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

  /// What was achieved, over all families.
  func outcome(_ ending: Ending) -> GetOutcome {
    let live = ends.filter { !$0.isIsolated }
    return GetOutcome(
      ending: ending, answered: live.reduce(0) { $0 + $1.answered }, closest: live.reduce(0) { $0 + $1.closest },
      delivered: delivered, incomplete: dropped + ends.reduce(0) { $0 + $1.incomplete }, nodes: live.flatMap(\.nodes))
  }
}
