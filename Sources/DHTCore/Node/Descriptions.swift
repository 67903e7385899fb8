public import DHTModel

/// Liveness of a remote node. (node.md §2.1)
public enum NodeState: Hashable, Sendable {
  case good, dubious, expired
}

/// A node of the routing table or of a search, for people.
public struct NodeDescription: Hashable, Sendable {
  public var contact: NodeContact
  public var state: NodeState
  /// Since its last message; nil for never.
  public var sinceHeard: Duration?
  /// Since its last reply; nil for never.
  public var sinceReplied: Duration?
  public var roundTrip: Duration?
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
  public var nodes: [NodeDescription]
  public var hasCandidate: Bool
  /// Since the last reply in its range; nil for never.
  public var sinceUpdated: Duration?
  public init(first: InfoHash, nodes: [NodeDescription], hasCandidate: Bool, sinceUpdated: Duration?) {
    self.first = first
    self.nodes = nodes
    self.hasCandidate = hasCandidate
    self.sinceUpdated = sinceUpdated
  }
}

/// A search, for people.
public struct SearchDescription: Hashable, Sendable {
  public struct Entry: Hashable, Sendable {
    public var node: NodeDescription
    public var commonBits: Int
    public var isInTable: Bool
    public var isAsked: Bool
    public var isLate: Bool
    public var isSynced: Bool
    public var hasListen: Bool
    public var hasAnnounce: Bool
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
  public var key: InfoHash
  public var family: AddressFamily
  public var gets: Int
  public var announced: [Value]
  public var listens: [Query]
  public var isDone: Bool
  public var isSynced: Bool
  public var sinceStep: Duration?
  public var entries: [Entry]
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
  public struct Entry: Hashable, Sendable {
    public var value: Value
    public var age: Duration
    /// Until it expires; nil for never.
    public var remaining: Duration?
    /// Who put it; nil for this node.
    public var source: IPAddress?
    public init(value: Value, age: Duration, remaining: Duration?, source: IPAddress?) {
      self.value = value
      self.age = age
      self.remaining = remaining
      self.source = source
    }
  }
  public var key: InfoHash
  public var values: [Entry]
  public var listeners: [NodeContact]
  public var localListeners: Int
  public init(key: InfoHash, values: [Entry], listeners: [NodeContact], localListeners: Int) {
    self.key = key
    self.values = values
    self.listeners = listeners
    self.localListeners = localListeners
  }
}
