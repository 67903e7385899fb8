public import DHTModel

/// Datagrams to send, back to back in memory that somebody else owns. Copying it copies no datagram.
public struct DatagramBatch: ~Escapable {
  /// The bytes of all datagrams.
  public let bytes: RawSpan
  private let ends: Span<Int>
  private let destinations: Span<SocketAddress>

  /// Datagrams of which each ends in `bytes` at the offset that `ends` says, and begins where the one before it ends.
  @_lifetime(copy bytes, copy ends, copy destinations)
  public init(bytes: RawSpan, ends: Span<Int>, destinations: Span<SocketAddress>) {
    precondition(ends.count == destinations.count, "\(ends.count) datagrams, \(destinations.count) destinations")
    self.bytes = bytes
    self.ends = ends
    self.destinations = destinations
  }

  /// How many datagrams it holds.
  public var count: Int { destinations.count }
  /// Where a datagram stands in `bytes`.
  public func range(of index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }
  /// Where a datagram goes.
  public func destination(of index: Int) -> SocketAddress { destinations[index] }
}
