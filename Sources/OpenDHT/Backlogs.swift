internal import DHTCore
internal import NIOCore

/// Values of a get that nobody took yet.
struct ValueBacklog: OperationBacklog {
  /// Bytes of values that may wait: what a node stores for all others. Values beyond it are dropped and counted; only
  /// a reader that does not read can lose any.
  static let maximumBytes = 64 << 20
  /// Values that may wait: as many as a node keeps under one key.
  static let maximumCount = 65536

  private var waiting = CircularBuffer<DHT.SourcedValues.Element>()
  private var bytes = 0
  private(set) var dropped = 0

  mutating func take(_ event: Event) {
    guard case .values(_, let values, let source) = event else { return }
    for value in values {
      guard waiting.count < Self.maximumCount, bytes < Self.maximumBytes else {
        dropped += 1
        continue
      }
      bytes += value.size
      waiting.append(DHT.SourcedValues.Element(value: value, source: source))
    }
  }

  mutating func popFirst() -> DHT.SourcedValues.Element? {
    let first = waiting.popFirst()
    bytes -= first?.value.size ?? 0
    return first
  }
}

/// Records of a query that nobody took yet.
struct RecordBacklog: OperationBacklog {
  /// Records that may wait: as many as a node keeps under one key, from each of eight nodes.
  static let maximumCount = 8 * 65536
  /// Bytes of user types that may wait with them, as of values: a peer may write kilobytes into each.
  static let maximumBytes = 64 << 20

  private var waiting = CircularBuffer<FieldRecord>()
  private var bytes = 0
  private(set) var dropped = 0

  mutating func take(_ event: Event) {
    guard case .fields(_, let records, _) = event else { return }
    for record in records {
      guard waiting.count < Self.maximumCount, bytes < Self.maximumBytes else {
        dropped += 1
        continue
      }
      bytes += record.userTypeBytes?.count ?? 0
      waiting.append(record)
    }
  }

  mutating func popFirst() -> FieldRecord? {
    let first = waiting.popFirst()
    bytes -= first?.userTypeBytes?.count ?? 0
    return first
  }
}

/// Steps of a trace that nobody took yet.
struct TraceBacklog: OperationBacklog {
  /// Steps that may wait; a search asks some tens of nodes.
  static let maximumCount = 16384

  private var waiting = CircularBuffer<TraceStep>()
  private(set) var dropped = 0

  mutating func take(_ event: Event) {
    guard case .traced(_, let step) = event else { return }
    if waiting.count < Self.maximumCount { waiting.append(step) } else { dropped += 1 }
  }

  mutating func popFirst() -> TraceStep? { waiting.popFirst() }
}

/// The latest status, unless it was taken.
struct StatusBacklog: OperationBacklog {
  private var latest: NodeStatus?

  mutating func take(_ event: Event) {
    guard case .statusChanged(let ipv4, let ipv6) = event else { return }
    latest = NodeStatus(ipv4: ipv4, ipv6: ipv6)
  }

  mutating func popFirst() -> NodeStatus? {
    defer { latest = nil }
    return latest
  }
}
