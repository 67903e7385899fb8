import DHTModel
import MessagePack

extension MessagePackWriter {
  mutating func writeHash(_ hash: InfoHash) {
    writeBinaryHeader(InfoHash.byteCount)
    append(hash)
  }

  /// The 20 bytes of a hash, without a header.
  mutating func append(_ hash: InfoHash) {
    let (a, b, c, d, e) = hash.words
    append(UInt64(a) << 32 | UInt64(b))
    append(UInt64(c) << 32 | UInt64(d))
    append(e)
  }

  mutating func writeToken(_ token: Token) {
    writeBinaryHeader(token.count)
    guard token.count == 32 else {
      for index in 0..<token.count { append(token[index]) }
      return
    }
    let (a, b, c, d) = token.words
    append(a)
    append(b)
    append(c)
    append(d)
  }

  mutating func writeAgent(_ agent: UserAgent) {
    writeStringHeader(agent.count)
    for index in 0..<agent.count { append(agent[index]) }
  }

  /// The 4 or 16 bytes of an address, without a header.
  mutating func append(_ address: IPAddress) {
    switch address.family {
    case .ipv4: append(UInt32(truncatingIfNeeded: address.low))
    case .ipv6:
      append(address.high)
      append(address.low)
    }
  }

  mutating func writeValueIDs(_ ids: [Value.ID]) {
    writeArrayHeader(ids.count)
    for id in ids { writeUInt64(id) }
  }
}
