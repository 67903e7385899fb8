import DHTModel
import DHTWire

/// Gets whose answer waits until their address has answered a ping: whoever forges a source would else turn a get of
/// 70 bytes into megabytes for somebody who asked for nothing. (node.md W-21, N-141)
struct WithheldAnswers: Sendable {
  /// What is to be answered.
  struct Pending: Sendable {
    let get: Request.Get
    let transaction: TransactionID
  }
  enum Held: Equatable, Sendable {
    /// The first of its address: ping it.
    case first
    /// The address is being pinged.
    case another
    /// There is no room: the asker repeats its get after a second.
    case refused
  }
  private struct Source: Sendable {
    var pending: [Pending]
    let end: Instant
  }

  private let limit: Int
  private var sources: [SocketAddress: Source] = [:]
  // In the order of their ends; those that were answered are stale.
  private var order = Queue<(address: SocketAddress, end: Instant)>()
  private(set) var count = 0

  /// How long an answer waits. The asker has repeated its get by then. (node.md W-21)
  static let patience: Duration = .seconds(3)
  /// Gets held for one address; more find it proven, or not there.
  private static let perAddress = 64

  /// Nothing waits.
  init(limits: Limits) { limit = limits.withheldAnswers }

  /// Keeps a get until its address proves itself.
  mutating func hold(_ pending: Pending, from address: SocketAddress, now: Instant) -> Held {
    forget(until: now)
    guard var source = sources[address] else {
      guard count < limit else { return .refused }
      count += 1
      sources[address] = Source(pending: [pending], end: now + Self.patience)
      order.append((address, now + Self.patience))
      return .first
    }
    // Sent again, since nothing came.
    if source.pending.contains(where: { $0.transaction == pending.transaction }) { return .another }
    guard count < limit, source.pending.count < Self.perAddress else { return .refused }
    count += 1
    source.pending.append(pending)
    sources[address] = source
    return .another
  }

  /// An address answered: what waits for it, oldest first.
  mutating func take(_ address: SocketAddress, now: Instant) -> [Pending] {
    forget(until: now)
    guard let source = sources.removeValue(forKey: address) else { return [] }
    count -= source.pending.count
    return source.pending
  }

  private mutating func forget(until now: Instant) {
    while let first = order.first, first.end <= now {
      _ = order.popFirst()
      guard let source = sources[first.address], source.end == first.end else { continue }
      count -= source.pending.count
      sources[first.address] = nil
    }
  }
}
