public import DHTModel

/// What one node asks of another.
public enum Request: Hashable, Sendable {
  /// Asks whether somebody is there, and who.
  case ping
  /// Asks for the nodes nearest to a hash.
  case find(Find)
  /// Asks for values, or fields of values.
  case get(Get)
  /// Asks to store values.
  case put(Put)
  /// Asks to be told of changes.
  case listen(Listen)
  /// Asks to restart the lifetime of a stored value.
  case refresh(Refresh)
  /// Tells a listener what changed.
  case update(Update)

  /// Asks for the nodes nearest to a hash.
  public struct Find: Hashable, Sendable {
    /// The hash to search around; zero when it was missing.
    public var target: InfoHash
    /// Families of nodes that the reply should hold.
    public var want: Want

    /// A search around a hash.
    public init(target: InfoHash, want: Want = .unspecified) {
      self.target = target
      self.want = want
    }
  }

  /// Asks for values, or fields of values, and for the nodes nearest to the key.
  public struct Get: Hashable, Sendable {
    /// Zero when it was missing; the answer is then an error.
    public var key: InfoHash
    /// Nil when the packet has none; the same as everything, but not the same bytes.
    public var query: Query?
    /// Families of nodes that the reply should hold.
    public var want: Want

    /// A request for values.
    public init(key: InfoHash, query: Query? = nil, want: Want = .unspecified) {
      self.key = key
      self.query = query
      self.want = want
    }
  }

  /// Asks to store values.
  public struct Put: Hashable, Sendable {
    /// The key; zero when it was missing.
    public var key: InfoHash
    /// The values, inline or announced.
    public var values: ValueList
    /// When the value was made; nil counts as now.
    public var created: WallTime?
    /// The write token; empty when it was missing.
    public var token: Token

    /// A request to store values.
    public init(key: InfoHash, values: ValueList, created: WallTime? = nil, token: Token) {
      self.key = key
      self.values = values
      self.created = created
      self.token = token
    }
  }

  /// Asks to be told of changes.
  public struct Listen: Hashable, Sendable {
    /// The key; zero when it was missing.
    public var key: InfoHash
    /// The write token; empty when it was missing.
    public var token: Token
    /// Where updates arrive.
    public var socket: SocketID
    /// 1 for updates as requests; 0, or missing, for legacy pushes.
    public var version: Int64
    /// Which changes to tell; only its filters count.
    public var query: Query?

    /// A request to be told of changes.
    public init(key: InfoHash, token: Token, socket: SocketID, version: Int64 = 1, query: Query? = nil) {
      self.key = key
      self.token = token
      self.socket = socket
      self.version = version
      self.query = query
    }
  }

  /// Asks to restart the lifetime of a stored value.
  public struct Refresh: Hashable, Sendable {
    /// The key; zero when it was missing.
    public var key: InfoHash
    /// The value whose lifetime restarts.
    public var valueID: Value.ID
    /// The write token; empty when it was missing.
    public var token: Token

    /// A request to keep a value longer.
    public init(key: InfoHash, valueID: Value.ID, token: Token) {
      self.key = key
      self.valueID = valueID
      self.token = token
    }
  }

  /// Tells a listener what changed.
  public struct Update: Hashable, Sendable {
    /// The listen that this is for.
    public var socket: SocketID
    /// Present in updates that bring values; nil in those of refreshed or expired ids.
    public var key: InfoHash?
    /// 1 in updates that bring values; nil elsewhere.
    public var version: Int64?
    /// The values, inline or announced.
    public var values: ValueList
    /// When the values were made; nil counts as now.
    public var created: WallTime?
    /// Values whose lifetime restarted.
    public var refreshed: [Value.ID]
    /// Values that are gone.
    public var expired: [Value.ID]
    /// A write token for the receiver.
    public var token: Token?

    /// A report to a listener.
    public init(
      socket: SocketID, key: InfoHash? = nil, version: Int64? = nil, values: ValueList = ValueList(),
      created: WallTime? = nil, refreshed: [Value.ID] = [], expired: [Value.ID] = [], token: Token? = nil
    ) {
      self.socket = socket
      self.key = key
      self.version = version
      self.values = values
      self.created = created
      self.refreshed = refreshed
      self.expired = expired
      self.token = token
    }
  }
}
