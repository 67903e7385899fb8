import DHTCollections
public import DHTModel
import DHTWire

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
  var context: Context
  /// One machine per family, IPv4 first. Large: look at one through its methods, a copy shows in a profile.
  var overlays: [Overlay] = []
  /// The family of each overlay.
  let families: [AddressFamily]
  var store: ValueStore
  var listeners: RemoteListeners
  var tokens: TokenIssuer
  var limiter: RateLimiter
  var pushLimiter: RateLimiter
  var proven: ProvenAddresses
  var withheld: WithheldAnswers
  var reassembler: Reassembler
  var checks: PendingChecks
  var reported: [AddressFamily: ReportedAddresses] = [:]
  var bootstrap = Bootstrap()

  var operations: [OperationID: Operation] = [:]
  private var nextOperation: UInt64 = 1
  /// Operations that wait until it is known whether we are connected, oldest first.
  var held: [OperationID] = []
  /// Deadlines of operations, and moments at which one is looked at again.
  var operationDeadlines = DeadlineQueue<OperationID>()
  var deadlines: [OperationID: Instant] = [:]
  var announcements: [Announce.ID: Announcement] = [:]
  /// Announcements by key, since every put looks for those it repeats or replaces.
  var announcementsByKey: [InfoHash: [Announce.ID]] = [:]
  /// What a put that ended still keeps alive.
  var announcementOfPut: [OperationID: Announce.ID] = [:]
  var announceDeadlines = DeadlineQueue<Announce.ID>()
  var groups: [NetworkListen.ID: ListenGroup] = [:]
  var groupDeadlines = DeadlineQueue<NetworkListen.ID>()
  /// Groups by key, since every stored value looks for the listens on its key.
  var groupsByKey: [InfoHash: [NetworkListen.ID]] = [:]
  private var nextShared: UInt64 = 1
  /// Keys whose values are passed on when nearer nodes appear.
  var watchedKeys: Set<InfoHash> = []
  var keyDeadlines = DeadlineQueue<InfoHash>()

  /// The status last told of, by overlay.
  var statuses: [Status] = []
  var statusMayHaveChanged = true
  var isShutDown = false
  /// Addresses of this machine; tells whether we are behind a NAT.
  var localAddresses: Set<IPAddress> = []
  /// Since when peers have seen us at the same address of this machine, by family.
  var stableSince: [AddressFamily: Instant] = [:]

  /// A node that knows nobody yet.
  public init(_ configuration: Configuration, seed: Seed, now: Instant, wallTime: WallTime) {
    var random = RandomSource(seed)
    let id = configuration.nodeID ?? NodeID.random(using: &random)
    let limits = configuration.limits
    store = ValueStore(
      types: configuration.types, unknownType: configuration.unknownType, limits: limits,
      ownerID: configuration.ownerID)
    listeners = RemoteListeners(limits: limits)
    tokens = TokenIssuer(random: &random, now: now)
    limiter = RateLimiter(
      total: limits.requestsPerSecond, perAddress: limits.requestsPerSecondAndAddress,
      costlyShare: limits.costlyRequestShare, kept: limits.requestsPerSecondOfGoodNodes)
    pushLimiter = RateLimiter(total: limits.pushesPerSecond, perAddress: limits.pushesPerSecondAndAddress)
    proven = ProvenAddresses(limits: limits)
    withheld = WithheldAnswers(limits: limits)
    reassembler = Reassembler(bytes: limits.reassemblyBytes, perAddress: limits.reassembliesPerAddress)
    checks = PendingChecks(limits: limits)
    context = Context(id: id, configuration: configuration, random: random, now: now)
    context.setWallTime(wallTime)
    families = AddressFamily.allCases.filter { configuration.families.contains($0) }
    for family in families {
      overlays.append(Overlay(family: family, context: &context))
      reported[family] = ReportedAddresses(limits: limits)
    }
    for index in overlays.indices { overlays[index].isStable = configuration.isPublicStable }
    statuses = families.map { _ in .disconnected }
  }

  /// Our id, the same in every family.
  public var id: NodeID { context.id }
  /// The configuration the node was made with.
  public var configuration: Configuration { context.configuration }

  mutating func freshOperation() -> OperationID {
    defer { nextOperation += 1 }
    return OperationID(nextOperation)
  }

  mutating func freshSharedID() -> UInt64 {
    defer { nextShared += 1 }
    return nextShared
  }

  func overlayIndex(_ family: AddressFamily) -> Int? { families.firstIndex(of: family) }
}

// MARK: Inputs

extension Node {
  /// Time passed. Call it at `nextDeadline`, or later.
  public mutating func advance(to now: Instant) {
    begin(now)
    tokens.advance(to: now, random: &context.random)
    context.outbox.release(now: context.now)
    for expired in reassembler.expire(now: now) { receiveIncomplete(expired) }
    store.advance(to: now)
    listeners.advance(to: now)
    for index in overlays.indices {
      let other = overlays.indices.first { $0 != index }.map { overlays[$0].contacts.table }
      overlays[index].advance(otherTable: other, &context)
    }
    advanceOperations()
    advanceWatchedKeys()
    advanceBootstrap()
    statusMayHaveChanged = true
    settle()
  }

  /// The wall clock was read; corrects the node's own idea of the date. Call it at least every few minutes.
  public mutating func setWallTime(_ wallTime: WallTime, now: Instant) {
    begin(now)
    context.setWallTime(wallTime)
  }

  /// The system could not send to this address: network or host unreachable, not permitted.
  public mutating func sendFailed(to destination: SocketAddress, now: Instant) {
    begin(now)
    guard let index = overlayIndex(destination.family) else { return }
    overlays[index].sendFailed(to: destination, &context)
    settle()
  }

  /// Gives the values of a type its lifetime and policies, from now on; in place of those of a type with its number.
  public mutating func register(_ type: ValueType) { store.types[type.id] = type }

  /// The network of this machine changed: addresses, routes, a wake-up. Every known node is asked again, every
  /// listen is renewed, and if we are cut off, the entry points are tried. (node.md §7.4)
  public mutating func connectivityChanged(now: Instant) {
    begin(now)
    for family in reported.keys { reported[family]?.removeAll() }
    stableSince = [:]
    for index in overlays.indices { overlays[index].connectivityChanged(&context) }
    bootstrap.hasten(now: now)
    statusMayHaveChanged = true
    settle()
  }

  /// Addresses of this machine's interfaces; lets the node see that it is not behind a NAT.
  public mutating func setLocalAddresses(_ addresses: [IPAddress], now: Instant) {
    begin(now)
    localAddresses = Set(addresses)
  }

  /// Ends every operation as cancelled; with `maintainsStorage`, passes on what is stored. The node goes on answering others until it is dropped.
  public mutating func shutDown(now: Instant) {
    begin(now)
    isShutDown = true
    for operation in operations.keys.sorted() { finish(operation, .cancelled) }
    for id in announcements.keys.sorted() { stopAnnouncement(id) }
    for id in groups.keys.sorted() { closeGroup(id) }
    passOnAll()
    settle()
  }

  /// Every input begins here.
  mutating func begin(_ now: Instant) {
    // Time does not run backwards, whatever a driver says.
    context.now = max(context.now, now)
  }
}

// MARK: Outputs

extension Node {
  /// Hands every waiting datagram to `send`, in order, and forgets them.
  public mutating func takeDatagrams(_ send: (_ bytes: RawSpan, _ destination: SocketAddress) -> Void) {
    countDatagrams()
    context.outbox.takeDatagrams(send)
  }

  /// Hands all waiting datagrams to `send` at once, for systems that take many with one call, and forgets them. `send`
  /// is not called when none waits.
  public mutating func takeBatch(_ send: (_ batch: borrowing DatagramBatch) -> Void) {
    countDatagrams()
    context.outbox.takeBatch(send)
  }

  /// Whether datagrams wait to be taken.
  public var hasDatagrams: Bool { !context.outbox.destinations.isEmpty }

  private mutating func countDatagrams() {
    context.counters.datagramsSent += context.outbox.destinations.count
    context.counters.bytesSent += context.outbox.arena.bytes.count
  }

  /// The next event, oldest first.
  public mutating func nextEvent() -> Event? { context.outbox.nextEvent() }

  /// When `advance` must be called next; nil for never.
  public var nextDeadline: Instant? {
    var next: Instant = tokens.nextDeadline
    for index in overlays.indices { next = min(next, overlays[index].nextDeadline) }
    let others: [Instant?] = [
      reassembler.nextDeadline, store.nextDeadline, listeners.nextDeadline, operationDeadlines.nextDeadline,
      announceDeadlines.nextDeadline, context.outbox.nextDeadline, groupDeadlines.nextDeadline,
      keyDeadlines.nextDeadline, bootstrap.nextTry,
    ]
    for case let deadline? in others { next = min(next, deadline) }
    return next
  }
}

// MARK: Settling

extension Node {
  /// Follows up what an input set off, until nothing is left to do.
  mutating func settle() {
    repeat {
      for index in overlays.indices { overlays[index].settle(&context) }
      takeEffects()
      takeStoreChanges()
      updateStatus()
    } while hasUnsettledWork
  }

  private var hasUnsettledWork: Bool {
    statusMayHaveChanged || overlays.indices.contains { overlays[$0].isUnsettled }
  }

  private mutating func takeEffects() {
    for index in overlays.indices {
      while !overlays[index].contacts.effects.isEmpty {
        var effects: [Effect] = []
        swap(&effects, &overlays[index].contacts.effects)
        for effect in effects { handle(effect, overlay: index) }
      }
    }
  }

  private mutating func handle(_ effect: Effect, overlay index: Int) {
    switch effect {
    case .values(let operation, let values, let contact): deliver(values, .network(contact), to: operation)
    case .records(let operation, let records, let contact): deliver(records, .network(contact), to: operation)
    case .getEnded(let operation, let family, let end): endGet(operation, family, end)
    case .acknowledged(let id, let contact): acknowledge(id, contact)
    case .announceEnded(let id, let family, let end): endAnnounce(id, family, end)
    case .listenNews(let id, let contact, let news): hear(news, id, from: contact, overlays[index].family)
    case .listenLost(let id, let family, let node): loseListenSource(id, family, node)
    case .pinged(let operation, let contact, let roundTrip): endPing(operation, contact, roundTrip)
    case .pingFailed(let operation): finish(operation, .completed)
    case .traced(let operation, let step):
      // An answer may come after the end; nothing is told of an operation that is over.
      if operations[operation] != nil { context.outbox.tell(.traced(operation, step)) }
    case .listenerSilent(let contact): listeners.removeAll(of: contact.id, at: contact.address)
    case .searchDied: searchDied()
    case .broken(let address): context.blacklist.insert(address, now: context.now)
    case .proved(let address): answerWithheld(address, index)
    case .statusMayChange: statusMayHaveChanged = true
    case .addressDoubted: doubtAddress(index)
    case .explored(let key): overlays[index].explored(key, &context)
    }
  }
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
  /// Whether the value's id was drawn at random for this put, so that no other value can stand under it.
  public var hasDrawnID = false
  /// Options; without any, a put made now that lives as long as its type says.
  public init(
    isPermanent: Bool = false, created: WallTime? = nil, verify: Bool = false, deadline: Instant? = nil,
    hasDrawnID: Bool = false
  ) {
    self.isPermanent = isPermanent
    self.created = created
    self.verify = verify
    self.deadline = deadline
    self.hasDrawnID = hasDrawnID
  }
}
