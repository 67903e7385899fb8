import DHTModel

/// Addresses we do not speak with for a while: nodes whose answer to a search had no token. (node.md §7.5)
///
/// Exact address and port. An entry ends after 10 minutes, since a forged answer can bring an honest node here
/// (node.md W-44); when it is full the oldest goes first.
struct Blacklist: Sendable {
  private struct Entry: Sendable {
    var address: SocketAddress
    var end: Instant
  }
  private let capacity: Int
  private var entries = Queue<Entry>()
  private var ends: [SocketAddress: Instant] = [:]

  /// How long an entry counts. (node.md W-44)
  static let lifetime: Duration = .seconds(600)

  /// An empty list.
  init(limits: Limits) { capacity = limits.blacklistEntries }

  var count: Int { entries.count }
  /// When the oldest entry ends; nil when empty.
  var nextDeadline: Instant? { entries.first?.end }

  /// Adds an address for 10 minutes; one that is already there keeps its end.
  mutating func insert(_ address: SocketAddress, now: Instant) {
    advance(to: now)
    guard capacity > 0, ends[address] == nil else { return }
    if entries.count >= capacity { removeFirst() }
    let end = now + Self.lifetime
    entries.append(Entry(address: address, end: end))
    ends[address] = end
  }

  /// Whether an address is to be ignored.
  func contains(_ address: SocketAddress, now: Instant) -> Bool {
    guard !ends.isEmpty, let end = ends[address] else { return false }
    return now < end
  }

  /// Forgets entries that ended.
  mutating func advance(to now: Instant) {
    while let first = entries.first, first.end <= now { removeFirst() }
  }

  private mutating func removeFirst() {
    guard let first = entries.popFirst() else { return }
    ends[first.address] = nil
  }
}
