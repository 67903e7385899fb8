import DHTModel

/// A standing request for changes, as one family's search works on it.
struct NetworkListen {
  typealias ID = UInt64

  /// How far it is with one node.
  struct Status {
    let socket: SocketID
    /// Whether a listen is in flight.
    var isPending: Bool
    /// When it is renewed; nil before the first reply.
    var refresh: Instant?
  }

  let id: ID
  /// As it travels: without filters on the sequence number, which are applied here.
  let query: Query
  var statuses: [NodeID: Status] = [:]

  init(id: ID, query: Query) {
    self.id = id
    self.query = Query(where: query.filters.filter { $0.field != .sequence })
  }

  /// Nodes a listen is sent to. (node.md §0.1)
  static let width = 4
  /// A listen is renewed after this: half a minute less ten seconds. Same source.
  static let refreshInterval: Duration = .seconds(20)
  /// The same, when our address stays. Storing nodes keep a listener for 10 min.
  static let stableRefreshInterval: Duration = .seconds(290)

  /// Listens at nodes beyond which their renewals are spread over time.
  static let crowd = 64

  var isActive: Bool { statuses.values.contains { $0.refresh != nil } }
}
