public import DHTCore
public import DHTModel

/// One call of an application on a node of the world, and everything that was told of it.
public final class Operation {
  /// Which call it was.
  public enum Kind: Sendable { case get, query, put, listen, ping }

  /// A change, and when it was told.
  public struct TimedChange: Hashable, Sendable {
    /// Virtual time at which the application was told.
    public let at: Instant
    /// What it was told.
    public let change: ListenChange
  }

  /// Number of the node that was asked.
  public let node: Int
  /// Its number on that node; unique only there.
  public let id: OperationID
  /// Which call it was.
  public let kind: Kind
  /// Nil for a ping.
  public let key: InfoHash?
  /// Virtual time of the call.
  public let started: Instant
  /// What a get delivered, in order.
  public internal(set) var values: [Value] = []
  /// Where each of `values` came from.
  public internal(set) var sources: [Source] = []
  /// What a query delivered, in order.
  public internal(set) var records: [FieldRecord] = []
  /// What a listen was told, in order.
  public internal(set) var changes: [TimedChange] = []
  /// Nodes that acknowledged, as they did.
  public internal(set) var acknowledged: [NodeContact] = []
  /// Steps, when the operation is traced.
  public internal(set) var steps: [TraceStep] = []
  /// How it ended; nil while it runs.
  public internal(set) var outcome: Outcome?
  /// Virtual time of its end; nil while it runs.
  public internal(set) var finished: Instant?
  /// Virtual time of the first value of a get; nil until one comes.
  public internal(set) var firstValueAt: Instant?
  /// Datagrams with the key in them that its node sent while it ran.
  public internal(set) var datagrams = 0
  /// Whether its node was switched off under it: it will never finish, and that is no fault.
  public internal(set) var isAbandoned = false

  init(node: Int, id: OperationID, kind: Kind, key: InfoHash?, started: Instant) {
    self.node = node
    self.id = id
    self.kind = kind
    self.key = key
    self.started = started
  }

  /// Whether its node has told of its end.
  public var isFinished: Bool { outcome != nil }
  /// How it ended; nil while it runs.
  public var ending: Ending? { outcome?.ending }
  /// Whether it ran to its end.
  public var isCompleted: Bool { ending == .completed }
  /// Virtual time from the call to the end; nil while it runs.
  public var duration: Duration? { finished.map { $0 - started } }
  /// Virtual time from the call to the first value; nil when none came.
  public var timeToFirstValue: Duration? { firstValueAt.map { $0 - started } }

  /// How a get or query ended; nil for others, and while it runs.
  public var got: GetOutcome? { if case .get(let outcome) = outcome { outcome } else { nil } }
  /// How a put ended; nil for others, and while it runs.
  public var receipt: PutReceipt? { if case .put(let receipt) = outcome { receipt } else { nil } }
  /// How a ping ended; nil for others, and while it runs.
  public var pinged: PingOutcome? { if case .ping(let outcome) = outcome { outcome } else { nil } }

  /// Values that a listen was told of and that have not expired, by id.
  public internal(set) var present: [Value.ID: Value] = [:]
  /// What a listen was told was added, in order.
  public var added: [Value] { changes.compactMap { if case .added(let value) = $0.change { value } else { nil } } }
  /// What a listen was told was updated, in order.
  public var updated: [Value] { changes.compactMap { if case .updated(let value) = $0.change { value } else { nil } } }
  /// What a listen was told has expired, in order.
  public var expired: [Value] { changes.compactMap { if case .expired(let value) = $0.change { value } else { nil } } }

  /// Nodes between us and the one that brought the first value; nil when the operation is not traced, or found nothing.
  public var hopsToFirstValue: Int? {
    guard let source = sources.first, case .network(let contact) = source else { return nil }
    return steps.first { $0.node.id == contact.id }?.hop
  }
}

extension Operation: CustomStringConvertible {
  public var description: String {
    "\(kind) \(id.number) of node \(node)" + (key.map { " at \($0)" } ?? "")
      + (outcome.map { ": \($0)" } ?? ": unfinished")
  }
}
