public import DHTModel

/// A host to resolve: name or literal address, and port.
public struct Host: Hashable, Sendable, CustomStringConvertible {
  /// A name, an IPv4 address, or an IPv6 address without brackets. It is resolved when it is used.
  public var name: String
  /// UDP port, host order.
  public var port: UInt16
  /// Port of a bootstrap address that names none. (wire.md §0)
  public static let defaultPort: UInt16 = 4222
  /// A host; by default at the port that nodes listen on.
  public init(name: String, port: UInt16 = Host.defaultPort) {
    self.name = name
    self.port = port
  }
  public var description: String { name.contains(":") ? "[\(name)]:\(port)" : "\(name):\(port)" }
}

/// What the core has to tell. The driver hands it to whoever asked, or makes logs and metrics of it.
public enum Event: Sendable {
  /// New values of a get; never empty.
  case values(OperationID, [Value], Source)
  /// New records of a query; never empty.
  case fields(OperationID, [FieldRecord], Source)
  /// Changes seen by a listen; never empty.
  case changes(OperationID, [ListenChange])
  /// A node acknowledged a put that still runs.
  case acknowledged(OperationID, NodeContact)
  /// A step of an operation that is traced.
  case traced(OperationID, TraceStep)
  /// The operation is over; nothing follows for it.
  case finished(OperationID, Outcome)
  /// The status of a family changed.
  case statusChanged(ipv4: Status, ipv6: Status)
  /// Work to run on another thread; answer with `Node.checked`.
  case check(Check)
  /// Names to resolve, away from the loop; answer with `Node.resolved`.
  case resolve(Host)
  /// The address most peers see us at changed.
  case publicAddressChanged(IPAddress)
}

/// A change under a key that is listened to.
public enum ListenChange: Hashable, Sendable {
  /// A value that was not known before, or that came back after it expired.
  case added(Value)
  /// The same id, newer content.
  case updated(Value)
  /// The last source that had it dropped it.
  case expired(Value)
}

/// One line of a traced search.
public struct TraceStep: Hashable, Sendable {
  /// What happened between us and the node.
  public enum Kind: Hashable, Sendable {
    /// A request was sent. Always attempt 1: what is sent again for want of an answer is not told of.
    case asked(attempt: Int)
    /// What a node answered: nodes of the search's family, values or records, and whether it gave a token.
    case answered(nodes: [NodeContact], values: Int, hasToken: Bool)
    /// It has taken long enough that the search asks another node as well; it may still answer. (node.md W-3)
    case late
    /// It left all three sends unanswered, and counts as expired.
    case silent
    /// It answered with an error; 401 is a refused token.
    case refused(code: UInt16)
  }
  /// When, on the clock that the driver counts by.
  public var at: Instant
  /// The node that was asked.
  public var node: NodeContact
  /// Nodes between us and this one: 0 for those we knew.
  public var hop: Int
  /// From the send to the answer; nil without answer, or when it cannot be told which send was answered.
  public var roundTrip: Duration?
  /// What happened.
  public var kind: Kind
  /// A step of the given facts.
  public init(at: Instant, node: NodeContact, hop: Int, roundTrip: Duration? = nil, kind: Kind) {
    self.at = at
    self.node = node
    self.hop = hop
    self.roundTrip = roundTrip
    self.kind = kind
  }
}

/// How well a family is connected. (node.md §2.7)
public enum Status: Int, Hashable, Sendable, Comparable {
  /// No good or dubious node is known, and none is being asked.
  case disconnected
  /// Nodes are known or asked, but none is good: operations may have to wait.
  case connecting
  /// At least one good node is known.
  case connected
  public static func < (x: Status, y: Status) -> Bool { x.rawValue < y.rawValue }
}
