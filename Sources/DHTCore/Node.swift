public import DHTModel

/// A node of the network: the whole machine, as a value.
///
/// It is fed datagrams, requests of the application and the passing of time; it answers with datagrams,
/// events and its next deadline. It holds no socket, clock, task or lock.
///
///     var node = Node(configuration, seed: seed, now: now, wallTime: date)
///     node.receive(bytes, from: source, now: now)
///     node.takeDatagrams { bytes, destination in socket.send(bytes, to: destination) }
///     while let event = node.nextEvent() { handle(event) }
///     timer.wake(at: node.nextDeadline)
///
/// After every input: take the datagrams, take the events, then sleep until `nextDeadline`.
public struct Node: ~Copyable {
  /// Our id, the same in every family.
  public let id: NodeID
  public let configuration: Configuration

  /// A node that knows nobody yet.
  public init(_ configuration: Configuration, seed: Seed, now: Instant, wallTime: WallTime) {
    self.configuration = configuration
    self.id = configuration.nodeID ?? .zero
  }

  // MARK: Inputs of the network

  /// A datagram arrived. Whatever it holds, this neither traps nor grows without bound.
  public mutating func receive(_ bytes: RawSpan, from source: SocketAddress, now: Instant) {}
  /// The system could not send to this address: network or host unreachable, not permitted.
  public mutating func sendFailed(to destination: SocketAddress, now: Instant) {}
  /// Time passed. Call it at `nextDeadline`, or later.
  public mutating func advance(to now: Instant) {}
  /// The wall clock was read; corrects the node's own idea of the date. Call it at least every few minutes.
  public mutating func setWallTime(_ wallTime: WallTime, now: Instant) {}
  /// The network of this machine changed: addresses, routes, a wake-up.
  public mutating func connectivityChanged(now: Instant) {}
  /// Addresses of this machine's interfaces; lets the node see that it is not behind a NAT.
  public mutating func setLocalAddresses(_ addresses: [IPAddress], now: Instant) {}

  // MARK: Entry points

  /// Adds a host to the bootstrap list, to be tried at once and whenever we are cut off. Asks for its resolution by an event.
  public mutating func addBootstrap(_ host: Host, now: Instant) {}
  /// Forgets the bootstrap list.
  public mutating func clearBootstrap(now: Instant) {}
  /// The answer to `Event.resolve`; empty when the name has no address.
  public mutating func resolved(_ host: Host, addresses: [SocketAddress], now: Instant) {}
  /// Adds a node known from elsewhere. Sends nothing by itself.
  public mutating func insert(_ contact: NodeContact, now: Instant) {}
  /// Pings an address whose node id is unknown.
  public mutating func ping(_ address: SocketAddress, deadline: Instant? = nil, now: Instant) -> OperationID { OperationID(0) }

  // MARK: Operations. Each ends with exactly one `Event.finished`.

  /// Fetches values. They come as `Event.values`, each distinct content once.
  public mutating func get(
    _ key: InfoHash, where filters: [Query.Filter] = [], deadline: Instant? = nil, isTraced: Bool = false, now: Instant
  ) -> OperationID { OperationID(0) }
  /// Fetches selected fields. They come as `Event.fields`.
  public mutating func query(_ key: InfoHash, _ query: Query, deadline: Instant? = nil, now: Instant) -> OperationID { OperationID(0) }
  /// Stores a value here and at the nodes closest to the key. An id of 0 is replaced by a random one; the receipt names it.
  /// A permanent put runs, and is renewed, until it is cancelled; its `finished` tells of the first round only.
  public mutating func put(_ value: Value, at key: InfoHash, options: PutOptions = PutOptions(), now: Instant) -> OperationID { OperationID(0) }
  /// Tells of changes under a key until cancelled.
  public mutating func listen(to key: InfoHash, where filters: [Query.Filter] = [], deadline: Instant? = nil, now: Instant) -> OperationID { OperationID(0) }
  /// Ends an operation; a running put is no longer announced, but stays where it is stored.
  public mutating func cancel(_ operation: OperationID, now: Instant) {}
  /// Stops announcing a value, and removes it from our own storage. Other nodes keep it until it expires.
  /// Returns whether there was one.
  @discardableResult
  public mutating func cancelPut(_ valueID: Value.ID, at key: InfoHash, now: Instant) -> Bool { false }
  /// Ends every operation as cancelled; with `maintainsStorage`, announces what is stored. The node goes on answering.
  public mutating func shutDown(now: Instant) {}

  // MARK: Outputs

  /// Hands every waiting datagram to `send`, in order, and forgets them.
  public mutating func takeDatagrams(_ send: (_ bytes: RawSpan, _ destination: SocketAddress) -> Void) {}
  /// The next event, oldest first.
  public mutating func nextEvent() -> Event? { nil }
  /// When `advance` must be called next; nil for never.
  public var nextDeadline: Instant? { nil }

  // MARK: Inspection

  /// The better of the two families.
  public var status: Status { .disconnected }
  public func statistics(_ family: AddressFamily, now: Instant) -> FamilyStatistics { FamilyStatistics() }
  public var storageStatistics: StorageStatistics { StorageStatistics() }
  public var counters: Counters { Counters() }
  /// Operations that run or wait.
  public var operationCount: Int { 0 }
  /// Values in our own storage under a key.
  public func localValues(at key: InfoHash, where filters: [Query.Filter] = []) -> [Value] { [] }
  /// Values being announced under a key.
  public func announcedValues(at key: InfoHash) -> [Value] { [] }
  /// Our address as peers see it, most reported first.
  public func reportedAddresses(_ family: AddressFamily) -> [IPAddress] { [] }
  /// Good nodes, those of our own bucket first.
  public func goodNodes(_ family: AddressFamily, now: Instant) -> [NodeContact] { [] }
  /// The routing table, for people.
  public func routingTableDescription(_ family: AddressFamily, now: Instant) -> [BucketDescription] { [] }
  /// The searches, for people; of one key, or of all.
  public func searchDescriptions(at key: InfoHash?, now: Instant) -> [SearchDescription] { [] }
  /// The storage, for people; of one key, or of all.
  public func storageDescriptions(at key: InfoHash?, now: Instant) -> [StorageDescription] { [] }
}

/// How a value is put.
public struct PutOptions: Sendable, Hashable {
  /// Whether it is kept alive until cancelled.
  public var isPermanent = false
  /// When the value was made; nil for now.
  public var created: WallTime?
  /// Whether holders are asked afterwards if they have it.
  public var verify = false
  /// When the operation ends at the latest.
  public var deadline: Instant?
  public init(isPermanent: Bool = false, created: WallTime? = nil, verify: Bool = false, deadline: Instant? = nil) {
    self.isPermanent = isPermanent
    self.created = created
    self.verify = verify
    self.deadline = deadline
  }
}
