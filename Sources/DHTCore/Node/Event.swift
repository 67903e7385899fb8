public import DHTModel

/// A host to resolve: name or literal address, and port.
public struct Host: Hashable, Sendable, CustomStringConvertible {
  public var name: String
  public var port: UInt16
  /// Port of a bootstrap address that names none. (wire.md §0)
  public static let defaultPort: UInt16 = 4222
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
  case added(Value)
  /// The same id, newer content.
  case updated(Value)
  /// The last source that had it dropped it.
  case expired(Value)
}

/// One line of a traced search.
public struct TraceStep: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case asked(attempt: Int)
    /// What a node answered: nodes of the search's family, values or records, and whether it gave a token.
    case answered(nodes: [NodeContact], values: Int, hasToken: Bool)
    case late
    case silent
    case refused(code: UInt16)
  }
  public var at: Instant
  public var node: NodeContact
  /// Nodes between us and this one: 0 for those we knew.
  public var hop: Int
  public var roundTrip: Duration?
  public var kind: Kind
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
  case disconnected
  case connecting
  case connected
  public static func < (x: Status, y: Status) -> Bool { x.rawValue < y.rawValue }
}
