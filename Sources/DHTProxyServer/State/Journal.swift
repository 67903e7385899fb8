internal import DHTModel
internal import DHTProxyMessages
internal import DHTSecurity
internal import DHTWire
internal import MessagePack

// The journal: what changed since the file that it stands beside was written.
//
//   "DHTPROXYJOURNAL1" (16 bytes)  SHA-1 of that file (20 bytes)  record …
//   record: length of the body (4 bytes, big endian)  first 4 bytes of the body's SHA-1  body
//   body:   [ 1, key, value id, PUT or nil ]  or  [ 2, token, key, client id, SUB or nil ]
//
// Each record says all of one registration, so that reading one twice does no harm.
enum Journal {
  static let mark = Array("DHTPROXYJOURNAL1".utf8)
  static let headByteCount = 16 + InfoHash.byteCount
  static let recordHeadByteCount = 8

  /// The beginning of the journal of a file with these bytes.
  static func head(of file: [UInt8]) -> [UInt8] { mark + InfoHash(hashing: file).bytes }

  /// A change as it is appended.
  static func record(_ change: RegistrationChange) -> [UInt8] {
    let body = change.encoded()
    return bytes(UInt32(clamping: body.count)) + checksum(body) + body
  }

  /// What a journal holds.
  struct Contents {
    var changes: [RegistrationChange] = []
    /// Whole records that could not be read, of a kind that came later for example.
    var unreadCount = 0
    /// Bytes up to where it was cut off by a crash.
    var byteCount = 0
  }

  /// The changes of a journal, up to where it was cut off by a crash.
  static func changes(in journal: [UInt8]) -> Contents {
    var contents = Contents()
    var place = headByteCount
    while journal.count - place >= recordHeadByteCount {
      let start = place + recordHeadByteCount
      let count = journal[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
      guard count <= journal.count - start else { break }
      let body = Array(journal[start..<start + count])
      guard checksum(body).elementsEqual(journal[place + 4..<start]) else { break }
      if let change = try? RegistrationChange(decoding: body.span.bytes) {
        contents.changes.append(change)
      } else {
        contents.unreadCount += 1
      }
      place = start + count
    }
    contents.byteCount = min(place, journal.count)
    return contents
  }

  private static func bytes(_ number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> UInt32(24 - 8 * $0)) }
  }
  private static func checksum(_ body: [UInt8]) -> [UInt8] { Array(InfoHash(hashing: body).bytes.prefix(4)) }
}

extension RegistrationChange {
  fileprivate func encoded() -> [UInt8] {
    MessagePackWriter.bytes(reserving: 256) { writer in
      switch self {
      case .put(let id, let put):
        writer.writeArrayHeader(4)
        writer.writeUInt64(1)
        writer.writeBinary(id.key.bytes)
        writer.writeUInt64(id.valueID)
        if let put { put.write(to: &writer) } else { writer.writeNil() }
      case .subscriber(let id, let subscriber):
        writer.writeArrayHeader(5)
        writer.writeUInt64(2)
        writer.writeString(id.token)
        writer.writeBinary(id.key.bytes)
        writer.writeString(id.clientID)
        if let subscriber { subscriber.write(to: &writer) } else { writer.writeNil() }
      }
    }
  }

  fileprivate init(decoding bytes: RawSpan) throws(MessagePackError) {
    var reader = MessagePackReader(bytes, nestingLimit: 32)
    let count = try reader.readArrayHeader()
    switch (try reader.readUInt64(), count) {
    case (1, 4):
      var id = PermanentPut.ID(key: try reader.readKeyHash(), valueID: 0)
      id.valueID = try reader.readUInt64()
      guard try reader.peekKind() != .null else {
        self = .put(id, nil)
        return
      }
      var put = try SavedRegistrations.Put(reading: &reader)
      put.value.id = id.valueID
      self = .put(id, put)
    case (2, 5):
      let token = try reader.readText()
      let key = try reader.readKeyHash()
      let id = Subscription.ID(token: token, key: key, clientID: try reader.readText())
      guard try reader.peekKind() != .null else {
        self = .subscriber(id, nil)
        return
      }
      self = .subscriber(id, try SavedRegistrations.Subscriber(reading: &reader, token: token))
    default: throw .outOfRange(offset: 0)
    }
  }
}
