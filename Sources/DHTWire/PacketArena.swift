import MessagePack

/// Encoded packets, back to back in one buffer that is reused: no allocation per packet.
public struct PacketArena: Sendable {
  /// The bytes of all packets.
  public var bytes: [UInt8] = []
  /// Where each packet ends in `bytes`; it starts where the one before it ends.
  public var ends: [Int] = []

  /// An empty arena.
  public init() {}

  /// How many packets it holds.
  public var count: Int { ends.count }

  /// The range of a packet in `bytes`.
  public func range(of packet: Int) -> Range<Int> { (packet == 0 ? 0 : ends[packet - 1])..<ends[packet] }

  /// Forgets the packets, and keeps the memory.
  public mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }

  mutating func append(reserving: Int, _ write: (inout MessagePackWriter) -> Void) {
    MessagePackWriter.append(to: &bytes, reserving: reserving, write)
    ends.append(bytes.count)
  }
}
