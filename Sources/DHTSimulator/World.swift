import DHTCore
public import DHTModel

/// A network of nodes, in one value of virtual time: driver 2 of the same `Node` that the product runs.
///
///     let world = World(seed: 7, network: NetworkModel(loss: 0.2))
///     world.populate(64)
///     let put = world.put(Value("hello"), at: key, from: 3)
///     world.run(until: put)
///     world.crash(0..<16)
///     let get = world.get(key, from: 40)
///     world.run(until: get)
///
/// Everything is decided by the seed: the same calls give the same packets, byte for byte, which `digest` proves.
/// It uses no threads and no clock of the system.
public final class World {
  /// What everything random here starts from.
  public let seed: UInt64
  /// Virtual time; 0 at the beginning.
  public internal(set) var now = Instant(nanoseconds: 0)
  /// The date at the beginning, on a clock without skew: 2026-01-01 00:00 UTC.
  public let beginning = WallTime(seconds: 1_767_225_600)
  /// What the network does to packets from now on.
  public var network: NetworkModel { didSet { times = LinkTimes(network) } }
  /// For the scenario's own choices. The network draws from another, so a choice more does not shift its losses.
  public var random: SeededGenerator
  /// The computers, by number.
  public internal(set) var machines: [Machine] = []
  /// The scripted peers, by number.
  public internal(set) var puppets: [Puppet] = []
  /// What was seen and must never be. At most 100 are kept.
  public internal(set) var violations: [Violation] = []
  /// Whether operations stay in `Machine.operations` when they are over. Off, a great world forgets them.
  public var keepsOperations = true
  /// What name servers know, beside `node-N` for each node. Unknown names have no address.
  public var names: [String: [IPAddress]] = [:]
  /// How long the resolution of a name takes.
  public var resolutionTime: Duration = .milliseconds(1)
  /// How long the verification and decryption of values take.
  public var checkTime: Duration = .milliseconds(1)
  /// Told of every packet, for traces to a file.
  public var onTrace: ((TraceEntry) -> Void)?

  /// Packets sent so far.
  public internal(set) var packetsSent = 0
  /// Bytes of them, without headers.
  public internal(set) var bytesSent = 0
  /// Happenings so far: arrivals, wake-ups and steps of the scenario.
  public internal(set) var happenings = 0

  var queue = HappeningQueue()
  var pool = PacketPool()
  var trace: TraceRing
  var times: LinkTimes
  var packetRandom: SeededGenerator
  var fingerprint = Digest()
  var plan = AddressPlan()
  var endpoints: [SocketAddress: Endpoint] = [:]
  var nats: [NAT] = []
  var natsByIP: [IPAddress: Int] = [:]
  var unreachable: Set<SocketAddress> = []
  var isPartitioned = false
  var actions: [UInt32: (World) -> Void] = [:]
  private var nextAction: UInt32 = 0

  /// An empty world that remembers the last `traceCapacity` happenings to packets.
  public init(seed: UInt64, network: NetworkModel = NetworkModel(), traceCapacity: Int = 256) {
    self.seed = seed
    self.network = network
    times = LinkTimes(network)
    trace = TraceRing(capacity: traceCapacity)
    random = SeededGenerator(seed: seed)
    packetRandom = random.split()
  }

  /// Fingerprint of every packet sent so far: time, source, destination, bytes.
  public var digest: UInt64 { fingerprint.value }
  /// The date on a clock without skew.
  public var wallTime: WallTime { beginning + (now - Instant(nanoseconds: 0)) }
}

// MARK: Time

extension World {
  /// Lets time pass.
  public func run(for duration: Duration) {
    let end = (now + duration).nanoseconds
    while happen(notAfter: end) {}
    now = Instant(nanoseconds: end)
  }

  /// Lets time pass until the condition holds, checked after each happening. Returns whether it does.
  @discardableResult
  public func run(atMost limit: Duration, until condition: () -> Bool) -> Bool {
    let end = (now + limit).nanoseconds
    while !condition() {
      guard happen(notAfter: end) else {
        now = Instant(nanoseconds: end)
        return condition()
      }
    }
    return true
  }

  /// Lets time pass until the operation is over. Returns whether it is.
  @discardableResult
  public func run(until operation: Operation, atMost limit: Duration = .seconds(60)) -> Bool {
    run(atMost: limit) { operation.isFinished }
  }

  /// Lets time pass until all of them are over. Returns whether they are.
  @discardableResult
  public func run(until operations: [Operation], atMost limit: Duration = .seconds(60)) -> Bool {
    var index = 0
    return run(atMost: limit) {
      while index < operations.count, operations[index].isFinished { index += 1 }
      return index == operations.count
    }
  }

  /// Does something later: the disturbances of a scenario.
  public func after(_ delay: Duration, _ action: @escaping (World) -> Void) {
    nextAction &+= 1
    actions[nextAction] = action
    queue.add(.action, nextAction, at: (now + delay).nanoseconds)
  }

  /// One happening; false when there is none until then.
  private func happen(notAfter end: Int64) -> Bool {
    guard let time = queue.nextTime, time <= end, let happening = queue.popFirst() else { return false }
    now = Instant(nanoseconds: time)
    happenings += 1
    switch happening.kind {
    case .arrival: arrive(happening.number)
    case .wake: wake(machines[Int(happening.number)], at: time)
    case .action: actions.removeValue(forKey: happening.number)?(self)
    }
    return true
  }
}
