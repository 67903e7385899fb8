import DHTModel
import DHTWire
import Testing

@testable import DHTCore

/// What a node owes to those who ask it, seen from outside.
@Suite struct ServerTests {
  typealias F = CoreFixture
  private let peer = F.contact(1)
  private let key = F.id(0x40, 9)

  private func takeToken(_ pair: inout Correspondent) throws -> Token {
    let token = pair.ask(.find(Request.Find(target: key)), by: peer).first?.reply?.token
    return try #require(token)
  }

  @Test("W-14.2: find and get are answered with a token, whoever asks and whatever is stored")
  func tokens() throws {
    var pair = Correspondent()
    for request in [
      Request.find(Request.Find(target: key)),
      .find(Request.Find(target: key, want: .families(ipv4: false, ipv6: true))),
      .get(Request.Get(key: key)), .get(Request.Get(key: key, query: Query(select: [.id], where: [.id(1)]))),
    ] {
      let answers = pair.ask(request, by: peer)
      #expect(answers.count == 1)
      #expect(answers.first?.reply?.token?.count == 32)
      #expect(answers.first?.destination == peer.address)
    }
    let token = try takeToken(&pair)
    _ = pair.ask(.put(Request.Put(key: key, values: ValueList([Value("v", id: 5)]), token: token)), by: peer)
    let answer = pair.ask(.get(Request.Get(key: key)), by: peer).first?.reply
    #expect(answer?.token == token && answer?.values.values.map(\.id) == [5])
  }

  @Test("W-14.2: a put has one reply per value, in order, whether it is kept or not")
  func replyPerValue() throws {
    var pair = Correspondent()
    let token = try takeToken(&pair)
    // The second is over before it came; the third repeats the first under other content, which is refused.
    let values = [Value("a", id: 3), Value("b", id: 4), Value("c", id: 3)]
    let answers = pair.ask(.put(Request.Put(key: key, values: ValueList(values), token: token)), by: peer)
    #expect(answers.map { $0.reply?.valueID } == [3, 4, 3])
    #expect(pair.node.localValues(at: key).map(\.id) == [3, 4])
    let late = Request.Put(
      key: key, values: ValueList([Value("d", id: 9)]), created: WallTime(seconds: 1), token: token)
    #expect(pair.ask(.put(late), by: peer).map { $0.reply?.valueID } == [9])
    #expect(!pair.node.localValues(at: key).contains { $0.id == 9 })
  }

  @Test("W-14.2: an update is answered, whether or not anybody listens")
  func updates() {
    var pair = Correspondent()
    let update = Request.Update(socket: 99, key: key, version: 1, values: ValueList([Value("v", id: 1)]))
    let answers = pair.ask(.update(update), by: peer)
    #expect(answers.count == 1 && answers.first?.reply != nil)
    #expect(pair.node.counters.unexpected == 1)
  }

  @Test("W-20: nothing signed is put over by what is not; the node runs on")
  func signedStays() throws {
    var pair = Correspondent()
    let token = try takeToken(&pair)
    let signed = F.signed(7, "mine", sequence: 1)
    for value in [signed, Value("yours", id: 7), Value(id: 7, content: .encrypted([1]))] {
      #expect(pair.ask(.put(Request.Put(key: key, values: ValueList([value]), token: token)), by: peer).count == 1)
    }
    #expect(pair.node.localValues(at: key) == [signed])
    let put = pair.perform { node, now in node.put(Value("ours", id: 7), at: key, now: now) }
    #expect(pair.outcome(put)?.ending == .invalid(.wouldReplaceSignedValue))
  }
}
