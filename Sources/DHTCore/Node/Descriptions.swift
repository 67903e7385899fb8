public import DHTModel

/// Liveness of a remote node. (node.md §2.1)
public enum NodeState: Hashable, Sendable {
  /// Good: replied within 120 min, heard within 10 min. Expired: left three sends unanswered. Dubious: neither.
  case good, dubious, expired
}

/// A node of the routing table or of a search, for people.
public struct NodeDescription: Hashable, Sendable {
  /// Its id and address.
  public var contact: NodeContact
  /// How alive it is.
  public var state: NodeState
  /// Since its last message; nil for never.
  public var sinceHeard: Duration?
  /// Since its last reply; nil for never.
  public var sinceReplied: Duration?
  /// Smoothed round trip (RFC 6298); nil before the first measurement.
  public var roundTrip: Duration?
  /// A description of the given facts.
  public init(
    contact: NodeContact, state: NodeState, sinceHeard: Duration?, sinceReplied: Duration?, roundTrip: Duration?
  ) {
    self.contact = contact
    self.state = state
    self.sinceHeard = sinceHeard
    self.sinceReplied = sinceReplied
    self.roundTrip = roundTrip
  }
}

/// A bucket, for people.
public struct BucketDescription: Hashable, Sendable {
  /// First id of its range.
  public var first: InfoHash
  /// Its nodes, the newest first.
  public var nodes: [NodeDescription]
  /// Whether a node waits for a place to become free.
  public var hasCandidate: Bool
  /// Since the last reply in its range; nil for never.
  public var sinceUpdated: Duration?
  /// A description of the given facts.
  public init(first: InfoHash, nodes: [NodeDescription], hasCandidate: Bool, sinceUpdated: Duration?) {
    self.first = first
    self.nodes = nodes
    self.hasCandidate = hasCandidate
    self.sinceUpdated = sinceUpdated
  }
}

/// A search, for people.
public struct SearchDescription: Hashable, Sendable {
  /// A node that the search knows, and where the search stands with it.
  public struct Entry: Hashable, Sendable {
    /// The node.
    public var node: NodeDescription
    /// How many leading bits of its id are those of the key: more is nearer.
    public var commonBits: Int
    /// Whether it is in the routing table too.
    public var isInTable: Bool
    /// Whether the search has a request under way to it.
    public var isAsked: Bool
    /// Whether the request under way has taken so long that another node is asked as well. (node.md W-3)
    public var isLate: Bool
    /// Whether its last answer is recent enough to rely on its token and values.
    public var isSynced: Bool
    /// Whether it has confirmed a listen of the search.
    public var hasListen: Bool
    /// Whether it has acknowledged a value of the search.
    public var hasAnnounce: Bool
    /// An entry of the given facts.
    public init(
      node: NodeDescription, commonBits: Int, isInTable: Bool, isAsked: Bool, isLate: Bool, isSynced: Bool,
      hasListen: Bool, hasAnnounce: Bool
    ) {
      self.node = node
      self.commonBits = commonBits
      self.isInTable = isInTable
      self.isAsked = isAsked
      self.isLate = isLate
      self.isSynced = isSynced
      self.hasListen = hasListen
      self.hasAnnounce = hasAnnounce
    }
  }
  /// What is searched for.
  public var key: InfoHash
  /// The family it runs on; the same key has a search of its own on the other.
  public var family: AddressFamily
  /// Gets and queries that it still serves.
  public var gets: Int
  /// Values that it puts or keeps.
  public var announced: [Value]
  /// What its listens ask for.
  public var listens: [Query]
  /// Whether it rests: nothing is asked until an operation or a renewal wakes it.
  public var isDone: Bool
  /// Whether the closest live nodes have all answered recently.
  public var isSynced: Bool
  /// Since it last took a step; nil when it took none yet.
  public var sinceStep: Duration?
  /// The nodes it knows, nearest to the key first.
  public var entries: [Entry]
  /// A description of the given facts.
  public init(
    key: InfoHash, family: AddressFamily, gets: Int, announced: [Value], listens: [Query], isDone: Bool,
    isSynced: Bool, sinceStep: Duration?, entries: [Entry]
  ) {
    self.key = key
    self.family = family
    self.gets = gets
    self.announced = announced
    self.listens = listens
    self.isDone = isDone
    self.isSynced = isSynced
    self.sinceStep = sinceStep
    self.entries = entries
  }
}

/// What is stored under a key, for people.
public struct StorageDescription: Hashable, Sendable {
  /// A value and how long it stays.
  public struct Entry: Hashable, Sendable {
    /// The value, as it was put.
    public var value: Value
    /// Since it was made, by the date that came with it.
    public var age: Duration
    /// Until it expires; nil for never.
    public var remaining: Duration?
    /// Who put it; nil for this node.
    public var source: IPAddress?
    /// An entry of the given facts.
    public init(value: Value, age: Duration, remaining: Duration?, source: IPAddress?) {
      self.value = value
      self.age = age
      self.remaining = remaining
      self.source = source
    }
  }
  /// The key.
  public var key: InfoHash
  /// The values, ours and others'.
  public var values: [Entry]
  /// Nodes that listen to the key here.
  public var listeners: [NodeContact]
  /// Listens of this node's application on the key.
  public var localListeners: Int
  /// A description of the given facts.
  public init(key: InfoHash, values: [Entry], listeners: [NodeContact], localListeners: Int) {
    self.key = key
    self.values = values
    self.listeners = listeners
    self.localListeners = localListeners
  }
}
