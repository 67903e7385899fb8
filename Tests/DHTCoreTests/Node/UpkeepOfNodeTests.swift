import DHTCollections
import DHTModel
import DHTWire
import Testing

@testable import DHTCore

/// How a node keeps in touch, seen from outside.
@Suite struct UpkeepOfNodeTests {
  typealias F = CoreFixture

  /// A node that knows so many good nodes, in several buckets.
  private func crowd(_ count: UInt8) -> Correspondent {
    var pair = Correspondent()
    for number in 0..<count { pair.befriend(F.contact(1 << (number % 8), UInt32(number) + 1)) }
    pair.run(for: .seconds(2))
    _ = pair.takeSent()
    return pair
  }

  @Test(
    "W-51, N-158: after a change of the network every node of the table is asked within 5 s, eight every quarter second"
  )
  func connectivityChange() {
    var pair = crowd(60)
    let table = Set(pair.node.overlays[0].contacts.table.allNodes)
    #expect(table.count > 16)
    pair.perform { node, now in node.connectivityChanged(now: now) }
    #expect(pair.node.status == .connecting)
    var pinged: Set<SocketAddress> = []
    for quarter in 0..<20 {
      // The first eight at once; the deadline of each quarter is kept at its end.
      pair.run(for: quarter == 0 ? .zero : .milliseconds(250))
      let fresh = Set(pair.takeSent().filter { $0.request == .ping }.map(\.destination)).subtracting(pinged)
      #expect(fresh.count <= 8)
      if quarter == 0 { #expect(fresh.count == 8) }
      pinged.formUnion(fresh)
    }
    let addresses = Set(table.compactMap { pair.node.overlays[0].contacts.known[$0]?.address })
    #expect(addresses.isSubset(of: pinged))
  }

  @Test("N-158: the listens are sent again, too")
  func listensAgain() {
    var pair = Correspondent()
    let peer = F.contact(0x80)
    pair.befriend(peer)
    _ = pair.perform { node, now in node.listen(to: F.id(0x81), now: now) }
    pair.serve(peer)
    #expect(pair.listensServed == 1)
    pair.perform { node, now in node.connectivityChanged(now: now) }
    for _ in 0..<5 {
      pair.run(for: .seconds(1))
      pair.serve(peer)
    }
    #expect(pair.listensServed == 2)
  }

  @Test(
    "W-13: listens are renewed every 20 s; every 290 s once our address was stable for ten minutes; again every 20 s after it changed"
  )
  func stableAddress() {
    var pair = Correspondent()
    let peer = F.contact(0x80)
    let own = IPAddress(ipv4: 0x0102_0304)
    pair.observed = own
    pair.perform { node, now in node.setLocalAddresses([own], now: now) }
    pair.befriend(peer)
    _ = pair.perform { node, now in node.listen(to: F.id(0x81), now: now) }
    func renewals(_ seconds: Int, _ pair: inout Correspondent) -> Int {
      let before = pair.listensServed
      for _ in 0..<seconds {
        pair.run(for: .seconds(1))
        pair.serve(peer)
      }
      return pair.listensServed - before
    }
    #expect((4...6).contains(renewals(100, &pair)))
    _ = renewals(560, &pair)
    #expect((1...3).contains(renewals(580, &pair)))
    pair.perform { node, now in node.connectivityChanged(now: now) }
    _ = renewals(5, &pair)
    #expect((4...6).contains(renewals(100, &pair)))
  }

  @Test("W-13: the renewals of many listens do not come all at once")
  func crowdedListens() {
    var pair = Correspondent()
    let peer = F.contact(0x80)
    pair.befriend(peer)
    for number in UInt32(1)...200 { _ = pair.perform { node, now in node.listen(to: F.id(0x81, number), now: now) } }
    pair.serve(peer)
    var perSecond: [Int] = []
    for _ in 0..<40 {
      let before = pair.listensServed
      pair.run(for: .seconds(1))
      pair.serve(peer)
      perSecond.append(pair.listensServed - before)
    }
    #expect(perSecond.reduce(0, +) >= 200)
    #expect(perSecond.max() ?? 0 < 100, "\(perSecond)")
  }

  @Test("W-47: when a node of a full bucket dies, the candidate is in the table at once")
  func candidateAtOnce() {
    var pair = Correspondent()
    pair.befriend(F.contact(0x01))
    let far = (UInt8(0)..<9).map { F.contact(0x80 + $0) }
    for contact in far { pair.befriend(contact) }
    let table = pair.node.routingTableDescription(.ipv4, now: pair.now)
    let bucket = table.first { $0.hasCandidate }
    #expect(bucket?.nodes.count == 8)
    let dead = far[3]
    pair.perform { node, now in _ = node.get(dead.id, now: now) }
    pair.perform { node, now in node.sendFailed(to: dead.address, now: now) }
    let nodes = pair.node.goodNodes(.ipv4, now: pair.now)
    #expect(!nodes.contains(dead) && nodes.contains(far[8]))
  }

  @Test("W-50: names are resolved elsewhere: the node asks, and answers others meanwhile")
  func resolution() {
    var pair = Correspondent()
    let host = Host(name: "entry.example")
    pair.perform { node, now in node.addBootstrap(host, now: now) }
    #expect(pair.node.status == .connecting)
    #expect(pair.hostsToResolve == [host] && pair.sent.isEmpty)
    pair.run(for: .seconds(3))
    #expect(pair.ask(.ping, by: F.contact(3)).count == 1)
    pair.perform { node, now in node.resolved(host, addresses: [F.address(7)], now: now) }
    #expect(pair.requests(to: F.address(7)).map(\.request) == [.ping])
  }

  @Test("W-49, N-58: a listen that finds nobody does not shorten the pauses between tries to ten seconds for ever")
  func lastingListen() {
    var pair = Correspondent()
    pair.perform { node, now in node.addBootstrap(Host(name: "silent"), now: now) }
    pair.perform { node, now in node.resolved(Host(name: "silent"), addresses: [], now: now) }
    _ = pair.perform { node, now in node.listen(to: F.id(9), now: now) }
    for _ in 0..<600 {
      pair.run(for: .seconds(1))
      pair.perform { node, now in node.resolved(Host(name: "silent"), addresses: [], now: now) }
    }
    // 0, 10, 20, 40, then every 60 s; one more for the search that died.
    #expect((10...15).contains(pair.hostsToResolve.count), "\(pair.hostsToResolve.count)")
  }

  @Test("N-142: when all nodes were silent for long, an operation has them asked at once, and is not held for minutes")
  func heldOperation() {
    var pair = Correspondent()
    let peer = F.contact(0x80)
    pair.befriend(peer)
    // As after a sleep: time passed, and nothing was heard.
    pair.skip(.seconds(700))
    _ = pair.takeSent()
    let get = pair.perform { node, now in node.get(F.id(0x81), now: now) }
    #expect(pair.node.status == .connecting)
    #expect(pair.outcome(get) == nil)
    pair.run(for: .milliseconds(100))
    #expect(!pair.requests(to: peer.address).isEmpty)
    pair.serve(peer)
    #expect(pair.outcome(get)?.ending == .completed)
  }

  @Test("N-143: with nobody left, an operation that waited fails when the last silent node is given up")
  func heldInVain() {
    var pair = Correspondent()
    for number in UInt8(0)..<12 { pair.befriend(F.contact(0x80 + number * 4)) }
    pair.skip(.seconds(700))
    let get = pair.perform { node, now in node.get(F.id(0x81), now: now) }
    // The candidate that takes the place of a dead node is asked in its turn.
    pair.run(for: .seconds(22))
    #expect(pair.outcome(get)?.ending == .isolated)
    #expect(pair.node.status == .disconnected)
  }

  @Test("N-44, W-46: a dead node that others name is tried once a minute")
  func secondChances() {
    var pair = Correspondent()
    let (peer, dead) = (F.contact(0x80), F.contact(0x90))
    pair.befriend(peer)
    pair.befriend(dead)
    _ = pair.perform { node, now in node.get(dead.id, now: now) }
    pair.perform { node, now in node.sendFailed(to: dead.address, now: now) }
    pair.named = [dead]
    _ = pair.takeSent()
    var transactions: Set<TransactionID> = []
    for second in 0..<300 {
      if second % 5 == 0 { _ = pair.perform { node, now in node.get(F.id(0x91, UInt32(second + 1)), now: now) } }
      pair.run(for: .seconds(1))
      transactions.formUnion(pair.requests(to: dead.address).map(\.transaction))
      pair.serve(peer)
    }
    #expect((3...12).contains(transactions.count), "\(transactions.count) tries in five minutes")
  }

  @Test("Operations with far deadlines that end at once leave no trail")
  func deadlines() {
    var pair = Correspondent()
    for _ in 0..<3000 { _ = pair.perform { node, now in node.get(F.id(9), deadline: now + .seconds(86400), now: now) } }
    #expect(pair.node.brokenInvariant() == nil)
    #expect(pair.node.operationDeadlines.count < 200)
  }

  @Test("A listen without room for its search is refused as throttled")
  func throttledListen() {
    var pair = Correspondent { $0.limits.searches = 2 }
    let listens = (UInt32(1)...3).map { number in
      pair.perform { node, now in node.listen(to: F.id(7, number), now: now) }
    }
    #expect(pair.outcome(listens[0]) == nil && pair.outcome(listens[1]) == nil)
    #expect(pair.outcome(listens[2]) == .listen(.throttled))
    #expect(pair.node.brokenInvariant() == nil)
  }
}
