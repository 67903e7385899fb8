import DHTModel
import MessagePack

// One pair of a map each; a field that is not there writes nothing.
extension MessagePackWriter {
  mutating func write(_ key: MessagePackKey, _ hash: InfoHash) {
    writeKey(key)
    writeHash(hash)
  }

  mutating func write(_ key: MessagePackKey, unlessZero hash: InfoHash) {
    if hash != .zero { write(key, hash) }
  }

  mutating func write(_ key: MessagePackKey, _ number: UInt64?) {
    guard let number else { return }
    writeKey(key)
    writeUInt64(number)
  }

  mutating func write(_ key: MessagePackKey, _ number: Int64?) {
    guard let number else { return }
    writeKey(key)
    writeInt64(number)
  }

  mutating func write(_ key: MessagePackKey, ids: [Value.ID]) {
    guard !ids.isEmpty else { return }
    writeKey(key)
    writeValueIDs(ids)
  }

  mutating func write(_ token: Token?) {
    guard let token, token.count > 0 else { return }
    writeKey(.token)
    writeToken(token)
  }

  mutating func write(_ created: WallTime?) {
    guard let created else { return }
    writeKey(.created)
    writeInt64(created.seconds)
  }

  mutating func write(_ query: Query?) {
    guard let query else { return }
    writeKey(.query)
    query.write(to: &self)
  }

  mutating func write(_ values: ValueList) {
    guard values.isPresent else { return }
    writeKey(.values)
    values.write(to: &self)
  }

  mutating func write(_ want: Want) {
    guard case .families(let ipv4, let ipv6) = want else { return }
    writeKey(.want)
    writeArrayHeader((ipv4 ? 1 : 0) + (ipv6 ? 1 : 0))
    if ipv4 { writeUInt64(UInt64(AddressFamily.ipv4.rawValue)) }
    if ipv6 { writeUInt64(UInt64(AddressFamily.ipv6.rawValue)) }
  }
}
