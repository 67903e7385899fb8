public import DHTModel
internal import Synchronization

/// Public keys and certificates that a node has come across, by either id. The oldest go first.
public final class KeyCache: Sendable {
  /// Keys that are remembered. One takes about 1 KiB, with a certificate up to 64 KiB.
  public static let defaultCapacity = 1024
  /// Bytes of certificates that are remembered.
  private static let certificateBytes = 4 << 20

  private struct Entry {
    let key: PublicKey
    var certificate: Certificate?
    var bytes = 0
  }
  private struct Entries {
    var byID: [InfoHash: Entry] = [:]
    var shortIDs: [PublicKeyID: InfoHash] = [:]
    /// Oldest first.
    var order: [InfoHash] = []
    var bytes = 0
  }
  private let entries = Mutex(Entries())
  private let capacity: Int

  /// An empty cache.
  public init(capacity: Int = KeyCache.defaultCapacity) { self.capacity = max(1, capacity) }

  /// How many keys it has.
  public var count: Int { entries.withLock { $0.order.count } }

  /// Remembers a key.
  public func insert(_ key: PublicKey) { insert(Entry(key: key)) }
  /// Remembers a certificate, and its key.
  public func insert(_ certificate: Certificate) {
    insert(
      Entry(
        key: certificate.publicKey, certificate: certificate,
        bytes: certificate.chain.reduce(0) { sum, link in
          sum + link.derRepresentation.count
        }))
  }

  /// The key with an id.
  public func key(_ id: InfoHash) -> PublicKey? { entries.withLock { $0.byID[id]?.key } }
  /// The key with a long id.
  public func key(_ id: PublicKeyID) -> PublicKey? {
    entries.withLock { entries in entries.shortIDs[id].flatMap { entries.byID[$0]?.key } }
  }
  /// The certificate of the key with an id.
  public func certificate(_ id: InfoHash) -> Certificate? { entries.withLock { $0.byID[id]?.certificate } }
  /// The certificate of the key with a long id.
  public func certificate(_ id: PublicKeyID) -> Certificate? {
    entries.withLock { entries in entries.shortIDs[id].flatMap { entries.byID[$0]?.certificate } }
  }

  private func insert(_ entry: Entry) {
    entries.withLock { entries in
      let id = entry.key.id
      if let old = entries.byID[id] {
        // Two keys with one short id cannot both be found by it: the first one stays.
        guard old.key == entry.key, entry.certificate != nil else { return }
        entries.bytes += entry.bytes - old.bytes
      } else {
        entries.order.append(id)
        entries.shortIDs[entry.key.longID] = id
        entries.bytes += entry.bytes
      }
      entries.byID[id] = entry
      while entries.order.count > capacity || entries.bytes > Self.certificateBytes, entries.order.count > 1 {
        let oldest = entries.order.removeFirst()
        guard let gone = entries.byID.removeValue(forKey: oldest) else { continue }
        entries.shortIDs[gone.key.longID] = nil
        entries.bytes -= gone.bytes
      }
    }
  }
}
