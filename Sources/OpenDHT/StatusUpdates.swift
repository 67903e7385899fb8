internal import DHTCore

/// How well each family is connected.
public struct NodeStatus: Hashable, Sendable {
  /// That of IPv4.
  public var ipv4: Status
  /// That of IPv6.
  public var ipv6: Status
  /// The better of the two.
  public var best: Status { max(ipv4, ipv6) }

  /// A status of each family.
  public init(ipv4: Status = .disconnected, ipv6: Status = .disconnected) {
    self.ipv4 = ipv4
    self.ipv6 = ipv6
  }
}

/// The UDP ports in use; nil for a family without socket.
public struct BoundPorts: Hashable, Sendable {
  /// That of IPv4.
  public var ipv4: UInt16?
  /// That of IPv6.
  public var ipv6: UInt16?

  /// A port of each family.
  public init(ipv4: UInt16? = nil, ipv6: UInt16? = nil) {
    self.ipv4 = ipv4
    self.ipv6 = ipv6
  }
}

extension DHT {
  /// The status now, then each change. Every loop over it is on its own; a slow one sees the latest only.
  public struct StatusUpdates: AsyncSequence, Sendable {
    /// The status of both families.
    public typealias Element = NodeStatus
    /// Never throws.
    public typealias Failure = Never
    let dht: DHT

    /// Begins to watch the status; each reader on its own.
    public func makeAsyncIterator() -> AsyncIterator {
      let operation = Operation(backlog: StatusBacklog(), dht: dht)
      dht.tell { session in session.watchStatus(operation) }
      return AsyncIterator(handle: OperationHandle(operation))
    }

    /// Takes each status. Dropping it ends the watching.
    public struct AsyncIterator: AsyncIteratorProtocol {
      let handle: OperationHandle<StatusBacklog>
      /// The next status; nil when the node stopped or the task is cancelled.
      public mutating func next(isolation actor: isolated (any Actor)?) async -> NodeStatus? {
        await handle.operation.next()
      }
    }
  }
}
