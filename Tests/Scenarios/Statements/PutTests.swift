import DHTCore
import DHTModel
import DHTSimulator
import DHTWire
import Testing

/// node.md §11, "Put".
@Suite("Put") struct PutTests {
  private let key = InfoHash(named: "key")

  @Test("N-69: a value with id 0 gets a random id before it is sent")
  func randomID() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(4, around: key)
    let first = stage.world.put(Value("x"), at: key, from: 0), second = stage.world.put(Value("y"), at: key, from: 0)
    stage.world.run(until: [first, second])
    let ids = [first, second].compactMap(\.receipt?.valueID)
    #expect(Set(ids).count == 2)
    #expect(!ids.contains(0))
    let sent = Set(friends.flatMap { $0.heard(.put) }.flatMap { $0.put?.values.values.map(\.id) ?? [] })
    #expect(sent == Set(ids))
  }

  @Test("N-70, N-71: a put is sent to the 8 nearest nodes only, and is done when they acknowledged")
  func nearestEight() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(12, around: key)
    let put = stage.world.put(Value("x", id: 1), at: key, from: 0)
    stage.world.run(until: put)
    #expect(put.isCompleted)
    #expect(put.receipt?.stored == friends[..<8].map(\.contact))
    #expect(put.receipt?.failed.isEmpty == true)
    stage.world.run(for: .seconds(5))
    #expect(friends.map { $0.heard(.put, about: key).count } == [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0])
  }

  @Test("N-71: with fewer nodes a put is done when all live ones acknowledged")
  func fewNodes() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(3, around: key)
    let put = stage.world.put(Value("x", id: 1), at: key, from: 0)
    stage.world.run(until: put)
    #expect(put.isCompleted)
    #expect(put.receipt?.stored == friends.map(\.contact))
    #expect(friends.allSatisfy { $0.stored[key]?.map(\.id) == [1] })
  }

  @Test("N-72: a put carries an earlier creation time in seconds, a permanent one does not")
  func creationTime() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(3, around: key), other = InfoHash(named: "other")
    let created = WallTime(seconds: stage.world.wallTime.seconds - 60)
    stage.world.run(until: stage.world.put(Value("x", id: 1), at: key, options: PutOptions(created: created), from: 0))
    let options = PutOptions(isPermanent: true, created: created)
    stage.world.run(until: stage.world.put(Value("x", id: 1), at: other, options: options, from: 0))
    for friend in friends {
      #expect(friend.heard(.put, about: key).map { $0.put?.created } == [created])
      #expect(friend.heard(.put, about: other).map { $0.put?.created } == [nil])
    }
  }

  @Test("N-73: with early sync the first put leaves when the 2 nearest gave tokens, before all 8 did")
  func earlyPut() throws {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(12, around: key, manner: .slow(.milliseconds(600)))
    for friend in friends[..<3] { friend.manner = .ordinary }
    let put = stage.world.put(Value("x"), at: key, from: 0)
    stage.world.run(until: put)
    let first = try #require(friends[0].heard(.put, about: key).first)
    #expect(first.at - put.started < .milliseconds(600))
    #expect(put.receipt?.stored.count == 8)
  }

  @Test("N-74: one of 8 nodes that never acknowledges delays the end to 7–10 s, then success")
  func oneSilent() throws {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(12, around: key)
    friends[3].manner = .ignoring(.put)
    let put = stage.world.put(Value("x", id: 1), at: key, from: 0)
    stage.world.run(until: put)
    #expect(put.isCompleted)
    let duration = try #require(put.duration)
    #expect(duration <= .seconds(10))
    #expect(put.receipt?.stored.count == 8)
    #expect(put.receipt?.stored.contains(friends[8].contact) == true)
    #expect(put.receipt?.failed == [PutFailure(node: friends[3].contact, reason: .silent)])
  }

  @Test("N-75: a put that no node acknowledges fails after 7–10 s")
  func noneAcknowledges() throws {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(8, around: key, manner: .ignoring(.put))
    let put = stage.world.put(Value("x", id: 1), at: key, from: 0)
    stage.world.run(until: put)
    #expect(seconds(7...10, tolerance: 0.2).contains(try #require(put.duration)))
    #expect(put.receipt?.stored.isEmpty == true)
    #expect(Set(put.receipt?.failed.map(\.node) ?? []) == Set(friends.map(\.contact)))
    #expect(put.receipt?.failed.allSatisfy { $0.reason == .silent } == true)
  }

  @Test("N-76: after 401 a new token is fetched at once and the put repeated; the fourth 401 gives the node up")
  func refusedToken() throws {
    let stage = Stage()
    defer { stage.verify() }
    let friend = stage.friends(1, around: key, manner: .refusingTokens)[0]
    let put = stage.world.put(Value("x", id: 1), at: key, from: 0)
    stage.world.run(until: put)
    stage.world.run(for: .seconds(20))
    #expect(friend.heard(.put, about: key).count == 4)
    let kinds = friend.heard.filter { $0.key == key }.map(\.kind)
    #expect(kinds.filter { $0 == .find || $0 == .get }.count >= 4)
    #expect(put.receipt?.stored.isEmpty == true)
    #expect(put.receipt?.failed == [PutFailure(node: friend.contact, reason: .refused(code: 401))])
    #expect(try #require(put.duration) < .seconds(1))
  }

  @Test("N-76: a node whose token changed gets the put with the new one")
  func newToken() {
    let stage = Stage()
    defer { stage.verify() }
    let friend = stage.friends(1, around: key)[0]
    stage.world.run(until: stage.world.put(Value("x", id: 1), at: key, from: 0))
    friend.manner.tokens = .bytes(Array(repeating: 7, count: 20))
    let put = stage.world.put(Value("y", id: 2), at: key, from: 0)
    stage.world.run(until: put)
    #expect(put.isCompleted)
    #expect(friend.stored[key]?.map(\.id).sorted() == [1, 2])
  }

  @Test("N-77: two equal puts at once are both done")
  func equalPuts() {
    let stage = Stage()
    defer { stage.verify() }
    _ = stage.friends(8, around: key)
    let first = stage.world.put(Value("x", id: 1), at: key, from: 0)
    let second = stage.world.put(Value("x", id: 1), at: key, from: 0)
    stage.world.run(until: [first, second])
    for put in [first, second] {
      #expect(put.isCompleted)
      #expect(put.receipt?.stored.count == 8)
    }
    let third = stage.world.put(Value("x", id: 1), at: key, from: 0)
    stage.world.run(until: third)
    #expect(third.isCompleted)
  }

  @Test("N-78: a second put with other content under the id replaces the first, and peers hold the second")
  func replacedPut() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(8, around: key, manner: .slow(.milliseconds(100)))
    let first = stage.world.put(Value("x", id: 1), at: key, from: 0)
    stage.world.run(for: .milliseconds(50))
    let second = stage.world.put(Value("y", id: 1), at: key, from: 0)
    stage.world.run(until: [first, second])
    #expect(first.ending == .replaced)
    #expect(second.isCompleted)
    #expect(friends.allSatisfy { $0.stored[key]?.compactMap(\.text) == ["y"] })
    #expect(stage.held(at: key).compactMap(\.text) == ["y"])
  }

  @Test("N-79: the putting node serves the value at once, even when far from the key")
  func servesOwn() {
    let stage = Stage { $0.nodeID = self.key.settingBit(0, to: !self.key.bit(0)) }
    defer { stage.verify() }
    let friends = stage.friends(14, around: key)
    stage.world.put(Value("x", id: 1), at: key, from: 0)
    let reply = friends[13].ask(.get(.init(key: key)), within: .milliseconds(21))?.reply
    #expect(reply?.values.values.map(\.id) == [1])
  }

  @Test("N-80: a value over 65,568 packed bytes is refused")
  func tooLarge() {
    let stage = Stage()
    defer { stage.verify() }
    let friend = stage.friends(1, around: key)[0]
    let put = stage.world.put(Value(Array(repeating: 1, count: 65_600), id: 1), at: key, from: 0)
    guard case .invalid(.valueTooLarge(let bytes)) = put.ending else {
      Issue.record("\(put)")
      return
    }
    #expect(bytes > 65_568)
    stage.world.run(for: .seconds(2))
    #expect(friend.heard(.put).isEmpty)
  }

  @Test("N-80: a value of 64,000 bytes travels in parts, and is fetched back")
  func largeValue() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(3, around: key)
    let data = (0..<64_000).map { UInt8(truncatingIfNeeded: $0) }
    let put = stage.world.put(Value(data, id: 1), at: key, from: 0)
    stage.world.run(until: put)
    #expect(put.isCompleted)
    #expect(friends.allSatisfy { $0.stored[key]?.first?.data == data })
    let other = InfoHash(named: "other")
    friends[1].hold([Value(data, id: 2)], at: other)
    let get = stage.world.get(other, from: 0)
    stage.world.run(until: get)
    #expect(get.values.first?.data == data)
  }

  @Test("N-81: a permanent put probes ids and sequence numbers, then puts where missing and refreshes where present")
  func probe() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(4, around: key)
    // A value without owner is preceded by the question for signed ones.
    let value = Value(
      id: 1, content: .signed(Value.Body(data: [1]), Value.Signature(owner: [1], sequence: 0, signature: [1])))
    friends[1].hold([value], at: key)
    let put = stage.world.putPermanently(value, at: key, from: 0)
    stage.world.run(until: put)
    #expect(put.isCompleted)
    for (index, friend) in friends.enumerated() {
      let probes = friend.heard(.get, about: key).compactMap { $0.get?.query?.select }
      #expect(probes == [[.id, .sequence]])
      #expect(friend.heard(.put, about: key).count == (index == 1 ? 0 : 1))
      #expect(friend.heard(.refresh, about: key).count == (index == 1 ? 1 : 0))
    }
  }

  @Test("N-82: a permanent put of type 0 is refreshed at 590 s and 1180 s")
  func refreshes() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(4, around: key)
    let put = stage.world.putPermanently(Value("x", id: 1), at: key, from: 0)
    stage.world.run(for: .seconds(1300))
    for friend in friends {
      #expect(friend.heard(.put, about: key).count == 1)
      let refreshes = friend.heard(.refresh, about: key)
      #expect(refreshes.map { $0.refresh?.valueID } == [1, 1])
      for (refresh, time) in zip(refreshes, [590.0, 1180]) {
        #expect(seconds(time...time, tolerance: 3).contains(refresh.at - put.started))
      }
    }
    #expect(put.isCompleted)
  }

  @Test("N-83: 404 to a refresh is followed at once by a put to the same node")
  func lostValue() throws {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(3, around: key)
    stage.world.putPermanently(Value("x", id: 1), at: key, from: 0)
    stage.world.run(for: .seconds(300))
    friends[1].react(to: .refresh) { [friends, key] _ in
      friends[1].drop(1, at: key)
      return .failure(.unknownStorage)
    }
    stage.world.run(for: .seconds(310))
    let refresh = try #require(friends[1].heard(.refresh, about: key).first)
    let puts = friends[1].heard(.put, about: key)
    try #require(puts.count == 2)
    #expect(puts[1].at - refresh.at < .milliseconds(100))
    #expect(friends[1].stored[key]?.map(\.id) == [1])
  }

  @Test("N-84: a permanent put goes to 8 nodes")
  func permanentWidth() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(14, around: key)
    let put = stage.world.putPermanently(Value("x", id: 1), at: key, from: 0)
    stage.world.run(for: .seconds(60))
    #expect(put.receipt?.stored.count == 8)
    #expect(friends.count { !$0.heard(.put, about: key).isEmpty } == 8)
  }

  @Test("N-85: cancelPut stops refreshes, removes the local copy, and tells local listeners that it expired")
  func cancelPut() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(4, around: key)
    stage.world.putPermanently(Value("x", id: 1), at: key, from: 0)
    stage.world.run(for: .seconds(5))
    #expect(stage.world.cancelPut(1, at: key, from: 0))
    #expect(stage.held(at: key).isEmpty)
    #expect(!stage.world.cancelPut(1, at: key, from: 0))
    stage.world.run(for: .seconds(1300))
    #expect(friends.allSatisfy { $0.heard(.refresh, about: key).isEmpty })
  }

  @Test("N-85: a local listener without network hears of a cancelled put")
  func cancelPutIsTold() {
    let stage = Stage()
    defer { stage.verify() }
    let listen = stage.world.listen(to: key, from: 0)
    stage.world.putPermanently(Value("x", id: 1), at: key, from: 0)
    #expect(listen.added.map(\.id) == [1])
    stage.world.cancelPut(1, at: key, from: 0)
    #expect(listen.expired.map(\.id) == [1])
    stage.world.cancel(listen)
  }

  @Test("N-86: cancelPut of an unfinished put ends it, and a later shutdown completes")
  func cancelUnfinished() {
    let stage = Stage()
    defer { stage.verify() }
    _ = stage.friends(4, around: key, manner: .ignoring(.put))
    let put = stage.world.put(Value("x", id: 1), at: key, from: 0)
    stage.world.run(for: .seconds(1))
    #expect(!put.isFinished)
    stage.world.cancelPut(1, at: key, from: 0)
    #expect(put.ending == .cancelled)
    stage.world.shutDown(0)
    #expect(stage.world.inspect(0) { node, _ in node.operationCount } == 0)
  }

  @Test("N-87: a reply without value id does not leave the put open for ever")
  func unnamedAcknowledgement() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(3, around: key, manner: Manner { $0.namesValues = false })
    let put = stage.world.put(Value("x", id: 1), at: key, from: 0)
    #expect(stage.world.run(until: put, atMost: .seconds(12)))
    #expect(put.receipt?.stored.isEmpty == true)
    #expect(put.receipt?.failed.map(\.reason) == friends.map { _ in .acknowledgedNothing })
  }

  @Test("N-88: a put reports success when one family succeeded")
  func oneFamily() throws {
    let stage = Stage { $0.families = [.ipv4, .ipv6] }
    defer { stage.verify() }
    _ = stage.friends(8, around: key)
    let dead = stage.stranger(id: key.neighbour(9, using: &stage.world.random), .ipv6)
    dead.meet()
    dead.manner = .silent
    let put = stage.world.put(Value("x", id: 1), at: key, from: 0)
    stage.world.run(until: put)
    #expect(put.isCompleted)
    #expect(put.receipt?.stored.count == 8)
    #expect(try #require(put.duration) < .seconds(2))
  }

  @Test("W-14.3: a put reply is no proof of storage: `verify` reads the value back from each holder")
  func verify() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(4, around: key)
    friends[2].manner.storesValues = false
    let put = stage.world.put(Value("x", id: 1), at: key, options: PutOptions(verify: true), from: 0)
    stage.world.run(until: put)
    #expect(put.isCompleted)
    #expect(put.receipt?.isVerified == true)
    #expect(put.receipt?.stored.contains(friends[2].contact) == false)
    #expect(put.receipt?.failed == [PutFailure(node: friends[2].contact, reason: .notFoundOnVerify)])
  }

  @Test("A near node whose first answer was lost gets the value when it answers, though the put is over")
  func lostFirstAnswer() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(12, around: key)
    for friend in friends[..<4] {
      var asked = 0
      friend.react(to: .find) { [key] received in
        guard received.key == key else { return .ordinary }
        asked += 1
        return asked == 1 ? .silence : .ordinary
      }
    }
    let put = stage.world.put(Value("x", id: 1), at: key, from: 0)
    stage.world.run(until: put)
    #expect(put.receipt?.stored.count == 8)
    stage.world.run(for: .seconds(4))
    #expect(friends[..<4].allSatisfy { $0.stored[key]?.map(\.id) == [1] })
    stage.world.run(for: .seconds(10))
    #expect(friends.allSatisfy { $0.heard(.put, about: key).count <= 1 })
  }

  @Test("A put takes two round trips on a new key, and one more on a known one", arguments: [0, 1] as [Value.ID])
  func roundTrips(id: Value.ID) throws {
    let stage = Stage()
    defer { stage.verify() }
    _ = stage.friends(8, around: key)
    let first = stage.world.put(Value("x", id: id), at: key, from: 0)
    stage.world.run(until: first)
    #expect(try #require(first.duration) <= .milliseconds(41))
    let second = stage.world.put(Value("y", id: id * 2), at: key, from: 0)
    stage.world.run(until: second)
    // With a chosen id, nodes are asked first whether they hold a signed value under it.
    #expect(try #require(second.duration) <= (id == 0 ? .milliseconds(21) : .milliseconds(41)))
  }
}
