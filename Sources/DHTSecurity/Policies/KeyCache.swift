public import DHTModel
internal import Synchronization

/// Public keys and certificates that a node has come across, by either id.
///
/// What the application registered, what was looked up, and what was merely seen on values stand in tables of their own:
/// in each the oldest go first, and none can push out what stands in another.
public final class KeyCache: Sendable {
  /// Keys that are remembered in each table. One takes about 1 KiB, with a certificate up to 64 KiB.
  public static let defaultCapacity = 1024

  private struct Tables {
    var registered, lookedUp, seen: KeyTable

    func first<Found>(_ question: (KeyTable) -> Found?) -> Found? {
      question(registered) ?? question(lookedUp) ?? question(seen)
    }
  }
  private let tables: Mutex<Tables>

  /// An empty cache. The capacity is that of each of its three tables.
  public init(capacity: Int = KeyCache.defaultCapacity) {
    let empty = KeyTable(capacity: max(1, capacity))
    tables = Mutex(Tables(registered: empty, lookedUp: empty, seen: empty))
  }

  /// How many keys it has; one that stands in several tables counts in each.
  public var count: Int { tables.withLock { $0.registered.count + $0.lookedUp.count + $0.seen.count } }

  /// Remembers a certificate and its key for the application. No other way of meeting that key replaces it.
  public func register(_ certificate: Certificate) { tables.withLock { $0.registered.insert(certificate) } }
  /// Remembers a key that was looked up.
  public func insert(_ key: PublicKey) { tables.withLock { $0.lookedUp.insert(key) } }
  /// Remembers a certificate that was looked up, and its key.
  public func insert(_ certificate: Certificate) { tables.withLock { $0.lookedUp.insert(certificate) } }
  /// Remembers the key of a signature that somebody sent.
  public func insertSeen(_ key: PublicKey) { tables.withLock { $0.seen.insert(key) } }

  /// The key with an id.
  public func key(_ id: InfoHash) -> PublicKey? { tables.withLock { $0.first { $0[id]?.key } } }
  /// The key with a long id.
  public func key(_ id: PublicKeyID) -> PublicKey? { tables.withLock { $0.first { $0[id]?.key } } }
  /// The certificate of the key with an id.
  public func certificate(_ id: InfoHash) -> Certificate? { tables.withLock { $0.first { $0[id]?.certificate } } }
  /// The certificate of the key with a long id.
  public func certificate(_ id: PublicKeyID) -> Certificate? { tables.withLock { $0.first { $0[id]?.certificate } } }
}
