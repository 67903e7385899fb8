import DHTModel

/// A value being put, and kept, at the nodes closest to its key, as one family's search works on it.
struct Announce {
  typealias ID = UInt64

  /// How far it is with one node.
  enum Status: Equatable {
    /// It is asked what it holds under the id.
    case probing
    case putting
    case refreshing
    case acknowledged(at: Instant)
    /// It acknowledged, and is asked to show the value.
    case verifying(acknowledged: Instant)
    /// It will not have the value; another node takes its place.
    case refused
    /// It holds a signed value under the id, so it does not get this one. No other takes its place: readers ask this one.
    case withheld
  }

  /// What became of it on one family.
  struct End: Equatable {
    var isIsolated: Bool
    var stored: [NodeContact]
    var failed: [PutFailure]
  }

  let id: ID
  let value: Value
  /// When the value was made; nil for a permanent one, which is always fresh.
  let created: Instant?
  let isPermanent: Bool
  var wantsVerify: Bool
  /// Each node is asked first whether it holds a signed value under the id: deployed nodes stop when a value without
  /// owner comes in its place. (crypto.md §4.3)
  let isGuarded: Bool
  /// Nodes that hold no signed value under the id, as far as they say; and whether they hold the value itself.
  var cleared: [NodeID: Bool] = [:]
  /// How long a node keeps it.
  let lifetime: Duration
  var statuses: [NodeID: Status] = [:]
  /// Where it was acknowledged, in the order it happened.
  var stored: [NodeContact] = []
  var failed: [PutFailure] = []
  /// The first round is over and was reported.
  var isReported = false
  /// Until when nodes that were late with their first answer still get the value. (See `linger`.)
  var lingersUntil: Instant?
  /// Nodes that were asked to show the value.
  var verified: Set<NodeID> = []

  init(
    id: ID, value: Value, created: Instant?, isPermanent: Bool, wantsVerify: Bool, isGuarded: Bool = false,
    lifetime: Duration
  ) {
    self.id = id
    self.value = value
    self.created = created
    self.isPermanent = isPermanent
    self.wantsVerify = wantsVerify
    self.isGuarded = isGuarded && value.signature == nil
    self.lifetime = lifetime
  }

  /// A refresh is done this much before the value would expire. (node.md §0.2)
  static let refreshMargin: Duration = .seconds(10)
  /// After its first round, a value is still brought to nodes among the nearest that were late: on a lossy link these
  /// may be the very ones that listeners look to. Three sends take 10 s.
  static let linger: Duration = .seconds(10)
  /// Nodes that must have answered before the first put leaves: the nearest know their neighbourhood. (node.md §3.5)
  static let leaders = 2

  /// When a node's copy must be refreshed; nil when it need not.
  func refreshTime(_ status: Status?) -> Instant? {
    guard isPermanent, case .acknowledged(let at)? = status else { return nil }
    return at + (lifetime - Self.refreshMargin)
  }

  /// Whether a node has yet to say that it holds no signed value under the id.
  func mustAsk(_ node: NodeID) -> Bool { isGuarded && cleared[node] == nil && statuses[node] == nil }

  /// Whether a node is asked what it holds before the value is sent: not if it has said that it lacks it.
  func mustProbe(_ node: NodeID) -> Bool { isPermanent && cleared[node] != false || mustAsk(node) }

  /// What a node is asked then. It tells also what a probe asks for.
  var guardQuery: Query { Query(select: [.id, .owner, .sequence], where: [.id(value.id)]) }

  mutating func acknowledge(_ contact: NodeContact, now: Instant) {
    statuses[contact.id] = .acknowledged(at: now)
    if !isReported, !stored.contains(where: { $0.id == contact.id }) { stored.append(contact) }
    failed.removeAll { $0.node.id == contact.id }
  }

  mutating func fail(_ contact: NodeContact, _ reason: PutFailure.Reason) {
    guard !isReported else { return }
    stored.removeAll { $0.id == contact.id }
    failed.removeAll { $0.node.id == contact.id }
    failed.append(PutFailure(node: contact, reason: reason))
  }
}
