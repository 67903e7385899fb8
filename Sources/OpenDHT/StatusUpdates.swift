internal import DHTCore

/// How well each family is connected.
public struct NodeStatus: Hashable, Sendable {
  /// Of the IPv4 network; disconnected when there is no socket for it.
  public var ipv4: Status
  /// Of the IPv6 network; disconnected when there is no socket for it.
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
  /// Of the IPv4 socket.
  public var ipv4: UInt16?
  /// Of the IPv6 socket.
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
    public typealias Element = NodeStatus
    public typealias Failure = Never
    let dht: DHT

    public func makeAsyncIterator() -> AsyncIterator {
      let operation = Operation(backlog: StatusBacklog(), dht: dht)
      dht.tell { session in session.watchStatus(operation) }
      return AsyncIterator(handle: OperationHandle(operation))
    }

    /// Hands out each status that is new since the last one taken.
    public struct AsyncIterator: AsyncIteratorProtocol {
      let handle: OperationHandle<StatusBacklog>
      /// The next status; nil when the node stopped or the task is cancelled.
      public mutating func next(isolation actor: isolated (any Actor)?) async -> NodeStatus? {
        await handle.operation.next()
      }
    }
  }
}
