import DHTModel
import DHTProxyMessages
import NIOCore
import Testing

@testable import DHTProxyServer

private let a = InfoHash(1, 0, 0, 0, 0)
private let b = InfoHash(2, 0, 0, 0, 0)
private let start = Instant(nanoseconds: 0)
private func at(_ seconds: Double) -> Instant { start + .seconds(seconds) }

/// Feeds with words for tests: what a stream has to write comes as short texts, its last position beside.
private struct Feeds {
  var feeds = EventFeeds(run: 7)
  var positions: [EventFeeds.StreamID: String] = [:]

  init(_ change: (inout EventFeeds.Settings) -> Void = { _ in }) {
    var settings = EventFeeds.Settings()
    change(&settings)
    feeds = EventFeeds(run: 7, settings)
  }

  mutating func open(_ id: EventFeeds.StreamID, _ query: String) throws -> EventFeeds.Opening? {
    feeds.open(id, try EventRequest(query: query[...], mostKeys: 100))
  }
  @discardableResult
  mutating func put(_ id: Value.ID, _ text: String, at key: InfoHash, type: UInt16 = 0) -> [EventFeeds.StreamID] {
    let fields = ValueFields(Value([], type: type, id: id)) { _ in .zero }
    return feeds.put(fields, json: ByteBuffer(string: text), of: key).sorted()
  }
  @discardableResult
  mutating func expire(_ id: Value.ID, at key: InfoHash) -> [EventFeeds.StreamID] {
    feeds.remove(id, json: ByteBuffer(string: "gone"), of: key).sorted()
  }
  mutating func read(_ id: EventFeeds.StreamID) -> [String] {
    guard let buffer = feeds.pop(id, byteCount: .max) else { return [] }
    return String(buffer: buffer).split(separator: "\n\n").map { event in
      let lines = event.split(separator: "\n")
      if let position = lines.first(where: { $0.hasPrefix("id: ") }) { positions[id] = String(position.dropFirst(4)) }
      let kind = lines.first { $0.hasPrefix("event: ") }?.dropFirst(7) ?? ""
      let data = lines.first { $0.hasPrefix("data: ") }?.dropFirst(6) ?? ""
      let rest = data.split(separator: ",", maxSplits: 1).dropFirst().joined().dropLast()
      return "\(kind) \(data.contains("\(a)") ? "a" : "b") \(rest)"
    }
  }
}

@Suite struct EventFeedsTests {
  @Test("§16: values, changes and expiries of many keys on one stream, and a mark when the first ones are told")
  func life() throws {
    var feeds = Feeds()
    #expect(try feeds.open(1, "key=\(a)&key=\(b)") == .init(isResumed: false, watch: [a, b]))
    #expect(feeds.put(1, "x", at: a) == [1])
    #expect(feeds.put(1, "x", at: a) == [], "told already")
    #expect(feeds.feeds.asked(a, found: [1, 2], now: at(0)) == [])
    feeds.put(2, "y", at: a)
    #expect(feeds.read(1) == [#"value a "value":x"#, #"value a "value":y"#, #"initial a "complete":true"#])
    #expect(feeds.feeds.asked(b, found: nil, now: at(0)) == [1])
    #expect(feeds.expire(1, at: a) == [1] && feeds.expire(1, at: a) == [])
    #expect(feeds.read(1) == [#"initial b "complete":false"#, #"expired a "value":gone"#])
    #expect(feeds.read(1) == [])
    #expect(feeds.put(1, "x", at: InfoHash(9, 9, 9, 9, 9)) == [], "nobody asked")
  }

  @Test("what a get found and the listen does not bring is waited for, but not for long")
  func patience() throws {
    var feeds = Feeds()
    _ = try feeds.open(1, "key=\(a)")
    #expect(feeds.feeds.asked(a, found: [1], now: at(0)) == [])
    #expect(feeds.feeds.nextDeadline == at(5) && feeds.feeds.advance(to: at(4.9)).woken == [])
    #expect(feeds.feeds.advance(to: at(5)).woken == [1])
    #expect(feeds.read(1) == [#"initial a "complete":false"#])
  }

  @Test("§16: who comes back with a position is told what happened since, once, and nothing else")
  func resuming() throws {
    var feeds = Feeds()
    _ = try feeds.open(1, "key=\(a)&key=\(b)")
    for id in UInt64(1)...3 { feeds.put(id, "\(id)", at: a) }
    _ = feeds.feeds.asked(a, found: [], now: at(0))
    _ = feeds.read(1)
    let position = try #require(feeds.positions[1])
    feeds.feeds.close(1, now: at(0))
    feeds.put(2, "2b", at: a)
    feeds.expire(3, at: a)
    feeds.put(4, "4", at: b)
    _ = feeds.feeds.asked(b, found: [4], now: at(1))
    #expect(try feeds.open(2, "key=\(b)&key=\(a)&last=\(position)") == .init(isResumed: true, watch: []))
    #expect(
      feeds.read(2).sorted() == [
        #"expired a "value":{"expired":true,"id":"3"}"#, #"initial b "complete":true"#, #"value a "value":2b"#,
        #"value b "value":4"#,
      ])
    let next = try #require(feeds.positions[2])
    #expect(try feeds.open(3, "key=\(a)&key=\(b)&last=\(next)")?.isResumed == true)
    #expect(feeds.read(3) == [], "nothing is told twice")
  }

  @Test("a position of another run, of other keys, or of the future is none; one too old resets its key")
  func resets() throws {
    var feeds = Feeds()
    _ = try feeds.open(1, "key=\(a)")
    feeds.put(1, "x", at: a)
    _ = feeds.read(1)
    let position = try #require(feeds.positions[1])
    #expect(try feeds.open(2, "key=\(a)&last=8\(position.dropFirst())")?.isResumed == false)
    #expect(try feeds.open(3, "key=\(a)&key=\(b)&last=\(position)")?.isResumed == false)
    #expect(try feeds.open(4, "key=\(a)&last=7-ffff-\(position.split(separator: "-")[2])")?.isResumed == false)
    #expect(feeds.read(2) == [#"value a "value":x"#])
    for id in UInt64(100)..<200 {
      feeds.put(id, "x", at: a)
      feeds.expire(id, at: a)
    }
    #expect(try feeds.open(5, "key=\(a)&last=\(position)")?.isResumed == true)
    #expect(feeds.read(5) == ["reset a ", #"value a "value":x"#])
  }

  @Test("§16: who comes back after a key was forgotten gets all anew, though nothing else happened")
  func forgotten() throws {
    var feeds = Feeds()
    _ = try feeds.open(1, "key=\(a)")
    feeds.put(1, "x", at: a)
    _ = feeds.read(1)
    let position = try #require(feeds.positions[1])
    feeds.feeds.close(1, now: at(0))
    #expect(feeds.feeds.advance(to: at(121)).unwatch == [a])
    _ = try feeds.open(2, "key=\(a)&last=\(position)")
    #expect(feeds.read(2) == ["reset a "])
  }

  @Test("a key without readers is watched on for a while, and not for ever, nor are there too many")
  func lingering() throws {
    var feeds = Feeds { $0.mostLingering = 1 }
    _ = try feeds.open(1, "key=\(a)&key=\(b)")
    feeds.feeds.close(1, now: at(0))
    #expect(feeds.feeds.advance(to: at(0)).unwatch.count == 1 && feeds.feeds.watchCount == 1)
    let kept: InfoHash = try feeds.open(2, "key=\(a)")?.watch == [] ? a : b
    feeds.feeds.close(2, now: at(60))
    let isKept = kept == a
    #expect(feeds.feeds.advance(to: at(119)).unwatch.isEmpty || !isKept)
    _ = feeds.feeds.advance(to: at(121))
    #expect(feeds.feeds.watchCount == (isKept ? 1 : feeds.feeds.watchCount), "its time began anew")
    _ = feeds.feeds.advance(to: at(300))
    #expect(feeds.feeds.watchCount == 0 && feeds.feeds.nextDeadline == nil && feeds.feeds.keyCount == 0)
  }

  @Test("keys are added and taken out while a stream runs, within bounds")
  func changingKeys() throws {
    var feeds = Feeds { $0.keysPerStream = 2 }
    _ = try feeds.open(1, "key=\(a)")
    #expect(feeds.feeds.add([a, b], to: 1) == [b])
    #expect(feeds.feeds.add([InfoHash(3, 0, 0, 0, 0)], to: 1) == nil)
    feeds.put(1, "x", at: b)
    feeds.put(1, "y", at: a)
    feeds.feeds.remove([b], from: 1, now: at(0))
    #expect(feeds.read(1) == [#"value a "value":y"#])
    #expect(feeds.feeds.keys(of: 1) == 1 && feeds.feeds.keys(of: 2) == nil)
    let share = EventFeeds.KeyShare(client: Client(IPAddress(ipv4: 1)), most: 2)
    let both = try EventRequest(query: "key=\(a)&key=\(b)", mostKeys: 2)
    #expect(feeds.feeds.open(2, both, share: share) != nil)
    #expect(feeds.feeds.open(3, both, share: share) == nil, "keys of a client")
    feeds.feeds.remove([b], from: 2, now: at(0))
    #expect(feeds.feeds.add([b], to: 2) != nil && feeds.feeds.add([InfoHash(3, 0, 0, 0, 0)], to: 2) == nil)
    feeds.feeds.close(2, now: at(0))
    #expect(feeds.feeds.open(3, both, share: share) != nil)
    var full = Feeds { $0.streamKeys = 1 }
    #expect(try full.open(1, "key=\(a)&key=\(b)") == nil)
  }

  @Test("a filter tells a value that begins to pass as new, and one that does not any more as gone")
  func filters() throws {
    var feeds = Feeds()
    _ = try feeds.open(1, "key=\(a)&where=value_type=3")
    #expect(feeds.put(1, "x", at: a, type: 0) == [])
    #expect(feeds.put(1, "y", at: a, type: 3) == [1])
    #expect(feeds.read(1) == [#"value a "value":y"#])
    #expect(feeds.put(1, "z", at: a, type: 4) == [1])
    #expect(feeds.read(1) == [#"expired a "value":{"expired":true,"id":"1"}"#])
    #expect(feeds.expire(1, at: a) == [])
  }
}
