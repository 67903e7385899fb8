import DHTModel

/// When the entry points are tried. It never sends: what is to be done is its answer. (node.md §2.6)
struct Bootstrap {
  private(set) var hosts: [Host] = []
  /// Names that are being resolved.
  private(set) var unresolved: Set<Host> = []
  /// Next try; nil while connected, or without entry points.
  private(set) var nextTry: Instant?
  private var lastTry: Instant = .distantPast
  private var backoff = Self.firstBackoff
  /// Whether there was a connection since the last loss of one.
  private var wasConnected = false
  /// When the last connection was lost; nil while there never was one.
  private var cutOff: Instant?

  /// First pause between tries; doubles. Deployed peers do the same. (node.md §0.2)
  static let firstBackoff: Duration = .seconds(10)
  /// Longest pause while operations run, or soon after a connection was lost: somebody waits. (node.md W-49)
  static let eagerBackoff: Duration = .seconds(60)
  /// Longest pause otherwise. Same source.
  static let idleBackoff: Duration = .seconds(600)
  /// How long a lost connection counts as soon ago.
  static let eagerAge: Duration = .seconds(3600)
  /// Shortest time between tries, whatever the application does.
  static let shortestPause: Duration = .seconds(5)

  var isTrying: Bool { !unresolved.isEmpty }

  /// Adds an entry point, which is tried at once.
  mutating func add(_ host: Host) {
    if !hosts.contains(host) { hosts.append(host) }
    backoff = Self.firstBackoff
  }

  mutating func clear() {
    hosts = []
    // An answer that comes after this is for nobody.
    unresolved = []
    nextTry = nil
  }

  mutating func resolve(_ host: Host) { unresolved.insert(host) }

  /// Whether the answer was waited for.
  mutating func resolved(_ host: Host) -> Bool { unresolved.remove(host) != nil }

  mutating func connected() {
    nextTry = nil
    backoff = Self.firstBackoff
    cutOff = nil
    wasConnected = true
  }

  /// No node is left.
  mutating func disconnected(now: Instant) {
    // Usually by way of "connecting", while the last nodes are doubted.
    if wasConnected { cutOff = now }
    wasConnected = false
    if nextTry == nil { nextTry = max(now, lastTry + Self.shortestPause) }
  }

  /// Something suggests that a try may succeed now, or that it is urgent.
  mutating func hasten(now: Instant) {
    backoff = Self.firstBackoff
    nextTry = max(now, lastTry + Self.shortestPause)
  }

  /// A try is made.
  mutating func tried(now: Instant, hasOperations: Bool) {
    lastTry = now
    nextTry = now + backoff
    let isEager = hasOperations || cutOff.map { $0 + Self.eagerAge > now } ?? false
    backoff = min(backoff * 2, isEager ? Self.eagerBackoff : Self.idleBackoff)
  }
}
