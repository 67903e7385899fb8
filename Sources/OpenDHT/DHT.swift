internal import DHTCore
public import DHTModel
internal import DHTSecurity
internal import NIOConcurrencyHelpers
internal import NIOCore

/// A node of the distributed hash table, and everything an application does with it.
///
///     let dht = DHT(DHT.Configuration(bootstrap: ["bootstrap.example.org:4222"]))
///     try await dht.start()
///     try await dht.put(Value("hello"), at: InfoHash(hashing: "room"))
///     for await change in dht.listen(to: InfoHash(hashing: "room")) { … }
///     await dht.stop()
///
/// Every operation ends exactly once: with its result, at its deadline, when its task is cancelled, or when the node
/// stops. Operations made while the node is still connecting wait for it; made while it is cut off, they fail at once.
///
/// A started node runs until `stop()`, also when nobody holds it any more. Nothing here blocks a thread.
public final class DHT: Sendable {
  /// How the node was set up.
  public let configuration: Configuration
  /// The node's id: the configured one, that of its identity, or one drawn at random when this object was made; of the
  /// proxy's node, when a proxy works for us, as soon as it answered.
  public var nodeID: NodeID { nodeIDs.withLockedValue { $0 } }
  private let nodeIDs: NIOLockedValueBox<NodeID>
  let session: NIOLoopBoundBox<Session>
  /// Keys and certificates that were looked up, or seen on values.
  let keys = KeyCache()
  let issued = NIOLockedValueBox(IssuedSequences())

  /// Prepares a node. Opens nothing and starts nothing.
  public init(_ configuration: Configuration = Configuration()) {
    self.configuration = configuration
    let id = configuration.node.nodeID ?? configuration.identity?.nodeID ?? InfoHash.random()
    let nodeIDs = NIOLockedValueBox(id)
    self.nodeIDs = nodeIDs
    let loop = configuration.threads.next()
    session = .makeBoxSendingValue(
      Session(configuration, nodeID: id, nodeIDs: nodeIDs, keys: keys, loop: loop), eventLoop: loop)
  }

  /// Opens the sockets and begins to connect to the bootstrap hosts.
  ///
  /// Throws `.alreadyRunning`, `.portInUse` or `.cannotBind`; nothing runs then. A stopped node can be started again.
  public func start() async throws(DHTError) {
    try await answer { session, done in session.start(done) }.get()
  }

  /// Stops the node: everything that runs ends as cancelled, the sockets close. Takes milliseconds, but for a node that
  /// maintains storage: it first passes on what it keeps for others, for up to 5 s.
  public func stop() async {
    await answer { session, done in session.stop { done(()) } }
  }

  /// Refuses new operations and waits until the running gets, queries, puts and pings are over. Meanwhile the node
  /// still answers others. Listens and permanent values do not count. Call `stop()` afterwards.
  ///
  /// Returns false when the time was over, or the task cancelled, first.
  @discardableResult
  public func drain(timeout: Duration = .seconds(15)) async -> Bool {
    let waiting = Waiting<Bool>(cancelled: false)
    return await waiting.value(of: self) { session in session.drain(timeout: timeout, waiting) }
  }

  /// Waits until a family is connected, that is, a good node is known. Returns at once when it is so already.
  ///
  /// Throws `.timedOut`, `.cancelled`, or `.notRunning` when the node is, or gets, stopped.
  public func waitUntilConnected(timeout: Duration = .seconds(10)) async throws(DHTError) {
    let waiting = Waiting<Result<Void, DHTError>>(cancelled: .failure(.cancelled))
    try await waiting.value(of: self) { session in session.waitUntilConnected(timeout: timeout, waiting) }.get()
  }
}

extension DHT {
  /// Version of this library, as semver.org has it.
  public static let version = "0.1.0"

  /// How well each family is connected.
  public var status: NodeStatus {
    get async { await onLoop { session in session.status } }
  }

  /// The status now, then each change of it. A slow reader sees the latest only. Ends when the node stops; for a node
  /// that does not run it ends at once: call `start()` first.
  ///
  ///     for await status in dht.statusUpdates { print(status) }
  public var statusUpdates: StatusUpdates { StatusUpdates(dht: self) }

  /// The UDP ports in use; nil for a family without socket.
  public var boundPorts: BoundPorts {
    get async { await onLoop { session in session.boundPorts } }
  }

  /// Adds entry points, tried at once and again whenever the node is cut off. Before `start()` they wait for it.
  public func bootstrap(to hosts: Host...) { bootstrap(to: hosts) }

  /// Adds entry points, tried at once and again whenever the node is cut off. Before `start()` they wait for it.
  public func bootstrap(to hosts: [Host]) {
    tell { session in session.addBootstrap(hosts) }
  }

  /// Forgets every entry point.
  public func clearBootstrap() {
    tell { session in session.clearBootstrap() }
  }

  /// Adds nodes known from elsewhere, for example from a saved list. Sends nothing by itself.
  public func insert(_ contacts: [NodeContact]) {
    tell { session in session.insert(contacts) }
  }

  /// Gives values of a type a lifetime or policies of their own, from now until the node stops; in place of those of a type
  /// with the same number. `configuration.node.types` does so from the start.
  ///
  /// Returns false when the node does not run.
  @discardableResult
  public func register(_ type: ValueType) async -> Bool {
    await onLoop { session in session.register(type) }
  }

  /// Tells the node that this machine's network changed: addresses, routes, a wake-up from sleep.
  public func connectivityChanged() {
    tell { session in session.connectivityChanged() }
  }
}

extension DHT {
  /// Finds the addresses of a host, as a bootstrap or a ping would. Empty when it has none that a socket could reach, when
  /// the node does not run, and as soon as the node is stopped or the task cancelled.
  public func resolve(_ host: Host) async -> [DHTModel.SocketAddress] {
    let waiting = Waiting<[DHTModel.SocketAddress]>(cancelled: [])
    return await waiting.value(of: self) { session in session.resolve(host, waiting) }
  }
}
