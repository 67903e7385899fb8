import DHTModel
import DHTWire
import Testing

@Suite struct SendingTests {
  // A value of so many packed bytes, from 25 on.
  private func value(packed size: Int, id: Value.ID = 1) -> Value {
    var count = max(0, size - 30)
    while Value([UInt8](repeating: 7, count: count), id: id).packedByteCount < size { count += 1 }
    return Value([UInt8](repeating: 7, count: count), id: id)
  }
  private func put(_ values: [Value], network: NetworkID = 0, isClient: Bool = false) -> Message {
    Message(
      network: network, transaction: 5, isClient: isClient,
      body: .request(
        sender: Known.sender, .put(.init(key: Known.key, values: ValueList(values), token: Known.token))))
  }

  @Test("W§7.1: 599 bytes stand inline, 600 do not")
  func inlineBytes() throws {
    #expect(value(packed: 599).packedByteCount == 599)
    let inline = put([value(packed: 300), value(packed: 299, id: 2)])
    #expect(inline.packets.count == 1)
    #expect(try decode(inline.packets[0]) == inline)
    let split = put([value(packed: 300), value(packed: 300, id: 2)])
    #expect(split.packets.count == 3)
    #expect(try decode(split.packets[0]).put?.values == ValueList(announced: [300, 300], isPresent: true))
  }

  @Test("W§7.1: 49 values stand inline, 50 do not")
  func inlineCount() throws {
    let tiny = (1...50).map { Value(id: $0, content: .encrypted([1])) }
    #expect(put(Array(tiny.dropLast())).packets.count == 1)
    let packets = put(tiny).packets
    #expect(packets.count == 51)
    #expect(try decode(packets[0]).put?.values.announced == tiny.map(\.packedByteCount))
  }

  @Test("W§7.1: parts of 1280 bytes in order, with network and client flag before all else")
  func parts() throws {
    let values = [value(packed: 3000), value(packed: 1280, id: 2), value(packed: 30, id: 3)]
    let packets = put(values, network: 42, isClient: true).packets
    let parts = try packets.dropFirst().map { try decode($0) }
    #expect(
      parts.compactMap { $0.part?.pieces.map { [$0.index, $0.offset, $0.bytes.count] } } == [
        [[0, 0, 1280]], [[0, 1280, 1280]], [[0, 2560, 440]], [[1, 0, 1280]], [[2, 0, 30]],
      ])
    for part in parts {
      #expect(part.network == 42)
      #expect(part.isClient)
      #expect(part.transaction == 5)
    }
    #expect(hexString(packets[1].prefix(16)) == "85a16e2aa173c3a179a170a17405a170")
    #expect(packets.map(\.count).max() ?? 0 <= 1310)
    let joined = parts.compactMap { $0.part?.pieces[0] }.filter { $0.index == 0 }.flatMap(\.bytes)
    #expect(joined == values[0].packed())
  }

  @Test("W§7.1: the same scheme for update, get reply and put")
  func kinds() {
    let list = ValueList([value(packed: 2000)])
    let bodies: [Message.Body] = [
      .request(sender: Known.sender, .put(.init(key: Known.key, values: list, token: Known.token))),
      .request(sender: Known.sender, .update(.init(socket: 1, key: Known.key, version: 1, values: list))),
      .reply(sender: Known.sender, Reply(token: Known.token, values: list)),
    ]
    for body in bodies { #expect(Message(transaction: 1, body: body).packets.count == 3) }
  }

  @Test("W§1.2: an arena holds several messages; removing keeps the memory")
  func arena() throws {
    var arena = PacketArena()
    let ping = Message(transaction: 1, body: .request(sender: Known.sender, .ping))
    let large = put([value(packed: 3000)])
    ping.encode(into: &arena)
    large.encode(into: &arena)
    ping.encode(into: &arena)
    #expect(arena.count == 6)
    #expect(arena.ends.last == arena.bytes.count)
    #expect(try decode(Array(arena.bytes[arena.range(of: 5)])) == ping)
    let capacity = arena.bytes.capacity
    arena.removeAll()
    ping.encode(into: &arena)
    #expect(arena.bytes.capacity == capacity)
    #expect(arena.bytes == ping.packets[0])
  }

  @Test("W§13: a list decoded with bad and good entries keeps its places when written again")
  func places() throws {
    let good: Raw = ["id": 7, "dat": ["body": ["type": 0, "data": .bin([1])]]]
    let arguments: Raw = ["id": .bin(Known.sender), "values": [good, 3000, 70000, good, 10, .null]]
    let message = try decode(["a": arguments, "q": "put", "t": 1, "y": "q"])
    #expect(message.put?.values.announced == [nil, 3000, nil, nil, 10])
    #expect(message.put?.values.values.count == 2)
    #expect(message.put?.values.malformed == 2)
    #expect(message.packets.count == 1)
    let again = try decode(message.packets[0])
    // What was no value is not written again.
    #expect(again.put?.values.announced == message.put?.values.announced)
    #expect(again.put?.values.values == message.put?.values.values)
  }

  @Test("W-14.8: a filter on seq is never packed")
  func sequenceFilter() throws {
    let query = Query(select: [.id, .sequence], where: [.sequence(5), .id(7)])
    let packed = query.packed()
    #expect(try Query(unpacking: packed.span.bytes) == Query(select: [.id, .sequence], where: [.id(7)]))
    let get = Message(transaction: 1, body: .request(sender: Known.sender, .get(.init(key: Known.key, query: query))))
    #expect(try decode(get.packets[0]).get?.query?.filters == [.id(7)])
  }

  @Test("W-14.6: 2 and 10 in want, ports big-endian in nodes")
  func numbers() throws {
    let find = Message(
      transaction: 1,
      body: .request(sender: Known.sender, .find(.init(target: Known.key, want: .families(ipv4: true, ipv6: true)))))
    #expect(hexString(find.packets[0]).contains("a17792020a"))
    let six = NodeContact(
      id: Known.key, address: SocketAddress(ip: IPAddress(ipv6High: 1, low: 2), port: 0x1234))
    let four = NodeContact(id: Known.key, address: SocketAddress(ip: IPAddress(ipv4: 0x0102_0304), port: 0x107e))
    let reply = Message(transaction: 1, body: .reply(sender: Known.sender, Reply(nodes4: [four], nodes6: [six])))
    let hex = hexString(reply.packets[0])
    #expect(hex.contains("a26e34c41a" + hexString(Known.key.bytes) + "01020304107e"))
    #expect(hex.contains("a26e36c426" + hexString(Known.key.bytes) + "000000000000000100000000000000021234"))
    #expect(try decode(reply.packets[0]) == reply)
    // A node of the wrong family has no place in a list.
    let mixed = Message(transaction: 1, body: .reply(sender: Known.sender, Reply(nodes4: [four, six])))
    #expect(try decode(mixed.packets[0]).reply?.nodes4 == [four])
  }

  @Test("W§13: fileds without columns, which kill old peers, are never sent")
  func emptyFields() throws {
    let reply = Reply(token: Known.token, fields: FieldList(fields: [], rows: [.init(record: FieldRecord())]))
    let message = Message(transaction: 1, body: .reply(sender: Known.sender, reply))
    #expect(!hexString(message.packets[0]).contains(hexString("fileds".utf8)))
    #expect(try decode(message.packets[0]).reply?.fields == nil)
  }

  @Test("W§3.11: the texts of errors, 128 bytes of others kept")
  func failures() throws {
    for failure in [
      Failure.getWithoutKey, .listenWithoutKey, .putWithoutKey, .putWithoutID, .listenWithWrongToken,
      .putWithWrongToken, .unknownStorage,
    ] {
      let message = Message(transaction: 9, body: .failure(sender: Known.sender, failure))
      #expect(try decode(message.packets[0]) == message)
    }
    let long = Message(
      transaction: 9, body: .failure(sender: Known.sender, Failure(code: 500, text: [UInt8](repeating: 65, count: 999)))
    )
    #expect(try decode(long.packets[0]).failure?.text.count == 128)
    let codeOnly = try decode(["e": [404], "r": ["id": .bin(Known.sender)]])
    #expect(codeOnly.failure == Failure(code: 404, text: ""))
    let odd = try decode(["e": [404, 5, "x", [1]], "r": ["id": .bin(Known.sender)]])
    #expect(odd.failure == Failure(code: 404, text: ""))
  }

  @Test("W§1.1: 16 bytes of an agent are kept")
  func agents() throws {
    let arguments: Raw = ["id": .bin(Known.sender)]
    let message = try decode(["a": arguments, "q": "ping", "t": 1, "y": "q", "v": "a name that is far too long"])
    #expect(message.agent.description == "a name that is f")
    #expect(message.agent == "a name that is far too long")
    #expect(UserAgent([1, 2]).bytes == [1, 2])
    var none = message
    none.agent = ""
    #expect(try decode(none.packets[0]) == none)
  }
}
