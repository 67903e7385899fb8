import DHTCollections
import DHTModel

/// What others listen to here. (node.md §5.7)
///
/// A listener is a socket of a node, under a key; a listen with the same three renews it, and 10 minutes after the
/// last one it ends. Bounded in all, per source, and in the size of a query.
struct RemoteListeners: Sendable {
  struct Listener: Equatable, Sendable {
    var contact: NodeContact
    /// Where the updates go.
    var socket: SocketID
    var query: Query
    /// 1 for updates as requests, 0 for legacy pushes. (wire.md §3.8, §3.9)
    var version: Int64
    /// When it was last asked for.
    var renewed: Instant
  }
  enum Added: Equatable, Sendable {
    case new, renewed, refused
  }
  private struct Location: Hashable, Sendable {
    var key: InfoHash
    var node: NodeID
    var socket: SocketID
  }
  private struct Entry: Chained, Sendable {
    var key: InfoHash
    var listener: Listener
    // The entry of the deadline queue that counts; 0 for none.
    var ticket: UInt64 = 0
    // Neighbours under the key.
    var previous: Int?
    var next: Int?

    var location: Location { Location(key: key, node: listener.contact.id, socket: listener.socket) }
    var end: Instant { listener.renewed + RemoteListeners.lifetime }
  }
  private struct Deadline: Sendable {
    var place: Int
    var ticket: UInt64
  }

  private let limits: Limits
  private var entries = Slab(
    vacant: Entry(
      key: .zero,
      listener: Listener(
        contact: NodeContact(id: .zero, address: SocketAddress(ip: IPAddress(ipv4: 0), port: 0)),
        socket: 0, query: .everything, version: 0, renewed: .distantPast)))
  private var index: [Location: Int] = [:]
  // In the order of the first listen.
  private var byKey: [InfoHash: Chain] = [:]
  private var byContact: [NodeContact: [Int]] = [:]
  private var countsBySource: [IPAddress: Int] = [:]
  private var deadlines = DeadlineQueue<Deadline>()
  private var tickets: UInt64 = 0

  /// How long a listener lives after its last listen. (wire.md §3.6, N-135)
  static let lifetime: Duration = .seconds(600)
  /// Bytes of a query that we keep; those of the network's applications take less than 100.
  static let maximumQueryBytes = 1024

  /// Nobody listens yet.
  init(limits: Limits) { self.limits = limits }

  var count: Int { entries.count }
  /// When `advance` must be called next; nil for never. May be too early, never too late.
  var nextDeadline: Instant? { deadlines.nextDeadline }

  /// Adds a listener, or renews it with the query and address of now. The caller has checked the token, which
  /// proves the address.
  mutating func add(
    key: InfoHash, contact: NodeContact, socket: SocketID, query: Query, version: Int64, now: Instant
  ) -> Added {
    advance(to: now)
    guard Self.byteCount(of: query) <= Self.maximumQueryBytes else { return .refused }
    let listener = Listener(contact: contact, socket: socket, query: query, version: version, renewed: now)
    let source = contact.address.ip.quotaPrefix
    let old = index[Location(key: key, node: contact.id, socket: socket)]
    let hasMoved = old.map { entries[$0].listener.contact.address.ip.quotaPrefix != source } ?? true
    guard !hasMoved || countsBySource[source, default: 0] < limits.listenersPerAddress else { return .refused }
    if let old {
      let isElsewhere = entries[old].listener.contact != contact
      if isElsewhere { unlinkContact(old) }
      entries[old].listener = listener
      if isElsewhere { linkContact(old) }
      return .renewed
    }
    guard count < limits.listeners else { return .refused }
    insert(Entry(key: key, listener: listener))
    return .new
  }

  /// Who listens to a key, in the order in which they began.
  func listeners(at key: InfoHash) -> [Listener] {
    var found: [Listener] = []
    entries.forEach(in: byKey[key]) { found.append($0.listener) }
    return found
  }

  /// Keys that somebody listens to, in order.
  var keys: [InfoHash] { byKey.keys.sorted() }

  /// Whether anybody listens to a key.
  func hasListeners(at key: InfoHash) -> Bool { byKey[key] != nil }

  /// Removes every listener of a node at an address, since its updates went unanswered. (node.md §5.7)
  mutating func removeAll(of node: NodeID, at address: SocketAddress) {
    for place in byContact[NodeContact(id: node, address: address)] ?? [] { remove(place) }
  }

  /// Forgets listeners that were not renewed.
  mutating func advance(to now: Instant) {
    while let deadline = deadlines.popDue(now) {
      guard entries[deadline.place].ticket == deadline.ticket else { continue }
      let end = entries[deadline.place].end
      if end <= now { remove(deadline.place) } else { deadlines.push(deadline, at: end) }
    }
  }
}

extension RemoteListeners {
  static func byteCount(of query: Query) -> Int {
    query.filters.reduce(query.select.count) { sum, filter in
      if case .userType(let text) = filter { sum + 32 + text.count } else { sum + 32 }
    }
  }

  private mutating func insert(_ entry: Entry) {
    tickets &+= 1
    let place = entries.insert(entry)
    entries[place].ticket = tickets
    index[entry.location] = place
    entries.link(place, to: &byKey[entry.key])
    linkContact(place)
    deadlines.push(Deadline(place: place, ticket: tickets), at: entry.end)
    if deadlines.count > 2 * count + 64 {
      let entries = entries
      deadlines.removeAll { entries[$0.place].ticket != $0.ticket }
    }
  }

  private mutating func remove(_ place: Int) {
    unlinkContact(place)
    entries.unlink(place, from: &byKey[entries[place].key])
    index[entries[place].location] = nil
    entries.remove(at: place)
  }

  private mutating func linkContact(_ place: Int) {
    let contact = entries[place].listener.contact
    byContact[contact, default: []].append(place)
    countsBySource[contact.address.ip.quotaPrefix, default: 0] += 1
  }

  private mutating func unlinkContact(_ place: Int) {
    let contact = entries[place].listener.contact
    byContact[contact]?.removeAll { $0 == place }
    if byContact[contact]?.isEmpty == true { byContact[contact] = nil }
    let source = contact.address.ip.quotaPrefix
    let rest = countsBySource[source, default: 1] - 1
    countsBySource[source] = rest > 0 ? rest : nil
  }
}
