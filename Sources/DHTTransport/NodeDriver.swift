public import DHTCore
public import DHTModel
public import NIOCore
internal import NIOPosix

/// Runs a `Node` on an event loop: one input, every output, then sleep.
///
/// Everything happens on the loop. The type is not `Sendable`, so the compiler keeps it there; whoever comes from
/// elsewhere carries it in a `NIOLoopBound`, which checks the thread. Many drivers share a loop.
public final class NodeDriver {
  /// Between two readings of the date, and of the machine's addresses. The node asks for a few minutes at most.
  private static let wallClockInterval: Duration = .seconds(60)
  /// Until datagrams that the system did not take are tried again: about what a full buffer takes to drain.
  private static let retryInterval: Duration = .milliseconds(1)
  /// How long a stopped node may go on passing on what it keeps for others: a put among nodes of which some are silent
  /// takes 4 s.
  private static let passingOnTime: Duration = .seconds(5)
  /// Rounds of telling the node about refused datagrams and sending what it tries instead, before the loop has its turn.
  private static let refusalRounds = 8

  /// A socket of ours, while it is open.
  struct Socket {
    let channel: any Channel
    let descriptor: Int32
    let port: UInt16
    var sender: DatagramSender
  }
  enum State {
    case running
    /// Shut down, passing on what it keeps until then at the latest; `done` hears of the end.
    case passingOn(until: Instant, done: () -> Void)
    case stopped
  }

  private var node: Node
  private var state = State.running
  var ipv4: Socket?
  var ipv6: Socket?
  /// Ports of sockets that were closed under us, to be opened again.
  var dead: [AddressFamily: UInt16] = [:]
  var reopenAt: Instant?
  /// Until a socket that could not be opened again is tried once more. Tests make it shorter.
  var reopenInterval: Duration = .seconds(5)
  /// Opens a socket anew; nil when the system refuses. Tests refuse here.
  var bindAgain: (AddressFamily, UInt16) -> BoundSocket?
  /// Called when the loop takes a socket. Tests refuse here.
  var admit: () throws -> Void = {}
  /// Where names are looked up; tests put slow names here.
  package var resolver = Resolver.shared
  private var isStepping = false
  private var alarm: (at: Instant, callback: NIOScheduledCallback)?
  private var nextWallClock: Instant
  private var refusals: [DHTModel.SocketAddress] = []
  private(set) var delegate: (any NodeDriverDelegate)?
  let transport: TransportConfiguration
  let loop: any EventLoop
  /// Counters of the sockets since the start.
  public private(set) var counters = SocketCounters()

  private init(_ node: consuming Node, _ transport: TransportConfiguration, _ loop: any EventLoop, _ now: Instant) {
    self.node = node
    self.transport = transport
    self.loop = loop
    nextWallClock = now + Self.wallClockInterval
    bindAgain = { family, port in
      try? BoundSocket(transport.address(of: family), port: port, configuration: transport.sockets)
    }
  }

  /// Whether the node still gets inputs.
  var isAlive: Bool {
    switch state {
    case .running, .passingOn: true
    case .stopped: false
    }
  }
}

extension NodeDriver {
  /// Opens the sockets and starts a node on them. Call it on the loop; `done` is called on it, perhaps at once.
  ///
  /// The node gets the families that could be bound, and a seed from the system's generator.
  public static func start(
    _ configuration: Configuration, _ transport: TransportConfiguration, on loop: any EventLoop,
    delegate: any NodeDriverDelegate, _ done: @escaping (Result<NodeDriver, TransportError>) -> Void
  ) {
    let sockets: [BoundSocket]
    do throws(TransportError) {
      sockets = try BoundSocket.open(configuration.families, transport)
    } catch {
      return done(.failure(error))
    }
    var configuration = configuration
    configuration.families = Set(sockets.map(\.family))
    var generator = SystemRandomNumberGenerator()
    let now = SystemClock.now()
    let node = Node(configuration, seed: Seed(using: &generator), now: now, wallTime: SystemClock.wallTime())
    let driver = NodeDriver(node, transport, loop, now)
    driver.delegate = delegate
    let opening = sockets.map { driver.open($0) }
    EventLoopFuture.andAllComplete(opening, on: loop).assumeIsolated().whenComplete { _ in
      guard sockets.allSatisfy({ driver.port($0.family) != nil }) else {
        driver.close()
        return done(.failure(.cannotBind("the event loop did not take a socket")))
      }
      driver.step { node, now in node.setLocalAddresses(localAddresses(), now: now) }
      done(.success(driver))
    }
  }

  /// Gives the node an input, performs every output, and sleeps.
  ///
  /// Not from within an output, that is, from a delegate's call: there the node is still busy.
  public func step(_ input: (inout Node, Instant) -> Void) {
    guard isAlive else { return }
    loop.preconditionInEventLoop()
    precondition(!isStepping, "an input while the node performs its outputs")
    isStepping = true
    input(&node, SystemClock.now())
    performOutputs()
    isStepping = false
    sleep()
  }

  /// Reads something of the node.
  public func read<Answer>(_ question: (borrowing Node, Instant) -> Answer) -> Answer {
    question(node, SystemClock.now())
  }

  /// Whether the node has datagrams that were not taken, for tests.
  var hasWaitingDatagrams: Bool { node.hasDatagrams || !refusals.isEmpty }

  /// Finds the addresses of a host in the families that have a socket, away from the loop, and answers on it.
  public func resolve(_ host: Host, _ done: @escaping @Sendable ([DHTModel.SocketAddress]) -> Void) {
    resolver.resolve(host, node.configuration.families, on: loop, done)
  }

  /// The port of a family; nil when it has no socket.
  public func port(_ family: AddressFamily) -> UInt16? {
    family == .ipv4 ? ipv4?.port : ipv6?.port
  }

  /// Ends every operation of the node, sends its last datagrams, closes the sockets and calls `done`. The delegate hears
  /// of the ends, and of nothing afterwards.
  ///
  /// A node that maintains storage first passes on what it keeps, up to 5 s; it answers others meanwhile.
  public func stop(_ done: @escaping () -> Void) {
    guard case .running = state else { return done() }
    step { node, now in node.shutDown(now: now) }
    delegate = nil
    state = .passingOn(until: SystemClock.now() + Self.passingOnTime, done: done)
    step { _, _ in }
  }
}

// Inputs of the sockets.
extension NodeDriver {
  func receive(_ bytes: RawSpan, from source: DHTModel.SocketAddress) {
    guard isAlive else { return }
    counters.received += 1
    node.receive(bytes, from: source, now: SystemClock.now())
  }

  func noteCutOff() { counters.cutOff += 1 }

  func finishBurst() {
    counters.reads += 1
    step { _, _ in }
  }
}

// Outputs.
extension NodeDriver {
  private func performOutputs() {
    flushPending()
    for _ in 0..<Self.refusalRounds {
      node.takeBatch { batch in send(batch) }
      if refusals.isEmpty { break }
      let refused = refusals
      refusals.removeAll(keepingCapacity: true)
      let now = SystemClock.now()
      for destination in refused { node.sendFailed(to: destination, now: now) }
    }
    while let event = node.nextEvent() { perform(event) }
  }

  private func perform(_ event: Event) {
    switch event {
    case .resolve(let host): look(up: host)
    case .check(let check): run(check)
    default: delegate?.handle(event)
    }
  }

  // Verifying and decrypting takes milliseconds: it goes to other threads and comes back as an input.
  private func run(_ check: Check) {
    let driver = NIOLoopBound(self, eventLoop: loop)
    let threads: WorkThreads = check.isForApplication ? .openings : .strangers
    threads.run(RunningCheck(check)) { [loop] result in
      loop.execute { driver.value.step { node, now in node.checked(result, now: now) } }
    }
  }

  private func look(up host: Host) {
    let driver = NIOLoopBound(self, eventLoop: loop)
    resolve(host) { addresses in
      let driver = driver.value
      if addresses.isEmpty { driver.delegate?.couldNotResolve(host) }
      driver.step { node, now in node.resolved(host, addresses: addresses, now: now) }
    }
  }

  private func send(_ batch: borrowing DatagramBatch) {
    var refused: [(Address, DatagramSender.Refusal)] = []
    if let descriptor = ipv4?.descriptor {
      ipv4?.sender.send(batch, through: descriptor, &counters) { refused.append(($0, $1)) }
    }
    if let descriptor = ipv6?.descriptor {
      ipv6?.sender.send(batch, through: descriptor, &counters) { refused.append(($0, $1)) }
    }
    if ipv4 == nil || ipv6 == nil {
      for index in 0..<batch.count {
        let destination = batch.destination(of: index)
        guard port(destination.family) == nil else { continue }
        counters.noSocket += 1
        // A dead socket says nothing of the destination: the request is sent again, from the new one.
        if dead[destination.family] == nil { refused.append((destination, .unreachable)) }
      }
    }
    for (destination, refusal) in refused { note(refusal, destination) }
  }

  private func flushPending() {
    var refused: [(Address, DatagramSender.Refusal)] = []
    if let descriptor = ipv4?.descriptor, ipv4?.sender.isPending == true {
      ipv4?.sender.flush(through: descriptor, &counters) { refused.append(($0, $1)) }
    }
    if let descriptor = ipv6?.descriptor, ipv6?.sender.isPending == true {
      ipv6?.sender.flush(through: descriptor, &counters) { refused.append(($0, $1)) }
    }
    for (destination, refusal) in refused { note(refusal, destination) }
  }

  private func note(_ refusal: DatagramSender.Refusal, _ destination: DHTModel.SocketAddress) {
    switch refusal {
    case .dropped: break
    case .unreachable: refusals.append(destination)
    case .socketDead:
      // The channel closes; `socketClosed` has it opened again.
      (destination.family == .ipv4 ? ipv4 : ipv6)?.channel.close(promise: nil)
    }
  }
}

// Time.
extension NodeDriver: NIOScheduledCallbackHandler {
  /// Called by the event loop when the node's deadline has come.
  public func handleScheduledCallback(eventLoop: some EventLoop) {
    guard isAlive else { return }
    alarm = nil
    step { node, now in node.advance(to: now) }
  }

  private func sleep() {
    let now = SystemClock.now()
    var wake = Instant.distantFuture
    switch state {
    case .stopped: return
    case .running: break
    case .passingOn(let end, let done):
      guard node.isPassingOn, now < end else {
        close()
        return done()
      }
      wake = end
    }
    if now >= nextWallClock { passMinute(now) }
    if let reopenAt, now >= reopenAt { reopen(now) }
    wake = min(wake, nextWallClock, reopenAt ?? .distantFuture)
    // More was refused than one turn of the loop should be spent on.
    if node.hasDatagrams || !refusals.isEmpty { wake = now }
    if let deadline = node.nextDeadline { wake = min(wake, deadline) }
    if ipv4?.sender.isPending == true || ipv6?.sender.isPending == true { wake = min(wake, now + Self.retryInterval) }
    setAlarm(wake)
  }

  // A deadline that moves away leaves the alarm as it is: waking once too often is dearer only when nothing else
  // happens, and most deadlines move with each packet.
  private func setAlarm(_ wake: Instant) {
    if let alarm {
      guard wake < alarm.at else { return }
      alarm.callback.cancel()
      self.alarm = nil
    }
    let callback = try? loop.assumeIsolated().scheduleCallback(at: NIODeadline(wake), handler: self)
    alarm = callback.map { (wake, $0) }
  }

  private func passMinute(_ now: Instant) {
    nextWallClock = now + Self.wallClockInterval
    isStepping = true
    node.setWallTime(SystemClock.wallTime(), now: now)
    node.setLocalAddresses(Self.localAddresses(), now: now)
    performOutputs()
    delegate?.minutePassed()
    isStepping = false
  }

  private static func localAddresses() -> [IPAddress] {
    let devices = (try? System.enumerateDevices()) ?? []
    return devices.compactMap { $0.address.flatMap(DHTModel.SocketAddress.init)?.ip }
  }
}

extension NodeDriver {
  private func close() {
    state = .stopped
    alarm?.callback.cancel()
    alarm = nil
    refusals = []
    closeSockets()
    delegate = nil
  }
}
