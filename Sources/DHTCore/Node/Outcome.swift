public import DHTModel

/// One call of the application; its events carry this number.
public struct OperationID: Hashable, Sendable, Comparable {
  /// Counts from the start of the node; never used twice.
  public let number: UInt64
  /// The operation with this number.
  public init(_ number: UInt64) { self.number = number }
  public static func < (x: OperationID, y: OperationID) -> Bool { x.number < y.number }
}

/// How an operation ended. Each ends exactly once.
public enum Ending: Hashable, Sendable {
  /// It ran to its end. What it achieved stands beside it.
  case completed
  /// No node could be asked: we are cut off, or nobody answered.
  case isolated
  /// The node has too many operations or searches.
  case throttled
  /// Its deadline passed first. What was achieved until then stands beside it.
  case timedOut
  /// The application ended it, or the node stopped.
  case cancelled
  /// A newer put under the same id, with other content, took its place.
  case replaced
  /// The request makes no sense; nothing was sent.
  case invalid(Reason)

  /// Why a request makes no sense.
  public enum Reason: Hashable, Sendable {
    /// The key is all zeros, which peers take for a missing key and refuse.
    case zeroKey
    /// The packed value is over 65568 bytes; peers refuse it. (wire.md §7)
    case valueTooLarge(packedBytes: Int)
    /// We know a signed value of another owner under the id; a put over it is never sent. (node.md W-20)
    case wouldReplaceSignedValue
    /// The node was configured without a family to reach others by.
    case noAddressFamily
    /// A proxy carries out our operations, and cannot do this one: trace a search, or ping a node.
    case notOverProxy
    /// The proxy refused the request with this HTTP status: it is not allowed, or it is too large for it.
    case refusedByProxy(status: Int)
  }
}

/// Whether something came from this node's own storage or from others.
public enum Source: Hashable, Sendable {
  /// This node's own storage.
  case local
  /// From the cache of a running listen, which nodes keep up to date.
  case listen
  /// A node that answered.
  case network(NodeContact)
  /// A proxy, which does not say from whom it has the value.
  case proxy
}

/// What a get or query achieved.
public struct GetOutcome: Hashable, Sendable {
  /// How it ended; the other fields tell what was reached until then.
  public var ending: Ending
  /// How many of the closest live nodes answered. A proxy does not tell: 0.
  public var answered: Int
  /// How many of the closest live nodes were to answer: 8, or all when fewer are known.
  public var closest: Int
  /// Distinct values or records delivered.
  public var delivered: Int
  /// Values that came and were not delivered: badly signed, or encrypted for somebody else.
  public var refused: Int
  /// Values that a node announced but whose parts never arrived whole.
  public var incomplete: Int
  /// The nodes nearest to the key that answered, nearest first.
  public var nodes: [NodeContact]
  /// An outcome; all counts are 0 unless told otherwise.
  public init(
    ending: Ending, answered: Int = 0, closest: Int = 0, delivered: Int = 0, refused: Int = 0,
    incomplete: Int = 0, nodes: [NodeContact] = []
  ) {
    self.ending = ending
    self.answered = answered
    self.closest = closest
    self.delivered = delivered
    self.refused = refused
    self.incomplete = incomplete
    self.nodes = nodes
  }
}

/// What a put achieved, node by node.
public struct PutReceipt: Hashable, Sendable {
  /// How it ended; `stored` and `failed` tell what was reached until then.
  public var ending: Ending
  /// The id under which the value is stored: the one given, or the one that was drawn for 0.
  public var valueID: Value.ID
  /// Nodes that acknowledged the value, nearest first. Peers acknowledge what they refuse, too: ask for `verify` to know.
  public var stored: [NodeContact]
  /// Nodes that were sent the value, or were to be, and did not take it, each with the reason.
  public var failed: [PutFailure]
  /// Whether `stored` was checked by reading the value back from each node.
  public var isVerified: Bool
  /// Whether it is kept here too.
  public var isStoredLocally: Bool
  /// The proxy that put it for us, and that says that a node has stored it: how many, and which, it does not tell. Nil
  /// when none was asked, or it could not.
  public var proxy: NodeID?
  /// Whether any node stored it, as far as we were told.
  public var isStored: Bool { !stored.isEmpty || proxy != nil }
  /// Number of the edition of a signed value; 0 for others.
  public var sequence: UInt16 = 0
  /// A receipt; nothing is stored unless told otherwise.
  public init(
    ending: Ending, valueID: Value.ID, stored: [NodeContact] = [], failed: [PutFailure] = [],
    isVerified: Bool = false, isStoredLocally: Bool = false, proxy: NodeID? = nil
  ) {
    self.ending = ending
    self.valueID = valueID
    self.stored = stored
    self.failed = failed
    self.isVerified = isVerified
    self.isStoredLocally = isStoredLocally
    self.proxy = proxy
  }
}

/// Why a node did not store a value.
public struct PutFailure: Hashable, Sendable {
  /// What kept the value from being stored there.
  public enum Reason: Hashable, Sendable {
    /// Three sends, no answer.
    case silent
    /// It answered with an error; 401 is a refused token.
    case refused(code: UInt16)
    /// Its answer named no value.
    case acknowledgedNothing
    /// It holds a signed value under the id. A value without owner was not sent there: deployed nodes stop on it.
    case holdsSignedValue
    /// It acknowledged, but reading back did not show the value.
    case notFoundOnVerify
    /// It acknowledged, but did not answer when the value was read back.
    case silentOnVerify
    /// The system could not send to it.
    case unreachable
    /// The operation ended before it answered.
    case unfinished
  }
  /// The node that was asked.
  public var node: NodeContact
  /// Why it did not store the value.
  public var reason: Reason
  /// A failure of one node.
  public init(node: NodeContact, reason: Reason) {
    self.node = node
    self.reason = reason
  }
}

/// What a ping achieved.
public struct PingOutcome: Hashable, Sendable {
  /// How it ended.
  public var ending: Ending
  /// The node that answered; nil when none did.
  public var node: NodeContact?
  /// From the first send to the answer: with a second send on the way, nobody knows which was answered.
  public var roundTrip: Duration?
  /// An outcome; by default nobody answered.
  public init(ending: Ending, node: NodeContact? = nil, roundTrip: Duration? = nil) {
    self.ending = ending
    self.node = node
    self.roundTrip = roundTrip
  }
}

/// The result of an operation.
public enum Outcome: Hashable, Sendable {
  /// Of a get or a query.
  case get(GetOutcome)
  /// Of a put.
  case put(PutReceipt)
  /// Of a listen, which has nothing to show but how it ended.
  case listen(Ending)
  /// Of a ping.
  case ping(PingOutcome)

  /// How it ended.
  public var ending: Ending {
    switch self {
    case .get(let outcome): outcome.ending
    case .put(let receipt): receipt.ending
    case .listen(let ending): ending
    case .ping(let outcome): outcome.ending
    }
  }
}
