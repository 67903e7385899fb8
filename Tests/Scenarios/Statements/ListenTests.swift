import DHTCore
import DHTModel
import DHTSimulator
import DHTWire
import Testing

/// node.md §11, "Listen, client side".
@Suite("Listen, client side") struct ListenTests {
  private let key = InfoHash(named: "key")
  private func signed(_ text: String, sequence: UInt16, id: Value.ID = 1, owner: UInt8 = 9) -> Value {
    let signature = Value.Signature(
      owner: Array(repeating: owner, count: 32), sequence: sequence, signature: [UInt8(truncatingIfNeeded: sequence)])
    return Value(id: id, content: .signed(Value.Body(data: Array(text.utf8)), signature))
  }

  @Test("N-89: listen goes to the 4 nearest synced nodes with version 1, token and socket id")
  func nearestFour() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(12, around: key)
    let listen = stage.world.listen(to: key, from: 0)
    stage.world.run(for: .seconds(5))
    #expect(friends.map { $0.heard(.listen, about: key).count } == [1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    for friend in friends[..<4] {
      let heard = friend.heard(.listen, about: key).first?.listen
      #expect(heard?.version == 1)
      #expect(heard?.token == friend.token(for: stage.contact.address))
      #expect(heard?.socket != 0)
    }
    stage.world.cancel(listen)
  }

  @Test("N-90: it is refreshed every 20 s with the same socket id")
  func refresh() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(4, around: key)
    let listen = stage.world.listen(to: key, from: 0)
    stage.world.run(for: .seconds(205))
    for friend in friends {
      let listens = friend.heard(.listen, about: key)
      #expect((10...12).contains(listens.count))
      #expect(Set(listens.map { $0.listen?.socket }).count == 1)
      // Refreshes may be spread, but never come late.
      #expect(gaps(listens).allSatisfy { seconds(15...21).contains($0) })
    }
    stage.world.cancel(listen)
  }

  @Test("N-91: in public-stable mode every 290 s")
  func stableRefresh() {
    let stage = Stage { $0.isPublicStable = true }
    defer { stage.verify() }
    let friends = stage.friends(4, around: key)
    let listen = stage.world.listen(to: key, from: 0)
    stage.world.run(for: .seconds(1200))
    for friend in friends {
      let listens = friend.heard(.listen, about: key)
      #expect((4...6).contains(listens.count))
      #expect(gaps(listens).allSatisfy { seconds(240...291).contains($0) })
    }
    stage.world.cancel(listen)
  }

  @Test("N-92: after 401 to a listen come find and new listen to that node within the same second")
  func refusedToken() throws {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(4, around: key)
    let listen = stage.world.listen(to: key, from: 0)
    stage.world.run(for: .seconds(5))
    let friend = friends[1], before = friend.heard.count
    friend.manner.tokens = .bytes(Array(repeating: 7, count: 32))
    stage.world.run(for: .seconds(30))
    let after = friend.heard[before...].filter { $0.key == key }
    let refused = try #require(after.first { $0.kind == .listen })
    let soon = after.filter { $0.at > refused.at && $0.at - refused.at < .seconds(1) }
    #expect(soon.contains { $0.kind == .find || $0.kind == .get })
    #expect(soon.contains { $0.listen?.token == Token(Array(repeating: 7, count: 32)) })
    friend.publish([Value("x", id: 1)], at: key)
    stage.world.run(for: .seconds(1))
    #expect(listen.added.map(\.id) == [1])
    stage.world.cancel(listen)
  }

  @Test("N-93, N-94: a value sent by several nodes is reported once, and expired once, by the last of them")
  func countedSources() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(4, around: key)
    let listen = stage.world.listen(to: key, from: 0)
    stage.world.run(for: .seconds(2))
    for friend in friends[..<3] {
      friend.publish([Value("x", id: 1)], at: key)
      stage.world.run(for: .milliseconds(100))
    }
    #expect(listen.changes.map(\.change) == [.added(Value("x", id: 1))])
    for friend in friends[..<2] {
      friend.tell(expired: [1], at: key)
      stage.world.run(for: .milliseconds(100))
    }
    #expect(listen.expired.isEmpty)
    friends[2].tell(expired: [1], at: key)
    stage.world.run(for: .milliseconds(100))
    #expect(listen.expired.map(\.id) == [1])
    friends[2].tell(expired: [1], at: key)
    stage.world.run(for: .milliseconds(100))
    #expect(listen.changes.count == 2)
    stage.world.cancel(listen)
  }

  @Test("N-95: unsigned other content under a known id is not reported")
  func unsignedEdit() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(4, around: key)
    let listen = stage.world.listen(to: key, from: 0)
    stage.world.run(for: .seconds(2))
    friends[0].publish([Value("x", id: 1)], at: key)
    stage.world.run(for: .seconds(1))
    friends[1].publish([Value("y", id: 1)], at: key)
    friends[0].publish([Value("z", id: 1)], at: key)
    stage.world.run(for: .seconds(1))
    #expect(listen.changes.map(\.change) == [.added(Value("x", id: 1))])
    stage.world.cancel(listen)
  }

  @Test("N-96, N-97: signed content with a higher sequence is reported, from a new node and the same; lower is not")
  func signedEdits() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(4, around: key)
    let listen = stage.world.listen(to: key, from: 0)
    stage.world.run(for: .seconds(2))
    let versions = (0...3).map { signed("v\($0)", sequence: UInt16($0 + 1)) }
    for (friend, version) in [(0, 1), (1, 2), (1, 3), (2, 0), (0, 2)] {
      friends[friend].publish([versions[version]], at: key)
      stage.world.run(for: .seconds(1))
    }
    #expect(listen.changes.map(\.change) == [.added(versions[1]), .updated(versions[2]), .updated(versions[3])])
    stage.world.cancel(listen)
  }

  @Test("N-99: a second listener on the key gets the known values at once")
  func secondListener() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(4, around: key)
    let first = stage.world.listen(to: key, from: 0)
    stage.world.run(for: .seconds(2))
    friends[0].publish([Value("x", id: 1)], at: key)
    stage.world.run(for: .seconds(1))
    let second = stage.world.listen(to: key, from: 0)
    #expect(second.added.map(\.id) == [1])
    stage.world.cancel(first)
    stage.world.cancel(second)
  }

  @Test("N-100, N-101: a cancelled listener gets nothing more, not even an expiry; others continue")
  func cancel() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(4, around: key)
    let first = stage.world.listen(to: key, from: 0), second = stage.world.listen(to: key, from: 0)
    stage.world.run(for: .seconds(2))
    friends[0].publish([Value("x", id: 1)], at: key)
    stage.world.run(for: .seconds(1))
    stage.world.cancel(first)
    #expect(first.ending == .cancelled)
    #expect(first.expired.isEmpty)
    friends[0].publish([Value("y", id: 2)], at: key)
    friends[0].tell(expired: [1], at: key)
    stage.world.run(for: .seconds(1))
    #expect(first.changes.count == 1)
    #expect(second.added.map(\.id) == [1, 2])
    #expect(second.expired.map(\.id) == [1])
    stage.world.cancel(second)
  }

  @Test("N-102: the network listens go on for 60 s after the last cancel, then stop")
  func lingering() throws {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(4, around: key)
    let listen = stage.world.listen(to: key, from: 0)
    stage.world.run(for: .seconds(50))
    stage.world.cancel(listen)
    let cancelled = stage.world.now
    stage.world.run(for: .seconds(300))
    for friend in friends {
      let last = try #require(friend.heard(.listen, about: key).last)
      #expect(seconds(38...60).contains(last.at - cancelled))
    }
  }

  @Test("N-103: a new listener within these 60 s gets the cached values, also those that came after the cancel")
  func revival() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(4, around: key)
    let first = stage.world.listen(to: key, from: 0)
    stage.world.run(for: .seconds(2))
    friends[0].publish([Value("x", id: 1)], at: key)
    stage.world.run(for: .seconds(1))
    stage.world.cancel(first)
    friends[1].publish([Value("y", id: 2)], at: key)
    stage.world.run(for: .seconds(30))
    let second = stage.world.listen(to: key, from: 0)
    #expect(second.added.map(\.id).sorted() == [1, 2])
    stage.world.cancel(second)
  }

  @Test("N-104: an unrefreshed type-5 value is reported expired after 120 s, a refreshed one is not")
  func cacheLife() throws {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(4, around: key)
    let listen = stage.world.listen(to: key, from: 0)
    stage.world.run(for: .seconds(2))
    let start = stage.world.now
    friends[0].publish([Value([1], type: 5, id: 1), Value([2], type: 5, id: 2)], at: key)
    stage.world.run(for: .seconds(60))
    friends[0].tell(refreshed: [2], at: key)
    stage.world.run(for: .seconds(80))
    #expect(listen.expired.map(\.id) == [1])
    let told = try #require(listen.changes.last?.at)
    #expect(seconds(119...122).contains(told - start))
    stage.world.run(for: .seconds(60))
    #expect(listen.expired.map(\.id) == [1, 2])
    stage.world.cancel(listen)
  }

  @Test("N-105, W-14.2: every update is answered, also with an unknown socket id")
  func updateIsAnswered() {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.friend()
    let update = Request.Update(socket: 4711, key: key, version: 1, values: ValueList([Value("x", id: 1)]))
    #expect(puppet.ask(.update(update))?.reply != nil)
    #expect(puppet.ask(.update(.init(socket: 4711, expired: [1])))?.reply != nil)
  }

  @Test("N-106, N-107: on a node with one family and no network, listen works for local puts, and can be cancelled")
  func localOnly() {
    let stage = Stage()
    defer { stage.verify() }
    stage.world.put(Value("w", id: 7), at: key, from: 0)
    let listen = stage.world.listen(to: key, from: 0)
    #expect(!listen.isFinished)
    #expect(listen.added.map(\.id) == [7])
    stage.world.put(Value("x", id: 1), at: key, from: 0)
    #expect(listen.added.map(\.id) == [7, 1])
    stage.world.cancel(listen)
    #expect(listen.ending == .cancelled)
    stage.world.put(Value("y", id: 2), at: key, from: 0)
    #expect(listen.added.map(\.id) == [7, 1])
  }

  @Test("N-106: values stored here by others are reported to local listeners")
  func storedByOthers() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.friend()
    let listen = stage.world.listen(to: key, from: 0)
    stage.world.run(for: .seconds(1))
    try stage.put([Value("x", id: 1)], at: key, by: puppet)
    #expect(listen.added.map(\.id) == [1])
    stage.world.cancel(listen)
  }

  @Test("N-108: an update with right id and socket id from another address is not reported")
  func forgedUpdate() throws {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(4, around: key), forger = stage.stranger(manner: .silent)
    let listen = stage.world.listen(to: key, from: 0)
    stage.world.run(for: .seconds(2))
    let listener = try #require(friends[0].listeners.first)
    friends[0].tell(listener, [Value("forged", id: 1)], from: forger.address)
    stage.world.run(for: .seconds(1))
    #expect(listen.changes.isEmpty)
    friends[0].tell(listener, [Value("true", id: 1)])
    stage.world.run(for: .seconds(1))
    #expect(listen.added.compactMap(\.text) == ["true"])
    stage.world.cancel(listen)
  }

  @Test("A listener is told one way after the put reached a holder")
  func delay() throws {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(4, around: key)
    let listen = stage.world.listen(to: key, from: 0)
    stage.world.run(for: .seconds(2))
    let start = stage.world.now
    friends[2].publish([Value("x", id: 1)], at: key)
    stage.world.run(for: .seconds(1))
    #expect(try #require(listen.changes.first).at - start == .milliseconds(10))
    stage.world.cancel(listen)
  }
}
