public import DHTCore
public import DHTModel

/// One computer of the world: addresses, a clock of its own, and a node while it is switched on.
public final class Machine {
  /// Holds the node, which cannot be copied; gone when the machine is off.
  final class Running {
    var node: Node
    init(_ node: consuming Node) { self.node = node }
  }

  /// Its number in the world.
  public let number: Int
  /// With `nodeID` nil, each start draws a new id.
  public internal(set) var configuration: Configuration
  /// Sockets as the machine itself sees them; behind a NAT the IPv4 one is private.
  public internal(set) var ipv4: SocketAddress?
  /// Its IPv6 socket; nil without one. IPv6 passes no NAT.
  public internal(set) var ipv6: SocketAddress?
  /// What its wall clock is ahead of the world's; negative when it is late.
  public internal(set) var clockSkew: Duration
  /// Every status of the node since it started, with its time: IPv4, IPv6.
  public internal(set) var statuses: [(at: Instant, ipv4: Status, ipv6: Status)] = []
  /// The public address that the node last told of.
  public internal(set) var reportedAddress: IPAddress?
  /// Operations since the node started; finished ones are forgotten when a great world asks for it.
  public internal(set) var operations: [Operation] = []
  /// Datagrams that its nodes sent since the world began.
  public internal(set) var datagramsSent = 0
  /// Bytes of them, without headers.
  public internal(set) var bytesSent = 0

  var running: Running?
  var nat: Int?
  var side: UInt8 = 0
  var byID: [OperationID: Operation] = [:]
  /// Operations that run and whose datagrams are counted.
  var counted: [Operation] = []
  var refusedSends: [SocketAddress] = []
  /// The earliest wake-up in the queue, in nanoseconds; `.max` for none.
  var wakeTime = Int64.max
  var lastWallTime = Instant.distantPast
  /// Wake-ups that did not move time on; a node that keeps asking for one is in an endless loop.
  var idleWakes = 0

  init(number: Int, configuration: Configuration, clockSkew: Duration) {
    self.number = number
    self.configuration = configuration
    self.clockSkew = clockSkew
  }

  /// Whether a node runs on it.
  public var isOn: Bool { running != nil }
  /// The id of the node, or the last one it had.
  public internal(set) var nodeID = NodeID.zero
  /// The status last told: the better of the two families.
  public var status: Status { statuses.last.map { max($0.ipv4, $0.ipv6) } ?? .disconnected }

  func address(_ family: AddressFamily) -> SocketAddress? { family == .ipv4 ? ipv4 : ipv6 }
}
