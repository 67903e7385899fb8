public import DHTModel

/// One datagram of the protocol, decoded: what stands in the envelope, and its body. (wire.md §1)
public struct Message: Hashable, Sendable {
  /// Keeps networks apart; 0 is left out on the wire.
  public var network: NetworkID
  /// Names the request, and its replies.
  public var transaction: TransactionID
  /// Whether the sender is a client, which is answered but never given to others.
  public var isClient: Bool
  /// User agent; empty when the packet has none.
  public var agent: UserAgent
  public var body: Body

  public enum Body: Hashable, Sendable {
    case request(sender: NodeID, Request)
    case reply(sender: NodeID, Reply)
    case failure(sender: NodeID, Failure)
    /// Answer of a storing node to a listener of version 0. (wire.md §3.9)
    case legacyPush(sender: NodeID, LegacyPush)
    case part(Part)
  }

  /// A message; the agent is ours unless told otherwise.
  public init(
    network: NetworkID = 0, transaction: TransactionID, isClient: Bool = false,
    agent: UserAgent = Message.ownAgent, body: Body
  ) {
    self.network = network
    self.transaction = transaction
    self.isClient = isClient
    self.agent = agent
    self.body = body
  }

  /// What we send as user agent: `o2`, as the network's nodes since 2.6.0.
  public static let ownAgent: UserAgent = "o2"
}

/// What one node asks of another.
public enum Request: Hashable, Sendable {
  case ping
  case find(Find)
  case get(Get)
  case put(Put)
  case listen(Listen)
  case refresh(Refresh)
  case update(Update)

  /// Asks for the nodes nearest to a hash.
  public struct Find: Hashable, Sendable {
    public var target: InfoHash
    public var want: Want
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
    public var want: Want
    public init(key: InfoHash, query: Query? = nil, want: Want = .unspecified) {
      self.key = key
      self.query = query
      self.want = want
    }
  }

  /// Asks to store values.
  public struct Put: Hashable, Sendable {
    public var key: InfoHash
    public var values: ValueList
    /// When the value was made; nil counts as now.
    public var created: WallTime?
    public var token: Token
    public init(key: InfoHash, values: ValueList, created: WallTime? = nil, token: Token) {
      self.key = key
      self.values = values
      self.created = created
      self.token = token
    }
  }

  /// Asks to be told of changes.
  public struct Listen: Hashable, Sendable {
    public var key: InfoHash
    public var token: Token
    public var socket: SocketID
    /// 1 for updates as requests; 0, or missing, for legacy pushes.
    public var version: Int64
    public var query: Query?
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
    public var key: InfoHash
    public var valueID: Value.ID
    public var token: Token
    public init(key: InfoHash, valueID: Value.ID, token: Token) {
      self.key = key
      self.valueID = valueID
      self.token = token
    }
  }

  /// Tells a listener what changed.
  public struct Update: Hashable, Sendable {
    public var socket: SocketID
    /// Present in updates that bring values; nil in those of refreshed or expired ids.
    public var key: InfoHash?
    /// 1 in updates that bring values; nil elsewhere.
    public var version: Int64?
    public var values: ValueList
    public var created: WallTime?
    public var refreshed: [Value.ID]
    public var expired: [Value.ID]
    public var token: Token?
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

/// Which address families of nodes a reply should hold. (wire.md §4.2)
public enum Want: Hashable, Sendable {
  /// The field was missing: the family of the request's transport.
  case unspecified
  case families(ipv4: Bool, ipv6: Bool)
}

/// The values of one message. Small sets stand inline; otherwise sizes stand there, and parts follow.
public struct ValueList: Hashable, Sendable {
  /// Values at hand: inline ones, or, after reassembly, all.
  public var values: [Value]
  /// Packed sizes of values that arrive in parts, in bytes, each at its place in the packet's list, at most
  /// `WireLimits.packedValueBytes`. `nil` marks a place that no part fills: an inline value stands there, or a
  /// value or size that was refused. Empty when no size was announced.
  public var announced: [Int?]
  /// Whether the packet had the field at all.
  public var isPresent: Bool
  public init(_ values: [Value] = [], announced: [Int?] = [], isPresent: Bool? = nil) {
    self.values = values
    self.announced = announced
    self.isPresent = isPresent ?? !(values.isEmpty && announced.isEmpty)
  }
}

/// The answer to any request. Which fields are there depends on what was asked; the wire does not say.
public struct Reply: Hashable, Sendable {
  /// Our IP as the answering node sees it.
  public var observed: IPAddress?
  /// Compact IPv4 nodes, nearest first; nil when the field is missing.
  public var nodes4: [NodeContact]?
  public var nodes6: [NodeContact]?
  public var token: Token?
  public var values: ValueList
  /// Selected fields; nil when the field is missing.
  public var fields: FieldList?
  public var valueID: Value.ID?
  public init(
    observed: IPAddress? = nil, nodes4: [NodeContact]? = nil, nodes6: [NodeContact]? = nil, token: Token? = nil,
    values: ValueList = ValueList(), fields: FieldList? = nil, valueID: Value.ID? = nil
  ) {
    self.observed = observed
    self.nodes4 = nodes4
    self.nodes6 = nodes6
    self.token = token
    self.values = values
    self.fields = fields
    self.valueID = valueID
  }
}

/// The `fileds` of a reply: which fields, and one row per value. (wire.md §6.3)
public struct FieldList: Hashable, Sendable {
  /// Ascending, each once.
  public var fields: [Query.Field]
  public var rows: [Row]
  /// One value's fields. The owner travels as its full DER key, or as 20 zero bytes for an unsigned value.
  public struct Row: Hashable, Sendable {
    public var record: FieldRecord
    /// DER key of the owner when the peer sent one; `record.owner` is then for the receiver to fill in, by hashing it.
    public var ownerKey: [UInt8]?
    public init(record: FieldRecord, ownerKey: [UInt8]? = nil) {
      self.record = record
      self.ownerKey = ownerKey
    }
  }
  public init(fields: [Query.Field], rows: [Row]) {
    self.fields = fields
    self.rows = rows
  }
}

/// An error answer. The text is never interpreted; only the code counts. (wire.md §3.11)
public struct Failure: Hashable, Sendable {
  public var code: UInt16
  /// Text as bytes, at most 128 kept.
  public var text: [UInt8]
  public init(code: UInt16, text: String) {
    self.code = code
    self.text = Array(text.utf8)
  }
  public init(code: UInt16, text: [UInt8]) {
    self.code = code
    self.text = text
  }

  public static let getWithoutKey = Failure(code: 203, text: "Get_values with no info_hash")
  public static let listenWithoutKey = Failure(code: 203, text: "Listen with no info_hash")
  public static let putWithoutKey = Failure(code: 203, text: "Put with no info_hash")
  public static let putWithoutID = Failure(code: 203, text: "Put with invalid ID")
  public static let listenWithWrongToken = Failure(code: 401, text: "Listen with incorrect token")
  public static let putWithWrongToken = Failure(code: 401, text: "Put with incorrect token")
  public static let unknownStorage = Failure(code: 404, text: "Access operation for unknown storage")
}

/// Refreshed and expired ids for a listener of version 0; `transaction` is its socket id.
public struct LegacyPush: Hashable, Sendable {
  public var token: Token?
  public var refreshed: [Value.ID]
  public var expired: [Value.ID]
  public init(token: Token? = nil, refreshed: [Value.ID] = [], expired: [Value.ID] = []) {
    self.token = token
    self.refreshed = refreshed
    self.expired = expired
  }
}

/// Pieces of values that were too large for their message. (wire.md §7)
public struct Part: Hashable, Sendable {
  public struct Piece: Hashable, Sendable {
    /// Position in the message's list of sizes.
    public var index: Int
    /// Bytes before this piece.
    public var offset: Int
    public var bytes: [UInt8]
    public init(index: Int, offset: Int, bytes: [UInt8]) {
      self.index = index
      self.offset = offset
      self.bytes = bytes
    }
  }
  public var pieces: [Piece]
  public init(pieces: [Piece]) { self.pieces = pieces }
}
