import DHTModel

/// A get or query, as one family's search of its key works on it.
struct SearchGet {
  /// How far it is with one node.
  enum Status: Equatable {
    case asked
    /// It listed what it has; these values are still to be fetched from it.
    case fetching([Listed])
    case answered
  }

  /// A value that a node says it has.
  struct Listed: Equatable {
    let id: Value.ID
    let sequence: UInt16
  }

  /// What became of it on one family.
  struct End: Equatable {
    var isIsolated: Bool
    var answered: Int
    var closest: Int
    var incomplete: Int
    var nodes: [NodeContact]
  }

  let operation: OperationID
  /// As it travels: without filters on the sequence number.
  let query: Query
  let isTraced: Bool
  var statuses: [NodeID: Status] = [:]
  /// Highest sequence number seen per value id, so that a listed value is not fetched twice.
  var seen: [Value.ID: UInt16] = [:]
  /// Values being fetched one by one, and from whom.
  var fetching: [Value.ID: NodeID] = [:]
  /// Some node had too much to say at once; from now on ask for lists first. (node.md W-4)
  var isLarge = false
  var incomplete = 0

  init(operation: OperationID, query: Query, isTraced: Bool) {
    self.operation = operation
    self.query = Query(select: query.select, where: query.filters.filter { $0.field != .sequence })
    self.isTraced = isTraced
  }

  /// Full answers asked for at once. More would multiply a large key's traffic for nothing.
  static let fullAnswers = 4

  /// Values fetched one by one from one node's list; as many as we list ourselves.
  static let listedValues = 1024

  /// How the next node is asked.
  var nextStage: PendingRequest.GetStage {
    guard query.select.isEmpty else { return .values }
    return isLarge || statuses.values.count(where: { $0 == .asked }) >= Self.fullAnswers ? .list : .values
  }

  /// What to send for a stage.
  func request(_ stage: PendingRequest.GetStage) -> Query? {
    switch stage {
    case .values: query == .everything ? nil : query
    case .list: Query(select: [.id, .sequence], where: query.filters)
    case .value(let id): Query(where: [.id(id)])
    }
  }

  /// A value was delivered.
  mutating func see(_ value: Value) { seen[value.id] = max(seen[value.id] ?? 0, value.sequence) }

  /// Whether a listed value is news.
  func wants(_ listed: Listed) -> Bool { seen[listed.id].map { $0 < listed.sequence } ?? true }
}
