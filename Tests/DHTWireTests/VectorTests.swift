import DHTModel
import DHTWire
import Testing

/// What real peers sent, both directions.
@Suite struct VectorTests {
  @Test("W§1: every captured packet decodes", arguments: Vector.packets)
  func decodes(_ vector: Vector) throws {
    let message = try Message(decoding: vector.bytes.span.bytes)
    let json = vector.decoded
    #expect(message.transaction == TransactionID(json["t"]?.unsigned ?? 0))
    #expect(message.network == NetworkID(json["n"]?.unsigned ?? 0))
    #expect(message.isClient == (json["s"] == .bool(true)))
    #expect(message.agent.description == json["v"]?.text ?? "")
    switch message.body {
    case .request(let sender, let request):
      let arguments = try #require(json["a"])
      #expect(sender == arguments["id"]?.hash)
      try compare(request, name: try #require(json["q"]?.text), arguments)
    case .reply(let sender, let reply):
      let results = try #require(json["r"])
      #expect(sender == results["id"]?.hash)
      try compare(reply, results, json)
    case .failure(let sender, let failure):
      #expect(sender == json["r"]?["id"]?.hash)
      #expect(UInt64(failure.code) == json["e"]?[0]?.unsigned)
      #expect(String(decoding: failure.text, as: UTF8.self) == json["e"]?[1]?.text)
    case .legacyPush(let sender, let push):
      let results = try #require(json["u"])
      #expect(sender == results["id"]?.hash)
      #expect(push.token?.bytes == results["token"]?.bytes)
      #expect(push.refreshed == results["re"]?.array?.compactMap(\.unsigned) ?? [])
      #expect(push.expired == results["exp"]?.array?.compactMap(\.unsigned) ?? [])
    case .part(let part):
      let pieces = try #require(json["p"])
      #expect(Set(part.pieces.map { String($0.index) }) == pieces.keys)
      for piece in part.pieces {
        #expect(UInt64(piece.offset) == pieces[String(piece.index)]?["o"]?.unsigned)
        #expect(piece.bytes == pieces[String(piece.index)]?["d"]?.bytes)
      }
    }
  }

  @Test("W-14.1: every packet that a peer sent comes out of the encoder byte for byte", arguments: Vector.packets)
  func encodes(_ vector: Vector) throws {
    // The script writes updates of ids in the order of other requests, which no peer does.
    guard vector.isFromPeer || !vector.name.hasSuffix("update-no-socket") else { return }
    let message = try Message(decoding: vector.bytes.span.bytes)
    var arena = PacketArena()
    message.encode(into: &arena)
    #expect(arena.count == 1, "\(vector.name)")
    #expect(hexString(arena.bytes) == hexString(vector.bytes), "\(vector.name)")
  }

  @Test("W-14.5: values put together from captured parts are sent again as the same packets")
  func partsOfPeers() throws {
    var seen = 0
    for header in Vector.packets {
      let parts = Vector.packets.filter { $0.follows == header.name }
      guard !parts.isEmpty else { continue }
      var reassembler = Reassembler(bytes: 1 << 24, perAddress: 4)
      let source = SocketAddress(ip: IPAddress(ipv4: 0x7f00_0001), port: 4222)
      let now = Instant(nanoseconds: 0)
      let message = try Message(decoding: header.bytes.span.bytes)
      guard reassembler.open(message, from: source, now: now) == .pending else { continue }
      var whole: Message?
      for vector in parts {
        let packet = try Message(decoding: vector.bytes.span.bytes)
        guard case .part(let part) = packet.body else { continue }
        let added = reassembler.add(
          part, transaction: packet.transaction, from: source, now: now, allowsEarly: false)
        if case .complete(let message) = added { whole = message }
      }
      guard let whole else { continue }  // The capture keeps only some of the parts of large sets.
      var arena = PacketArena()
      whole.encode(into: &arena)
      let packets = (0..<arena.count).map { Array(arena.bytes[arena.range(of: $0)]) }
      #expect(packets == [header.bytes] + parts.map(\.bytes), "\(header.name)")
      seen += 1
    }
    #expect(seen >= 15)
  }

  @Test("W§1: every proper prefix of a packet is refused", arguments: Vector.packets)
  func prefixes(_ vector: Vector) {
    for count in stride(from: 0, to: vector.bytes.count, by: vector.bytes.count > 500 ? 7 : 1) {
      let prefix = Array(vector.bytes[..<count])
      #expect((try? Message(decoding: prefix.span.bytes)) == nil)
    }
  }

  @Test("W§6.1: packed queries of peers, both directions", arguments: Vector.all.filter { $0.name.hasPrefix("query.") })
  func queries(_ vector: Vector) throws {
    let query = try Query(parsing: try #require(vector.decoded["text"]?.text))
    #expect(query.packed() == vector.bytes)
    #expect(query.description == vector.decoded["printed"]?.text)
    #expect(try Query(unpacking: vector.bytes.span.bytes) == query)
  }

  private func compare(_ request: Request, name: String, _ json: JSON) throws {
    let token = json["token"]?.bytes ?? []
    switch request {
    case .ping: #expect(name == "ping")
    case .find(let find):
      #expect(name == "find")
      #expect(find.target == json["target"]?.hash ?? .zero)
      compare(find.want, json)
    case .get(let get):
      #expect(name == "get")
      #expect(get.key == json["h"]?.hash ?? .zero)
      #expect((get.query == nil) == (json["q"] == nil))
      #expect(get.query?.select.map { UInt64($0.rawValue) } == json["q"]?["s"]?.array?.compactMap(\.unsigned))
      #expect(get.query?.filters.count == json["q"]?["w"]?.array?.count)
      compare(get.want, json)
    case .put(let put):
      #expect(name == "put")
      #expect(put.key == json["h"]?.hash ?? .zero)
      #expect(put.token.bytes == token)
      #expect(put.created?.seconds == json["c"]?.unsigned.map(Int64.init))
      try compare(put.values, json)
    case .listen(let listen):
      #expect(name == "listen")
      #expect(listen.key == json["h"]?.hash ?? .zero)
      #expect(listen.token.bytes == token)
      #expect(UInt64(listen.socket) == json["sid"]?.unsigned)
      #expect(UInt64(listen.version) == json["ve"]?.unsigned ?? 0)
    case .refresh(let refresh):
      #expect(name == "refresh")
      #expect(refresh.key == json["h"]?.hash ?? .zero)
      #expect(refresh.token.bytes == token)
      #expect(refresh.valueID == json["vid"]?.unsigned)
    case .update(let update):
      #expect(name == "update")
      #expect(UInt64(update.socket) == json["sid"]?.unsigned)
      #expect(update.key == json["h"]?.hash)
      #expect(update.token?.bytes == json["token"]?.bytes)
      #expect(update.refreshed == json["re"]?.array?.compactMap(\.unsigned) ?? [])
      #expect(update.expired == json["exp"]?.array?.compactMap(\.unsigned) ?? [])
      try compare(update.values, json)
    }
  }

  private func compare(_ reply: Reply, _ json: JSON, _ packet: JSON) throws {
    #expect(reply.observed?.bytes == json["sa"]?.bytes)
    #expect(reply.observed?.description == packet["_sa"]?.text)
    #expect(reply.token?.bytes == json["token"]?.bytes)
    #expect(reply.valueID == json["vid"]?.unsigned)
    #expect(reply.nodes4?.count == json["n4"]?.bytes.map { $0.count / 26 })
    #expect(reply.nodes6?.count == json["n6"]?.bytes.map { $0.count / 38 })
    #expect(reply.fields?.fields.map { UInt64($0.rawValue) } == json["fileds"]?["f"]?.array?.compactMap(\.unsigned))
    if let fields = reply.fields, let entries = json["fileds"]?["v"]?.array {
      #expect(fields.rows.count == entries.count / fields.fields.count)
      for (row, start) in zip(fields.rows, stride(from: 0, to: entries.count, by: fields.fields.count)) {
        for (column, field) in fields.fields.enumerated() where field == .id {
          #expect(row.record.id == entries[start + column].unsigned)
        }
      }
    }
    try compare(reply.values, json)
  }

  private func compare(_ want: Want, _ json: JSON) {
    let numbers = json["w"]?.array?.compactMap(\.unsigned)
    #expect(want == numbers.map { .families(ipv4: $0.contains(2), ipv6: $0.contains(10)) } ?? .unspecified)
  }

  private func compare(_ list: ValueList, _ json: JSON) throws {
    #expect(list.isPresent == (json["values"] != nil))
    let entries = json["values"]?.array ?? []
    #expect(list.announced == entries.compactMap(\.unsigned).map { Int($0) })
    let inline = entries.filter { $0.unsigned == nil }
    #expect(list.values.map(\.id) == inline.compactMap { $0["id"]?.unsigned })
    for (value, entry) in zip(list.values, inline) {
      let body = entry["dat"]?["body"]
      #expect(value.body.map { UInt64($0.type) } == body?["type"]?.unsigned)
      #expect(value.body?.data == body?["data"]?.bytes)
      #expect(value.userType == body?["utype"]?.text ?? "")
      #expect(value.cypher == entry["dat"]?.bytes)
      #expect(value.priority == entry["p"]?.unsigned ?? 0)
    }
  }
}
