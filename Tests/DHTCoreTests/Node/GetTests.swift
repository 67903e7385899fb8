import DHTModel
import DHTWire
import Testing

@testable import DHTCore

/// Gets as the nodes around see them.
@Suite struct GetTests {
  typealias F = CoreFixture
  private let key = F.id(0x80, 0)

  /// Nodes that were asked about the key.
  private func asked(_ pair: borrowing Correspondent) -> [SocketAddress] {
    pair.sent.compactMap { sent in
      if case .get(let get)? = sent.request, get.key == key { sent.destination } else { nil }
    }
  }

  @Test("W-4: a get asks the nearest eight, four of them for values, and stops when they answered")
  func nearestEight() {
    var pair = Correspondent.among(14)
    let get = pair.perform { node, now in node.get(key, now: now) }
    var all: [SocketAddress] = []
    for _ in 0..<10 {
      all += asked(pair)
      for number in UInt32(1)...14 { pair.serve(F.contact(0x80, number)) }
    }
    #expect(Set(all) == Set((UInt32(1)...8).map { F.contact(0x80, $0).address }))
    #expect(all.count == 8, "each once")
    guard case .get(let outcome)? = pair.outcome(get) else {
      Issue.record("the get never ended")
      return
    }
    #expect(outcome.answered == 8 && outcome.closest == 8 && outcome.ending == .completed)
  }

  @Test("W-4: a value that many hold is fetched from few, and one that only lists show from one holder")
  func oneHolder() {
    var pair = Correspondent.among(14)
    let values = [Value("v", id: 5)]
    for number in UInt32(1)...8 {
      pair.held[F.contact(0x80, number).id] = number > 4 ? values + [Value("w", id: 6)] : values
    }
    let get = pair.perform { node, now in node.get(key, now: now) }
    for _ in 0..<10 { for number in UInt32(1)...14 { pair.serve(F.contact(0x80, number)) } }
    #expect(pair.outcome(get)?.ending == .completed)
    #expect(Set(pair.values(of: get).map(\.id)) == [5, 6] && pair.values(of: get).count == 2)
    #expect(pair.valuesServed <= 6, "\(pair.valuesServed) values travelled")
  }

  @Test("W-10: two contents under one id are delivered once each, a higher sequence instead of a lower")
  func contents() {
    var pair = Correspondent.among(4)
    let (old, new) = (F.signed(5, "old", sequence: 1), F.signed(5, "new", sequence: 2))
    let (x, y) = (Value("x", id: 6), Value("y", id: 6))
    pair.held[F.contact(0x80, 1).id] = [new, x]
    for number in UInt32(2)...4 { pair.held[F.contact(0x80, number).id] = number % 2 == 0 ? [old, y] : [new, x] }
    let get = pair.perform { node, now in node.get(key, now: now) }
    for _ in 0..<10 { for number in UInt32(1)...4 { pair.serve(F.contact(0x80, number)) } }
    #expect(pair.outcome(get)?.ending == .completed)
    #expect(pair.values(of: get) == [new, x, y])
  }

  @Test(
    "W-3: a node is late after four of its round trips, and then others are asked; it is not asked again within 1 s")
  func late() {
    var pair = Correspondent.among(14)
    let get = pair.perform { node, now in node.get(key, now: now) }
    let first = asked(pair)
    #expect((4...8).contains(first.count))
    pair.run(for: .milliseconds(200))
    #expect(asked(pair).count == first.count)
    // Their round trips were far below a quarter second, which is the least that is allowed.
    pair.run(for: .milliseconds(60))
    let second = asked(pair)
    #expect(second.count > first.count && second.count <= first.count + 8)
    #expect(Set(second).count == second.count, "nobody is asked twice")
    pair.run(for: .milliseconds(700))
    #expect(Set(asked(pair)).count == asked(pair).count)
    #expect(pair.outcome(get) == nil)
  }

  @Test("A node that sends the head of an answer again and again does not hold up a get")
  func endlessHeads() {
    var pair = Correspondent.among(1)
    let peer = F.contact(0x80, 1)
    let get = pair.perform { node, now in node.get(key, now: now) }
    guard let transaction = pair.requests(to: peer.address).last?.transaction else {
      Issue.record("nothing was asked")
      return
    }
    let value = Value([UInt8](repeating: 1, count: 3000), id: 1)
    var arena = PacketArena()
    Message(
      transaction: transaction,
      body: .reply(sender: peer.id, Reply(token: Token(words: 1, 2, 3, 4), values: ValueList([value])))
    ).encode(into: &arena)
    for _ in 0..<40 {
      pair.receiveBytes(Array(arena.bytes[arena.range(of: 0)]), from: peer.address)
      pair.run(for: .seconds(1))
    }
    #expect(pair.outcome(get) != nil)
  }

  @Test("Nothing is told of a traced get after its end")
  func tracesEnd() {
    var pair = Correspondent.among(2)
    let get = pair.perform { node, now in node.get(key, isTraced: true, now: now) }
    pair.perform { node, now in node.cancel(get, now: now) }
    pair.serve(F.contact(0x80, 1))
    pair.run(for: .seconds(20))
    let last = pair.events.lastIndex { event in
      switch event {
      case .traced(get, _), .values(get, _, _): true
      default: false
      }
    }
    let end = pair.events.firstIndex { if case .finished(get, _) = $0 { true } else { false } }
    #expect(end != nil && last ?? -1 < end ?? -1)
  }
}
