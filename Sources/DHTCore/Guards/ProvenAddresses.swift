import DHTModel

/// Addresses that used a token of ours lately, which proves that they receive what we send there. (node.md W-21)
///
/// Bounded; when it is full, the one that was proven first goes, and has to answer a ping before it gets much again.
struct ProvenAddresses: Sendable {
  private let capacity: Int
  private var proven = Queue<SocketAddress>()
  private var ends: [SocketAddress: Instant] = [:]

  /// How long a proof counts. (node.md W-21)
  static let lifetime: Duration = .seconds(600)

  /// Nobody has proved anything.
  init(limits: Limits) { capacity = limits.provenAddresses }

  var count: Int { ends.count }

  /// An address proved itself.
  mutating func insert(_ address: SocketAddress, now: Instant) {
    guard capacity > 0 else { return }
    if ends.updateValue(now + Self.lifetime, forKey: address) != nil { return }
    if proven.count >= capacity { removeFirst() }
    proven.append(address)
  }

  /// Whether an address proved itself within the last ten minutes.
  func contains(_ address: SocketAddress, now: Instant) -> Bool { ends[address].map { now < $0 } ?? false }

  private mutating func removeFirst() {
    if let first = proven.popFirst() { ends[first] = nil }
  }
}
