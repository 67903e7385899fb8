internal import DHTModel
internal import DHTProxyMessages
internal import DHTWire
internal import MessagePack

// The reference's file, to the byte; `sec`, which only ours has, is passed over by it. (proxy.md §10)
//
//   "puts"          : map  key: bin(20) -> array[1] of map  id: uint -> PUT
//   "pushListeners" : map  token: str   -> array[1] of map  key: bin(20) -> array of SUB
//   PUT: map  "value", "exp": uint (s), ["cid"], ["sid"], ["t": int, "token"], ["top"], ["sec": bin(32)]
//   SUB: map  "cid", "exp": uint (s), "sid", "t": int, ["top"], ["sec": bin(32)]
extension SavedRegistrations {
  /// The file as bytes.
  func encoded() -> [UInt8] {
    MessagePackWriter.bytes(reserving: 64 + 256 * (puts.count + subscribers.count)) { writer in
      writer.writeMapHeader(2)
      writer.writeString("puts")
      writePuts(to: &writer)
      writer.writeString("pushListeners")
      writeSubscribers(to: &writer)
    }
  }

  /// Reads a file of the reference or of ours. A registration that cannot be read is counted and passed over: others stand
  /// beside it. What is not even MessagePack makes the file corrupt: it is written whole.
  init(decoding bytes: RawSpan) throws(MessagePackError) {
    var reader = MessagePackReader(bytes, nestingLimit: 32)
    for _ in 0..<(try reader.readMapHeader()) {
      let name = try reader.readText()
      switch name {
      case "puts": try readPuts(from: &reader)
      case "pushListeners": try readSubscribers(from: &reader)
      default: try reader.skip()
      }
    }
  }
}

extension SavedRegistrations {
  private func writePuts(to writer: inout MessagePackWriter) {
    let keys = Dictionary(grouping: puts.keys, by: \.key)
    writer.writeMapHeader(keys.count)
    for (key, ids) in keys.sorted(by: { $0.key < $1.key }) {
      writer.writeBinary(key.bytes)
      writer.writeArrayHeader(1)
      writer.writeMapHeader(ids.count)
      for id in ids.sorted(by: { $0.valueID < $1.valueID }) {
        writer.writeUInt64(id.valueID)
        puts[id]?.write(to: &writer)
      }
    }
  }

  private func writeSubscribers(to writer: inout MessagePackWriter) {
    let tokens = Dictionary(grouping: subscribers.keys, by: \.token)
    writer.writeMapHeader(tokens.count)
    for (token, ids) in tokens.sorted(by: { $0.key < $1.key }) {
      writer.writeString(token)
      writer.writeArrayHeader(1)
      let keys = Dictionary(grouping: ids, by: \.key)
      writer.writeMapHeader(keys.count)
      for (key, ids) in keys.sorted(by: { $0.key < $1.key }) {
        writer.writeBinary(key.bytes)
        writer.writeArrayHeader(ids.count)
        for id in ids.sorted(by: { $0.clientID < $1.clientID }) { subscribers[id]?.write(to: &writer) }
      }
    }
  }

  @_lifetime(reader: copy reader)
  private mutating func readPuts(from reader: inout MessagePackReader) throws(MessagePackError) {
    for _ in 0..<(try reader.readMapHeader()) {
      let key = try reader.readKeyHash()
      for _ in 0..<(try reader.readArrayHeader()) {
        for _ in 0..<(try reader.readMapHeader()) {
          let id = PermanentPut.ID(key: key, valueID: try reader.readUInt64())
          let place = reader.offset
          try reader.skip()
          guard var put = Put(decoding: reader.bytes.extracting(place..<reader.offset)) else {
            unreadCount += 1
            continue
          }
          put.value.id = id.valueID
          puts[id] = put
        }
      }
    }
  }

  @_lifetime(reader: copy reader)
  private mutating func readSubscribers(from reader: inout MessagePackReader) throws(MessagePackError) {
    for _ in 0..<(try reader.readMapHeader()) {
      let token = try reader.readText()
      for _ in 0..<(try reader.readArrayHeader()) {
        for _ in 0..<(try reader.readMapHeader()) {
          let key = try reader.readKeyHash()
          for _ in 0..<(try reader.readArrayHeader()) {
            let place = reader.offset
            try reader.skip()
            let bytes = reader.bytes.extracting(place..<reader.offset)
            guard let subscriber = Subscriber(decoding: bytes, token: token) else {
              unreadCount += 1
              continue
            }
            let id = Subscription.ID(token: token, key: key, clientID: subscriber.context.clientID)
            subscribers[id] = subscriber
          }
        }
      }
    }
  }
}

extension SavedRegistrations.Put {
  fileprivate init?(decoding bytes: RawSpan) {
    var reader = MessagePackReader(bytes, nestingLimit: 32)
    guard let put = try? Self(reading: &reader) else { return nil }
    self = put
  }

  // The reference leaves the token of a platform without a number out, and so loses it. Here it is written; it reads both.
  func write(to writer: inout MessagePackWriter) {
    let map = writer.openMap()
    writer.writeKey(MessagePackKey("value"))
    writer.append(value.packed())
    writer.writeKey(.end)
    writer.writeUInt64(UInt64(clamping: end))
    if let context {
      if !context.clientID.isEmpty { writer.write(.clientID, context.clientID) }
      writer.write(.sessionID, context.sessionID)
      writer.writeKey(.platform)
      writer.writeUInt64(context.platform.number)
      writer.write(.token, context.token)
      if !context.topic.isEmpty { writer.write(.topic, context.topic) }
    }
    writer.write(secret)
    writer.closeMap(map)
  }

  @_lifetime(reader: copy reader)
  init(reading reader: inout MessagePackReader) throws(MessagePackError) {
    let start = reader.offset
    var value: Value?
    var fields = RegistrationFields()
    for _ in 0..<(try reader.readMapHeader()) {
      let key = try reader.readKey()
      if key == MessagePackKey("value") {
        let place = reader.offset
        try reader.skip()
        value = try? Value(unpacking: reader.bytes.extracting(place..<reader.offset))
      } else {
        try fields.read(key, from: &reader)
      }
    }
    guard let value, let end = fields.end else { throw .unexpectedType(offset: start) }
    let context = fields.context
    self.init(value: value, end: end, context: context.token.isEmpty ? nil : context, secret: fields.secret)
  }
}

extension SavedRegistrations.Subscriber {
  fileprivate init?(decoding bytes: RawSpan, token: String) {
    var reader = MessagePackReader(bytes, nestingLimit: 32)
    guard let subscriber = try? Self(reading: &reader, token: token) else { return nil }
    self = subscriber
  }

  func write(to writer: inout MessagePackWriter) {
    let map = writer.openMap()
    writer.write(.clientID, context.clientID)
    writer.writeKey(.end)
    writer.writeUInt64(UInt64(clamping: end))
    writer.write(.sessionID, context.sessionID)
    writer.writeKey(.platform)
    writer.writeUInt64(context.platform.number)
    if !context.topic.isEmpty { writer.write(.topic, context.topic) }
    writer.write(secret)
    writer.closeMap(map)
  }

  @_lifetime(reader: copy reader)
  init(reading reader: inout MessagePackReader, token: String) throws(MessagePackError) {
    let start = reader.offset
    var fields = RegistrationFields()
    for _ in 0..<(try reader.readMapHeader()) { try fields.read(try reader.readKey(), from: &reader) }
    guard let end = fields.end else { throw .unexpectedType(offset: start) }
    fields.context.token = token
    self.init(context: fields.context, end: end, secret: fields.secret)
  }
}
