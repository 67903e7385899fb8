public import DHTModel

/// One call of the application; its events carry this number.
public struct OperationID: Hashable, Sendable, Comparable {
  public let number: UInt64
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

  public enum Reason: Hashable, Sendable {
    case zeroKey
    /// The packed value is over 65568 bytes; peers refuse it. (wire.md §7)
    case valueTooLarge(packedBytes: Int)
    /// We know a signed value of another owner under the id; a put over it is never sent. (node.md W-20)
    case wouldReplaceSignedValue
    case noAddressFamily
  }
}

/// Whether something came from this node's own storage or from others.
public enum Source: Hashable, Sendable {
  case local
  /// From the cache of a running listen, which nodes keep up to date.
  case listen
  case network(NodeContact)
}

/// What a get or query achieved.
public struct GetOutcome: Hashable, Sendable {
  public var ending: Ending
  /// How many of the closest live nodes answered.
  public var answered: Int
  /// How many of the closest live nodes were to answer: 8, or all when fewer are known.
  public var closest: Int
  /// Distinct values or records delivered.
  public var delivered: Int
  /// Values that a node announced but whose parts never arrived whole.
  public var incomplete: Int
  /// The nodes nearest to the key that answered, nearest first.
  public var nodes: [NodeContact]
  public init(
    ending: Ending, answered: Int = 0, closest: Int = 0, delivered: Int = 0, incomplete: Int = 0,
    nodes: [NodeContact] = []
  ) {
    self.ending = ending
    self.answered = answered
    self.closest = closest
    self.delivered = delivered
    self.incomplete = incomplete
    self.nodes = nodes
  }
}

/// What a put achieved, node by node.
public struct PutReceipt: Hashable, Sendable {
  public var ending: Ending
  public var valueID: Value.ID
  /// Nodes that acknowledged the value, nearest first. Peers acknowledge what they refuse, too: ask for `verify` to know.
  public var stored: [NodeContact]
  public var failed: [PutFailure]
  /// Whether `stored` was checked by reading the value back from each node.
  public var isVerified: Bool
  /// Whether it is kept here too.
  public var isStoredLocally: Bool
  public init(
    ending: Ending, valueID: Value.ID, stored: [NodeContact] = [], failed: [PutFailure] = [],
    isVerified: Bool = false, isStoredLocally: Bool = false
  ) {
    self.ending = ending
    self.valueID = valueID
    self.stored = stored
    self.failed = failed
    self.isVerified = isVerified
    self.isStoredLocally = isStoredLocally
  }
}

/// Why a node did not store a value.
public struct PutFailure: Hashable, Sendable {
  public enum Reason: Hashable, Sendable {
    /// Three sends, no answer.
    case silent
    /// It answered with an error; 401 is a refused token.
    case refused(code: UInt16)
    /// Its answer named no value.
    case acknowledgedNothing
    /// It acknowledged, but reading back did not show the value.
    case notFoundOnVerify
    /// It acknowledged, but did not answer when the value was read back.
    case silentOnVerify
    /// The system could not send to it.
    case unreachable
    /// The operation ended before it answered.
    case unfinished
  }
  public var node: NodeContact
  public var reason: Reason
  public init(node: NodeContact, reason: Reason) {
    self.node = node
    self.reason = reason
  }
}

/// What a ping achieved.
public struct PingOutcome: Hashable, Sendable {
  public var ending: Ending
  /// The node that answered; nil when none did.
  public var node: NodeContact?
  /// From the first send to the answer: with a second send on the way, nobody knows which was answered.
  public var roundTrip: Duration?
  public init(ending: Ending, node: NodeContact? = nil, roundTrip: Duration? = nil) {
    self.ending = ending
    self.node = node
    self.roundTrip = roundTrip
  }
}

/// The result of an operation.
public enum Outcome: Hashable, Sendable {
  case get(GetOutcome)
  case put(PutReceipt)
  case listen(Ending)
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
