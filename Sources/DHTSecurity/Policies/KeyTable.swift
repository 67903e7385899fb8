internal import DHTModel

/// Keys with their certificates, up to a count and a number of bytes; the oldest go first.
struct KeyTable {
  struct Entry {
    let key: PublicKey
    var certificate: Certificate?
    var bytes = 0
  }
  /// Bytes of certificates that are remembered.
  private static let certificateBytes = 4 << 20

  private var entries: [PublicKeyID: Entry] = [:]
  private var longIDs: [InfoHash: PublicKeyID] = [:]
  /// Oldest first.
  private var order: [PublicKeyID] = []
  private var bytes = 0
  private let capacity: Int

  init(capacity: Int) { self.capacity = capacity }

  var count: Int { entries.count }

  subscript(_ id: PublicKeyID) -> Entry? { entries[id] }
  subscript(_ id: InfoHash) -> Entry? { longIDs[id].flatMap { entries[$0] } }

  mutating func insert(_ key: PublicKey) {
    if entries[key.longID] == nil { insert(Entry(key: key)) }
  }

  mutating func insert(_ certificate: Certificate) {
    let bytes = certificate.chain.reduce(0) { $0 + $1.derRepresentation.count }
    insert(Entry(key: certificate.publicKey, certificate: certificate, bytes: bytes))
  }

  private mutating func insert(_ entry: Entry) {
    let id = entry.key.longID
    if let old = entries.updateValue(entry, forKey: id) {
      bytes -= old.bytes
    } else {
      order.append(id)
      // Two keys with one short id: by that one, the first is found; by its long id, each.
      if longIDs[entry.key.id] == nil { longIDs[entry.key.id] = id }
    }
    bytes += entry.bytes
    while entries.count > capacity || bytes > Self.certificateBytes, entries.count > 1 { forgetOldest() }
  }

  private mutating func forgetOldest() {
    guard let gone = entries.removeValue(forKey: order.removeFirst()) else { return }
    if longIDs[gone.key.id] == gone.key.longID { longIDs[gone.key.id] = nil }
    bytes -= gone.bytes
  }
}
