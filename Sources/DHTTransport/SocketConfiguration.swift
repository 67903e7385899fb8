/// Sizes of a socket's buffers.
public struct SocketConfiguration: Hashable, Sendable {
  /// Bytes of datagrams that wait in the system until the loop reads them: parts of eight of the largest values from
  /// each of eight nodes. What comes beyond it is lost. The system may grant less (Linux: `net.core.rmem_max`).
  public var receiveBufferBytes: Int32 = 4 << 20
  /// Bytes of datagrams that wait in the system until they are sent. The system may grant less.
  public var sendBufferBytes: Int32 = 1 << 20
  /// Bytes of datagrams that wait in the process while the system takes none. Beyond it they are dropped and counted,
  /// as any network may drop them.
  public var maximumPendingBytes = 4 << 20

  /// The defaults.
  public init() {}
}
