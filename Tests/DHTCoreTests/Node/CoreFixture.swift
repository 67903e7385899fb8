import DHTModel
import DHTWire

@testable import DHTCore

/// Short names for what tests of the core are made of.
enum CoreFixture {
  static let start = Instant(nanoseconds: 1_000_000_000_000)

  /// A moment, in seconds after `start`.
  static func at(_ seconds: Double) -> Instant { Instant(nanoseconds: start.nanoseconds + Int64(seconds * 1e9)) }
  /// An id whose first eight bits are these: distances can be read off.
  static func id(_ prefix: UInt8, _ tail: UInt32 = 1) -> NodeID { InfoHash(UInt32(prefix) << 24, 0, 0, 0, tail) }
  static func address(_ number: UInt32, port: UInt16 = 4222) -> SocketAddress {
    SocketAddress(ip: IPAddress(ipv4: 0x0A00_0000 + number), port: port)
  }
  static func contact(_ prefix: UInt8, _ tail: UInt32 = 1) -> NodeContact {
    NodeContact(id: id(prefix, tail), address: address(UInt32(prefix) << 8 | tail))
  }

  /// A record that is good now.
  static func good(_ id: NodeID, now: Instant = start) -> KnownNode {
    var node = KnownNode(id: id, address: address(UInt32(id.commonBits(with: .zero) + 1)), isClient: false)
    node.heard = now
    node.replied = now
    return node
  }

  /// A node over IPv4 with a known id.
  static func node(_ seed: UInt64 = 1, _ change: (inout Configuration) -> Void = { _ in }) -> Node {
    var configuration = Configuration()
    configuration.nodeID = id(0)
    configuration.families = [.ipv4]
    change(&configuration)
    return Node(configuration, seed: Seed(seed, 2), now: start, wallTime: WallTime(seconds: 1_700_000_000))
  }

  static func signed(_ id: Value.ID, _ text: String, sequence: UInt16, owner: UInt8 = 1) -> Value {
    Value(
      id: id,
      content: .signed(
        Value.Body(data: Array(text.utf8)),
        Value.Signature(owner: [owner], sequence: sequence, signature: Array(text.utf8))))
  }
}
