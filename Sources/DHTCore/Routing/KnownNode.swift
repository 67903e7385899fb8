import DHTModel

/// A remote node: id, address, liveness. (node.md §2.1)
struct KnownNode {
  let id: NodeID
  /// Where it is reached. Moves only on proof. (node.md W-40)
  var address: SocketAddress
  /// A client is answered, but never enters the routing table. Taken when the record is made.
  let isClient: Bool

  /// Last packet of any kind.
  var heard: Instant = .distantPast
  /// Last reply to a request of ours.
  var replied: Instant = .distantPast
  /// Last time another node named it.
  var mentioned: Instant = .distantPast
  /// When it was given up on; nil while it is not.
  var expired: Instant?
  /// When it was last tried in vain after it had expired.
  var retried: Instant = .distantPast
  /// Refused tokens in a row.
  var authErrors = 0
  /// Requests in flight to it.
  var pending = 0
  var isInTable = false

  /// Its newest write token.
  var token: Token?
  /// When a find or get reply last brought a token.
  var synced: Instant = .distantPast
  var roundTrip = RoundTrip()

  /// Another address from which somebody uses its id, under check.
  var claimedAddress: SocketAddress?
  var claimChecked: Instant = .distantPast

  init(id: NodeID, address: SocketAddress, isClient: Bool) {
    self.id = id
    self.address = address
    self.isClient = isClient
  }

  var contact: NodeContact { NodeContact(id: id, address: address) }
}

extension KnownNode {
  /// Last reply younger than this, for a good node. Deployed peers do the same. (node.md §0.2)
  static let goodReplyAge: Duration = .seconds(7200)
  /// Last news younger than this, for a good node. Same source.
  static let goodNewsAge: Duration = .seconds(600)
  /// How long a token and what a node said of a key are relied upon. (wire.md §9)
  static let syncAge: Duration = .seconds(600)
  /// Refused tokens in a row that are forgiven; the next gives the node up. (node.md §0.1)
  static let maximumAuthErrors = 3
  /// An expired node that a good node names is tried again after this time. (node.md §7.6)
  static let secondChanceAge: Duration = .seconds(60)

  func state(at now: Instant) -> NodeState {
    if expired != nil { return .expired }
    return isGood(at: now) ? .good : .dubious
  }

  // Asked for every node of every answer, so the ages are counted in nanoseconds once: arithmetic on `Duration`
  // has 128 bits, and was 2 % of a large simulation.
  private static let goodReplyNanoseconds = goodReplyAge.inNanoseconds
  private static let goodNewsNanoseconds = goodNewsAge.inNanoseconds
  private static let syncNanoseconds = syncAge.inNanoseconds

  func isGood(at now: Instant) -> Bool {
    expired == nil && replied.nanoseconds >= now.nanoseconds - Self.goodReplyNanoseconds
      && heard.nanoseconds >= now.nanoseconds - Self.goodNewsNanoseconds
  }

  /// Whether a put or listen may be sent at once.
  func hasFreshToken(at now: Instant) -> Bool {
    token != nil && synced.nanoseconds >= now.nanoseconds - Self.syncNanoseconds
  }

  /// Whether there was news of it lately: it was heard, or somebody who replied named it. Others may long be gone.
  func isFresh(at now: Instant) -> Bool {
    max(heard, mentioned).nanoseconds >= now.nanoseconds - Self.goodNewsNanoseconds
  }

  /// Whether a search may ask it: not expired, or expired so long ago that it deserves another try.
  func mayBeAsked(at now: Instant) -> Bool {
    guard let expired else { return true }
    let failed = max(expired, retried)
    return failed <= now - Self.secondChanceAge && mentioned > failed
  }
}
