import DHTModel
import DHTProxyMessages
import NIOCore
import Testing

@testable import DHTProxyServer

private let a = InfoHash(1, 0, 0, 0, 0)
private let b = InfoHash(2, 0, 0, 0, 0)
private func json(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }

/// What the backlog gives, as short texts: kind, key, content, position.
private func drain(_ backlog: inout EventBacklog) -> [String] {
  var texts: [String] = []
  while let event = backlog.popFirst() {
    let key = event.key == a ? "a" : "b"
    let position = event.position.map { "@\($0)" } ?? ""
    switch event.kind {
    case .initial(let isComplete): texts.append("initial \(key) \(isComplete)\(position)")
    case .reset: texts.append("reset \(key)\(position)")
    case .value(let json): texts.append("value \(key) \(String(buffer: json))\(position)")
    case .expired(let json): texts.append("expired \(key) \(String(buffer: json))\(position)")
    }
  }
  return texts
}

@Suite struct EventTests {
  @Test("changes leave in the order of their numbers, each with the number up to which all was told")
  func order() {
    var backlog = EventBacklog()
    backlog.put(1, of: a, json: json("x"), isNew: true, sequence: 5)
    backlog.put(2, of: b, json: json("y"), isNew: true, sequence: 6)
    backlog.put(1, of: a, json: json("z"), isNew: false, sequence: 7)
    #expect(drain(&backlog) == ["value b y@6", "value a z@7"])
  }

  @Test("what waits is merged for each value")
  func merging() {
    var backlog = EventBacklog()
    backlog.put(1, of: a, json: json("1"), isNew: true, sequence: 1)
    backlog.put(1, of: a, json: json("2"), isNew: false, sequence: 2)
    backlog.remove(1, of: a, json: json("gone"), sequence: 3)
    #expect(backlog.count == 0, "the reader never knew it")
    backlog.put(1, of: a, json: json("4"), isNew: false, sequence: 4)
    backlog.remove(1, of: a, json: json("5"), sequence: 5)
    #expect(drain(&backlog) == ["expired a 5@5"])
    backlog.remove(1, of: a, json: json("6"), sequence: 6)
    backlog.put(1, of: a, json: json("7"), isNew: true, sequence: 7)
    backlog.remove(1, of: a, json: json("8"), sequence: 8)
    #expect(drain(&backlog) == ["expired a 8@8"], "the reader still had it")
    backlog.list(1, of: a, json: json("9"), sequence: 9)
    backlog.remove(1, of: a, json: json("10"), sequence: 10)
    #expect(drain(&backlog) == [])
  }

  @Test("a listing has no position before its end: who breaks off in it begins anew")
  func listing() {
    var backlog = EventBacklog()
    backlog.put(9, of: b, json: json("old"), isNew: false, sequence: 3)
    backlog.reset(a, sequence: 4)
    backlog.list(1, of: a, json: json("1"), sequence: 4)
    backlog.list(2, of: a, json: json("2"), sequence: 4)
    backlog.put(9, of: b, json: json("new"), isNew: false, sequence: 5)
    backlog.finishInitial(of: a, isComplete: true, sequence: 6)
    #expect(
      drain(&backlog) == ["reset a", "value a 1", "value a 2@4", "value b new@5", "initial a true@6"])
    backlog.list(1, of: a, json: json("1"), sequence: 7)
    backlog.list(2, of: a, json: json("2"), sequence: 7)
    backlog.put(1, of: a, json: json("newer"), isNew: false, sequence: 8)
    #expect(drain(&backlog) == ["value a 2", "value a newer@8"], "merged, but still of the listing")
  }

  @Test("a slow reader costs no more than the values there are")
  func bounded() {
    var backlog = EventBacklog()
    for round in UInt64(1)..<10_000 {
      backlog.put(round % 10, of: a, json: json("x"), isNew: false, sequence: round)
      backlog.remove(round % 7, of: a, json: json("y"), sequence: round)
    }
    #expect(backlog.count <= 10 && backlog.orderCount <= 2 * 10 + 17)
    backlog.list(1, of: b, json: json("x"), sequence: 20_000)
    backlog.forget(a)
    #expect(drain(&backlog) == ["value b x@20000"])
  }

  @Test("a feed continues from a position, or says that it cannot")
  func resuming() {
    func fields(_ id: Value.ID) -> ValueFields { ValueFields(Value([], id: id)) { _ in .zero } }
    var feed = KeyFeed(since: 10)
    #expect(feed.put(fields(1), json: json("1"), sequence: 11)?.before == nil)
    #expect(feed.put(fields(1), json: json("1"), sequence: 12) == nil, "told already")
    #expect(feed.put(fields(1), json: json("1b"), sequence: 13)?.before == fields(1))
    #expect(feed.put(fields(2), json: json("2"), sequence: 14) != nil)
    #expect(feed.remove(2, json: json("2"), sequence: 15) != nil)
    #expect(feed.remove(2, json: json("2"), sequence: 16) == nil)
    #expect(feed.changes(after: 9) == nil, "before the feed began")
    #expect(feed.changes(after: 12)?.changed.map(\.sequence) == [13] && feed.changes(after: 12)?.gone == [2])
    #expect(feed.changes(after: 15)?.changed.isEmpty == true && feed.changes(after: 15)?.gone == [])
    for id in UInt64(100)..<UInt64(100 + KeyFeed.mostGone) {
      _ = feed.put(fields(id), json: json("x"), sequence: 2 * id)
      _ = feed.remove(id, json: json("x"), sequence: 2 * id + 1)
    }
    #expect(feed.changes(after: 14) == nil && feed.changes(after: 15) != nil, "too many went")
    #expect(feed.finishInitial(isComplete: true, sequence: 1) && !feed.finishInitial(isComplete: false, sequence: 2))
  }

  @Test("a position is read as it was written, and anything else is none")
  func positions() {
    let position = EventPosition(
      run: .max, sequence: 7, keys: EventPosition.digest(of: a) ^ EventPosition.digest(of: b))
    #expect(EventPosition("\(position)") == position)
    for text in ["", "1-2", "1-2-3-4", "x-1-2", "-1-2-3", String(repeating: "1", count: 60)] {
      #expect(EventPosition(text) == nil, "\(text)")
    }
    #expect(EventPosition.digest(of: a) != EventPosition.digest(of: b))
  }

  @Test("filters look at the fields of a value")
  func filters() {
    var value = Value("x", id: 7)
    value.content = .plain(.init(type: 3, data: [], userTypeBytes: Array("text/plain".utf8)))
    let fields = ValueFields(value) { _ in a }
    #expect(fields.passes([]) && fields.passes([.id(7), .valueType(3), .userType(Array("text/plain".utf8))]))
    #expect(!fields.passes([.id(8)]) && !fields.passes([.owner(a)]) && !fields.passes([.sequence(1)]))
  }

  @Test("keys, filters and position of a request are read from a query or a body")
  func requests() throws {
    let hex = "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33"
    let query = try EventRequest(
      query: "key=foo&key=\(hex)&key=bar&where=user_type%3Dtext/plain,id=7&x=%zz&last=1-2-3", mostKeys: 2)
    #expect(query.keys.map { "\($0)" } == [hex, "62cdb7020ff920e5aa642c3d4066950dd1f01f4d"], "foo once")
    #expect(query.filters == [.userType(Array("text/plain".utf8)), .id(7)])
    #expect(query.position == EventPosition(run: 1, sequence: 2, keys: 3))
    let body = #"{"keys":["foo","\#(hex)","bar"],"where":"user_type=text/plain,id=7","last":"1-2-3"}"#
    #expect(try EventRequest(body: Array(body.utf8), mostKeys: 2) == query)
  }

  @Test(
    "what cannot be asked for is refused",
    arguments: [
      ("", 400), ("key=", 400), ("key=a&key=b&key=c", 429), ("key=a&where=colour=red", 400),
      ("key=a&where=" + (0..<20).map { "id=\($0)" }.joined(separator: ","), 400),
    ])
  func refusedQueries(query: String, status: Int) {
    #expect { try EventRequest(query: query[...], mostKeys: 2) } throws: {
      ($0 as? ErrorAnswerError)?.answer.status == status
    }
  }

  @Test(
    "bodies that are no requests are refused",
    arguments: ["", "{", "[]", "{}", #"{"keys":"a"}"#, #"{"keys":[]}"#, #"{"keys":[1]}"#, #"{"keys":["a","b","c"]}"#])
  func refusedBodies(body: String) {
    #expect(throws: ErrorAnswerError.self) { try EventRequest(body: Array(body.utf8), mostKeys: 2) }
  }
}
