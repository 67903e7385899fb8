import DHTCore
import DHTModel
import DHTSimulator
import DHTWire
import Testing

/// node.md §11, "Server side": answers and tokens. Storage stands in StorageTests, pushes in PushTests.
@Suite("Server side") struct ServerTests {
  private let key = InfoHash(named: "key")

  @Test("N-109: get, put and listen with the zero key are answered with 203")
  func zeroKey() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger(), token = try stage.token(for: puppet)
    let values = ValueList([Value("x", id: 1)])
    #expect(puppet.ask(.get(.init(key: .zero)))?.failure?.code == 203)
    #expect(puppet.ask(.put(.init(key: .zero, values: values, token: token)))?.failure?.code == 203)
    #expect(puppet.ask(.listen(.init(key: .zero, token: token, socket: 5)))?.failure?.code == 203)
  }

  @Test(
    "N-110: put, refresh and listen with a wrong or short token are answered with 401, with our id",
    arguments: [0, 1, 31, 32, 33, 64])
  func wrongToken(count: Int) throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger(), token = Token(Array(repeating: UInt8(0xab), count: count))
    try stage.put([Value("x", id: 1)], at: key, by: puppet)
    let values = ValueList([Value("y", id: 2)])
    let requests: [Request] = [
      .put(.init(key: key, values: values, token: token)), .refresh(.init(key: key, valueID: 1, token: token)),
      .listen(.init(key: key, token: token, socket: 5)),
    ]
    for request in requests {
      let answer = puppet.ask(request)
      #expect(answer?.failure?.code == 401)
      #expect(answer?.sender == stage.id)
    }
    #expect(stage.held(at: key).map(\.id) == [1])
  }

  @Test("N-111: a token used from another port or IP is refused")
  func tokenIsBound() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger(), token = try stage.token(for: puppet)
    let nextDoor = SocketAddress(ip: puppet.address.ip, port: puppet.address.port + 1)
    let housemate = stage.stranger(id: puppet.id, at: nextDoor), other = stage.stranger()
    let put = Request.put(.init(key: key, values: ValueList([Value("x", id: 1)]), token: token))
    #expect(housemate.ask(put)?.failure?.code == 401)
    #expect(other.ask(put)?.failure?.code == 401)
    #expect(stage.held(at: key).isEmpty)
    #expect(puppet.ask(put)?.reply?.valueID == 1)
  }

  @Test("N-112: a token obtained by find for one key works for put, listen and refresh on another")
  func tokenIsFree() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger()
    let token = try #require(puppet.ask(.find(.init(target: InfoHash(named: "other"))))?.reply?.token)
    let values = ValueList([Value("x", id: 1)])
    #expect(puppet.ask(.put(.init(key: key, values: values, token: token)))?.reply?.valueID == 1)
    #expect(puppet.ask(.listen(.init(key: key, token: token, socket: 5)))?.reply != nil)
    #expect(puppet.ask(.refresh(.init(key: key, valueID: 1, token: token)))?.reply != nil)
  }

  @Test("N-113: a token still works 15 min after it was issued, and not after 91", arguments: UInt64(1)...4)
  func tokenLife(seed: UInt64) throws {
    let stage = Stage(seed: seed)
    defer { stage.verify() }
    let puppet = stage.stranger()
    stage.world.run(for: .seconds(Int.random(in: 0...3600, using: &stage.world.random)))
    let token = try stage.token(for: puppet)
    stage.world.run(for: .seconds(15 * 60 - 1))
    let put = Request.put(.init(key: key, values: ValueList([Value("x", id: 1)]), token: token))
    #expect(puppet.ask(put)?.reply?.valueID == 1)
    stage.world.run(for: .seconds(76 * 60))
    #expect(puppet.ask(put)?.failure?.code == 401)
  }

  @Test("N-114, N-115: refresh of an unknown key, or of an unknown id on a known key, gets 404, and no notice is sent")
  func unknownRefresh() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger(), listener = stage.stranger()
    let token = try stage.token(for: puppet)
    #expect(puppet.ask(.refresh(.init(key: key, valueID: 1, token: token)))?.failure?.code == 404)
    try stage.put([Value("x", id: 1)], at: key, by: puppet)
    try stage.listen(to: key, socket: 5, by: listener)
    stage.world.run(for: .seconds(1))
    listener.clearInbox()
    #expect(puppet.ask(.refresh(.init(key: key, valueID: 2, token: token)))?.failure?.code == 404)
    #expect(listener.hearsNothing(of: .update, for: .seconds(1)))
    #expect(puppet.ask(.refresh(.init(key: key, valueID: 1, token: token)))?.reply != nil)
    #expect(listener.expect(.update)?.update?.refreshed == [1])
  }

  @Test("N-116: a put with a value id 0 is answered with 203; values before it are stored")
  func zeroValueID() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger()
    let answer = try stage.put([Value("x", id: 5), Value("y", id: 0), Value("z", id: 6)], at: key, by: puppet)
    stage.world.run(for: .milliseconds(100))
    let answers = puppet.heard.filter { $0.transaction == answer?.transaction }
    #expect(answers.contains { $0.failure?.code == 203 })
    #expect(stage.held(at: key).map(\.id) == [5])
  }

  @Test("N-117, W-14.2: a put with two values is acknowledged by two replies, one id each")
  func twoAcknowledgements() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger()
    let answer = try stage.put([Value("x", id: 5), Value("y", id: 6)], at: key, by: puppet)
    stage.world.run(for: .milliseconds(100))
    let replies = puppet.heard.filter { $0.transaction == answer?.transaction }
    #expect(replies.map { $0.reply?.valueID } == [5, 6])
  }

  @Test("N-118, N-119: with 14 good nodes closer to the key a put is acknowledged but not stored; a listen is accepted")
  func tooFar() throws {
    let far = InfoHash(~key.words.0, ~key.words.1, ~key.words.2, ~key.words.3, ~key.words.4)
    let stage = Stage { $0.nodeID = far }
    defer { stage.verify() }
    // Everybody is closer to the key than its complement.
    let friends = stage.friends(30)
    let good = stage.world.inspect(0) { node, now in node.statistics(.ipv4, now: now).good }
    #expect(good >= 14)
    #expect(try stage.put([Value("x", id: 1)], at: key, by: friends[0])?.reply?.valueID == 1)
    #expect(stage.held(at: key).isEmpty)
    #expect(try stage.listen(to: key, socket: 5, by: friends[1])?.reply != nil)
    // A key that we are near to is stored.
    try stage.put([Value("x", id: 1)], at: far.settingBit(159, to: !far.bit(159)), by: friends[0])
    #expect(stage.held(at: far.settingBit(159, to: !far.bit(159))).map(\.id) == [1])
  }

  @Test("N-136: get with selection {1} returns only ids, {1,4} ids and sequence numbers")
  func selection() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.friend()
    try stage.put([Value("x", id: 5), Value("y", id: 6)], at: key, by: puppet)
    let ids = puppet.ask(.get(.init(key: key, query: Query(select: [.id]))))?.reply
    #expect(ids?.values.values.isEmpty == true)
    #expect(ids?.fields?.fields == [.id])
    #expect(ids?.fields?.rows.map(\.record) == [FieldRecord(id: 5), FieldRecord(id: 6)])
    let both = puppet.ask(.get(.init(key: key, query: Query(select: [.id, .sequence]))))?.reply
    #expect(both?.fields?.rows.map(\.record) == [FieldRecord(id: 5, sequence: 0), FieldRecord(id: 6, sequence: 0)])
    let one = puppet.ask(.get(.init(key: key, query: Query(where: [.id(6)]))))?.reply
    #expect(one?.values.values.map(\.id) == [6])
  }
}
