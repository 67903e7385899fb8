public import DHTModel

/// One thing that happened to a packet.
public struct TraceEntry: Sendable {
  /// What became of it.
  public enum Fate: UInt8, Sendable {
    /// Handed to the network, which will deliver it.
    case sent
    /// Sent, and sent once more by the network.
    case duplicated
    /// Taken by its receiver.
    case delivered
    /// By the network's `loss`, or a link that was cut.
    case lost
    /// The two stand on different sides of a partition.
    case partitioned
    /// Nobody has that address, or its machine is off.
    case nobody
    /// The sender's system refused to send.
    case unreachable
    /// A NAT dropped it.
    case refusedByNAT
  }

  /// Since the beginning of the world.
  public let time: Duration
  /// What became of it.
  public let fate: Fate
  /// Addresses in the packet's header at that moment; a NAT on the way changes them.
  public let source, destination: SocketAddress
  /// The packet.
  public let bytes: [UInt8]
}

extension TraceEntry: CustomStringConvertible {
  /// Time, fate, addresses, size and what the packet says, in one line.
  public var description: String {
    "\(secondsText(time)) \(mark) \(source) > \(destination) \(bytes.count) B \(summary)"
  }

  private var summary: String { bytes.isEmpty ? "" : packetSummary(bytes) }

  private var mark: String {
    switch fate {
    case .sent: "->"
    case .duplicated: "=>"
    case .delivered: "<-"
    case .lost: "lost"
    case .partitioned: "parted"
    case .nobody: "nobody"
    case .unreachable: "unreachable"
    case .refusedByNAT: "NAT"
    }
  }
}

/// Seconds with six decimals, such as `12.034567`. No Foundation here, hence by hand.
func secondsText(_ duration: Duration) -> String {
  let microseconds = duration.inNanoseconds / 1000
  let fraction = String(microseconds % 1_000_000)
  return "\(microseconds / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
}
