import DHTModel
import DHTWire

/// One query in flight, with its retries.
struct PendingRequest {
  /// What the answer is for.
  enum Purpose {
    /// A ping to an address of a bootstrap host, whose id is unknown.
    case bootstrap
    case ping(OperationID)
    /// Does a dubious node still live?
    case probe
    /// Does this address receive what is sent there?
    case prove
    /// Does this address really speak for that id?
    case claim(NodeID)
    /// Table upkeep: nodes near some id.
    case maintenance
    /// Nodes near the key of a search; and whether the node holds a signed value under the id of a guarded announce.
    case find(key: InfoHash, guarding: Announce.ID? = nil)
    /// Values for a get, and nodes near its key.
    case get(key: InfoHash, OperationID, GetStage)
    /// Does the node hold the value that is announced to it?
    case probeValue(key: InfoHash, Announce.ID)
    case put(key: InfoHash, Announce.ID)
    case refresh(key: InfoHash, Announce.ID)
    case verify(key: InfoHash, Announce.ID)
    case listen(key: InfoHash, NetworkListen.ID, SocketID)
    /// A push to a listener of ours.
    case update(key: InfoHash, SocketID)
  }

  /// How a get asks a node.
  enum GetStage: Equatable {
    /// All that matches.
    case values
    /// Ids and sequence numbers first, since values are many or large.
    case list
    /// One value of the list.
    case value(Value.ID)
  }

  let transaction: TransactionID
  let destination: SocketAddress
  /// Who is expected to answer; nil when the id is unknown.
  let node: NodeID?
  let purpose: Purpose
  /// The same bytes go out each time.
  let packets: PacketArena
  let firstSent: Instant

  private(set) var attempt = 1
  private(set) var lastSent: Instant
  private var wait: Duration
  /// When it is sent again, or given up.
  private(set) var due: Instant
  /// When its node counts as late; nil once it does.
  private(set) var lateAt: Instant?
  /// The head of the answer is here, its parts are coming.
  private(set) var isReceiving = false

  init(
    transaction: TransactionID, destination: SocketAddress, node: NodeID?, purpose: Purpose, packets: PacketArena,
    lateAfter: Duration, now: Instant, random: inout RandomSource
  ) {
    self.transaction = transaction
    self.destination = destination
    self.node = node
    self.purpose = purpose
    self.packets = packets
    firstSent = now
    lastSent = now
    wait = Self.firstWait + random.duration(in: Self.jitter)
    due = now + wait
    lateAt = now + lateAfter
  }
}

extension PendingRequest {
  /// Sends of one request before its node counts as silent. Deployed peers do the same; fewer loses nodes on lossy links.
  static let attempts = 3
  /// Wait for a reply before the second send; each further wait is twice the last. Same source. (wire.md §8.1)
  static let firstWait: Duration = .seconds(1)
  /// Added to each wait, so that requests do not march in step. Same source.
  static let jitter: ClosedRange<Duration> = .zero ... .milliseconds(250)

  /// What the passing of time calls for.
  enum Action {
    case wait
    /// Its node is slower than measured: ask another as well.
    case reportLate
    case retransmit(reportLate: Bool)
    case reportExpired
  }

  var nextDeadline: Instant { min(due, lateAt ?? due) }

  mutating func advance(to now: Instant, random: inout RandomSource) -> Action {
    if now >= due {
      guard !isReceiving, attempt < Self.attempts else { return .reportExpired }
      attempt += 1
      wait = wait * 2 + random.duration(in: Self.jitter)
      lastSent = now
      due = now + wait
      defer { lateAt = nil }
      return .retransmit(reportLate: lateAt != nil)
    }
    guard let late = lateAt, now >= late else { return .wait }
    lateAt = nil
    return .reportLate
  }

  /// The head of the answer came: no more sends while its parts arrive.
  mutating func receiveHead(until deadline: Instant) {
    isReceiving = true
    lateAt = nil
    due = deadline
  }
}
