import DHTModel

/// A search's view of one node.
///
///     fresh ──ask──▶ asked ──late──▶ late ──silence──▶ failed
///                      │              │
///                      └───answer─────┴──▶ answered ──10 min, or 401──▶ fresh
struct Candidate {
  var contact: NodeContact { didSet { site = contact.address.ip.site } }
  /// The network it stands in; nil for one that counts for none. (node.md W-41)
  private(set) var site: UInt64?
  /// Others of its network come before it: it is asked when there are too few elsewhere.
  var isCrowded = false
  /// Nodes between us and it: 0 for those we knew.
  let hop: Int
  /// When it last answered a find or get of this search.
  private(set) var answered: Instant?
  /// Since when an answer is overdue by the measured round trip; nil while none is.
  private(set) var lateSince: Instant?
  /// Finds and gets in flight to it.
  private(set) var asks = 0
  /// There was no news of it for long: it may be asked, but nobody waits for it.
  private(set) var isDoubtful: Bool
  /// Given up: silent, expired, or breaking the rules.
  private(set) var isFailed = false

  init(_ contact: NodeContact, hop: Int, isDoubtful: Bool = false) {
    self.contact = contact
    site = contact.address.ip.site
    self.hop = hop
    self.isDoubtful = isDoubtful
  }

  var id: NodeID { contact.id }
  var isLate: Bool { lateSince != nil }

  /// A late node still counts for so long: its values may be the only ones. (node.md W-1)
  static let grace: Duration = .seconds(3)

  func isOverdue(at now: Instant) -> Bool { lateSince.map { isDoubtful || $0 + Self.grace <= now } ?? false }

  /// Whether what it said of the key is recent enough to rely upon.
  func isSynced(at now: Instant) -> Bool { answered.map { $0 >= now - KnownNode.syncAge } ?? false }

  mutating func ask() { asks += 1 }
  mutating func becomeLate(now: Instant) { if lateSince == nil { lateSince = now } }
  mutating func answer(now: Instant) {
    asks = max(0, asks - 1)
    answered = now
    lateSince = nil
    isDoubtful = false
  }
  /// A node that replied names it.
  mutating func confirm() { isDoubtful = false }
  /// An ask ended without an answer that counts.
  mutating func withdraw() {
    asks = max(0, asks - 1)
    if asks == 0 { lateSince = nil }
  }
  mutating func fail() {
    isFailed = true
    asks = 0
    lateSince = nil
  }
  /// Its token was refused: what it said no longer counts, and it is asked again.
  mutating func desync() { answered = nil }
  /// It sent us something after all.
  mutating func revive() { isFailed = false }
}
