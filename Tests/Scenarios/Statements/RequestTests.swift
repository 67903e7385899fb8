import DHTCore
import DHTModel
import DHTSimulator
import DHTWire
import Testing

/// node.md §11, "Requests and records".
@Suite("Requests and records") struct RequestTests {
  @Test(
    "N-20, N-21: an unanswered request is sent 3 times in given gaps, and fails 4.0–5.75 s after the third",
    arguments: UInt64(1)...5)
  func retransmission(seed: UInt64) throws {
    let stage = Stage(seed: seed)
    defer { stage.verify() }
    let puppet = stage.stranger(manner: .silent)
    let ping = stage.world.ping(puppet.address, from: 0)
    stage.world.run(until: ping)
    let pings = puppet.heard(.ping)
    try #require(pings.count == 3)
    #expect(Set(pings.map(\.transaction)).count == 1)
    #expect(Set(pings.map(\.bytes)).count == 1)
    #expect(seconds(1.0...1.25).contains(gaps(pings)[0]))
    #expect(seconds(2.0...2.75).contains(gaps(pings)[1]))
    #expect(ping.pinged?.node == nil)
    let end = try #require(ping.finished)
    #expect(seconds(4.0...5.75).contains(end - (pings[2].at - stage.world.network.delay)))
  }

  @Test("N-22: after the failure the node is not offered in find replies and not asked by searches")
  func silentNodeIsForgotten() {
    let stage = Stage()
    defer { stage.verify() }
    let key = InfoHash(named: "key")
    let friends = stage.friends(4, around: key)
    #expect(stage.offered(to: friends[1], near: key).contains(friends[0].contact))
    for friend in friends { friend.nodes = [] }
    stage.lose(friends[0])
    #expect(!stage.offered(to: friends[1], near: key).contains(friends[0].contact))
    stage.world.run(until: stage.world.get(key, from: 0))
    #expect(friends[0].heard(.get, about: key).isEmpty)
    #expect(!friends[1].heard(.get, about: key).isEmpty)
  }

  @Test("N-23: an expired node that sends us a packet is usable, and offered again when it replied within 2 h")
  func expiredNodeReturns() {
    let stage = Stage()
    defer { stage.verify() }
    let key = InfoHash(named: "key")
    let friends = stage.friends(4, around: key)
    for friend in friends { friend.nodes = [] }
    stage.lose(friends[0])
    #expect(!stage.offered(to: friends[1], near: key).contains(friends[0].contact))
    friends[0].manner = .ordinary
    #expect(friends[0].ask(.ping) != nil)
    #expect(stage.offered(to: friends[1], near: key).contains(friends[0].contact))
    stage.world.run(until: stage.world.get(key, from: 0))
    #expect(!friends[0].heard(.get, about: key).isEmpty)
  }

  @Test("N-24: network unreachable on send expires the node at once")
  func unreachable() throws {
    let stage = Stage()
    defer { stage.verify() }
    let key = InfoHash(named: "key")
    let friends = stage.friends(4, around: key)
    stage.world.setUnreachable(friends[0].address)
    let ping = stage.world.ping(friends[0].address, from: 0)
    let get = stage.world.get(key, from: 0)
    stage.world.run(for: .milliseconds(100))
    #expect(ping.isFinished)
    #expect(ping.pinged?.node == nil)
    #expect(get.isFinished)
    #expect(!stage.offered(to: friends[1], near: key).contains(friends[0].contact))
  }

  @Test("N-25: a node that only sent requests is not offered until it has replied to us")
  func unprovenNodeIsNotOffered() {
    let stage = Stage()
    defer { stage.verify() }
    let friend = stage.friend(), mute = stage.stranger(manner: .silent)
    for _ in 0..<5 {
      #expect(mute.ask(.ping) != nil)
      #expect(!stage.offered(to: friend, near: mute.id).contains(mute.contact))
      stage.world.run(for: .milliseconds(500))
    }
    mute.manner = .ordinary
    #expect(mute.meet())
    #expect(stage.offered(to: friend, near: mute.id).contains(mute.contact))
  }

  @Test("N-26: a node stays offered for at most 10 min after its last sign of life")
  func goodForTenMinutes() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(3)
    #expect(stage.offered(to: friends[1], near: friends[0].id).contains(friends[0].contact))
    friends[0].manner = .silent
    stage.world.run(for: .seconds(601))
    #expect(!stage.offered(to: friends[1], near: friends[0].id).contains(friends[0].contact))
  }

  @Test("N-27: find replies hold at most 8 nodes, sorted by distance, all good", arguments: UInt64(1)...3)
  func findReply(seed: UInt64) throws {
    let stage = Stage(seed: seed)
    defer { stage.verify() }
    let friends = stage.friends(24)
    for friend in friends[..<6] {
      let target = InfoHash.random(using: &stage.world.random)
      let offered = stage.offered(to: friend, near: target)
      #expect(offered.count == 8)
      #expect(offered == offered.sorted { $0.id.isCloser(to: target, than: $1.id) })
      let good = stage.world.inspect(0) { node, now in node.goodNodes(.ipv4, now: now) }
      #expect(offered.allSatisfy(good.contains))
      #expect(Set(offered).count == 8)
    }
  }

  @Test("N-28: find without want returns nodes of its own family; with both it returns both")
  func want() {
    let stage = Stage { $0.families = [.ipv4, .ipv6] }
    defer { stage.verify() }
    let old = stage.friends(3, .ipv4), new = stage.friends(3, .ipv6)
    let target = InfoHash(named: "target")
    for (puppet, isOld) in [(old[0], true), (new[0], false)] {
      let plain = puppet.ask(.find(.init(target: target)))?.reply
      #expect((plain?.nodes4 ?? []).isEmpty == !isOld)
      #expect((plain?.nodes6 ?? []).isEmpty == isOld)
      let both = puppet.ask(.find(.init(target: target, want: .families(ipv4: true, ipv6: true))))?.reply
      #expect(both?.nodes4?.isEmpty == false)
      #expect(both?.nodes6?.isEmpty == false)
    }
  }

  @Test("N-29, W-14.2: find and get replies carry a 32-byte token, the same for the same requester")
  func sameToken() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.friend(), other = stage.friend()
    let found = try #require(puppet.ask(.find(.init(target: puppet.id)))?.reply?.token)
    let got = try #require(puppet.ask(.get(.init(key: InfoHash(named: "key"))))?.reply?.token)
    #expect(found.count == 32)
    #expect(found == got)
    #expect(try stage.token(for: other) != found)
  }

  @Test("N-30, W-14.4: the id of a good node from another address does not change the address we use or hand out")
  func stolenID() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(3), thief = stage.stranger(manner: .silent)
    for _ in 0..<5 {
      thief.send(.ping, as: friends[0].id)
      thief.send(.find(.init(target: friends[0].id)), as: friends[0].id)
      stage.world.run(for: .milliseconds(300))
    }
    let offered = stage.offered(to: friends[1], near: friends[0].id)
    #expect(offered.contains(friends[0].contact))
    #expect(!offered.contains { $0.address == thief.address })
    for friend in friends { friend.nodes = [] }
    stage.world.run(until: stage.world.get(friends[0].id, from: 0))
    #expect(!friends[0].heard(.get, about: friends[0].id).isEmpty)
    #expect(thief.heard(.get).isEmpty)
  }

  @Test("W-40: while the old address answers, a second one that answers, too, does not take its place")
  func twin() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(3), thief = stage.stranger(id: friends[0].id)
    for _ in 0..<5 {
      thief.send(.ping)
      stage.world.run(for: .seconds(11))
    }
    #expect(!thief.heard.isEmpty)
    let offered = stage.offered(to: friends[1], near: friends[0].id)
    #expect(offered.contains(friends[0].contact))
    #expect(!offered.contains { $0.address == thief.address })
  }

  @Test("W-40: a node that moved, and no longer answers at its old address, is used at the new one")
  func moved() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(3), later = stage.stranger(id: friends[0].id)
    friends[0].manner = .silent
    for _ in 0..<4 {
      later.send(.ping)
      stage.world.run(for: .seconds(15))
    }
    let offered = stage.offered(to: friends[1], near: later.id)
    #expect(offered.contains(later.contact))
    #expect(!offered.contains { $0.address == friends[0].address })
  }

  @Test("N-31, W-43: transaction ids of 100 consecutive requests to one node are not consecutive numbers")
  func transactions() {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger()
    for _ in 0..<100 { stage.world.run(until: stage.world.ping(puppet.address, from: 0)) }
    let numbers = firsts(puppet.heard(.ping)).map(\.transaction)
    #expect(numbers.count == 100)
    #expect(zip(numbers, numbers.dropFirst()).count { $1 &- $0 <= 16 } == 0)
    #expect(!numbers.contains(0))
  }
}
