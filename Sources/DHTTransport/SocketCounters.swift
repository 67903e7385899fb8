/// Counters of a node's sockets since they were opened, below the protocol.
public struct SocketCounters: Hashable, Sendable {
  /// Datagrams that the system took.
  public var sent = 0
  /// Calls that gave datagrams to the system; each takes up to 64.
  public var writes = 0
  /// Datagrams read.
  public var received = 0
  /// Datagrams cut off for want of room, and dropped: the first long one of each socket.
  public var cutOff = 0
  /// Reads; each brings a burst.
  public var reads = 0
  /// Datagrams dropped since too many waited for the system.
  public var droppedFull = 0
  /// Datagrams that the system refused to send: unreachable, not permitted, too long.
  public var refused = 0
  /// Datagrams for a family without socket.
  public var noSocket = 0

  /// All zero.
  public init() {}
}
