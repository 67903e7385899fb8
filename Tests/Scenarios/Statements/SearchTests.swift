import DHTCore
import DHTModel
import DHTSimulator
import DHTWire
import Testing

/// node.md §11, "Search".
@Suite("Search") struct SearchTests {
  private let key = InfoHash(named: "key")

  /// Finds and gets toward the key that are unanswered and have not missed the first timeout, at their most.
  private func mostInFlight(_ puppets: [Puppet], thinkingTime: Duration) -> Int {
    let asked = puppets.flatMap { firsts($0.heard) }.filter { $0.key == key && ($0.kind == .find || $0.kind == .get) }
    // A node is late after four round trips, but not before 250 ms. (W-3)
    let open = min(thinkingTime + .milliseconds(20), .milliseconds(250))
    return asked.map { one in asked.count { $0.at <= one.at && one.at < $0.at + open } }.max() ?? 0
  }

  @Test("N-46: at most 4 requests of a search are in flight while exploring, 8 when closing in", arguments: [200, 700])
  func inFlight(milliseconds: Int) {
    let stage = Stage()
    defer { stage.verify() }
    let puppets = stage.friends(14, around: key, manner: .slow(.milliseconds(milliseconds)))
    stage.world.run(until: stage.world.get(key, from: 0))
    let most = mostInFlight(puppets, thinkingTime: .milliseconds(milliseconds))
    #expect(most >= 4)
    #expect(most <= 8)
  }

  @Test("N-47: each first timeout lets one further node be asked")
  func slots() {
    let stage = Stage()
    defer { stage.verify() }
    let puppets = stage.friends(14, around: key)
    for puppet in puppets { puppet.manner = .silent }
    let get = stage.world.get(key, from: 0)
    func asked() -> Int { puppets.count { !$0.heard(.get, about: key).isEmpty } }
    stage.world.run(for: .milliseconds(100))
    let first = asked()
    #expect((1...8).contains(first))
    stage.world.run(for: .milliseconds(1300))
    #expect(asked() > first)
    stage.world.run(until: get)
    #expect(get.isFinished)
    #expect(get.values.isEmpty)
  }

  @Test("N-48: search requests carry no want field")
  func noWant() {
    let stage = Stage { $0.families = [.ipv4, .ipv6] }
    defer { stage.verify() }
    let puppets = stage.friends(4, around: key) + stage.friends(4, around: key, behind: 10, .ipv6)
    stage.world.run(until: stage.world.put(Value("x"), at: key, from: 0))
    stage.world.run(until: stage.world.get(key, from: 0))
    let finds = puppets.flatMap { $0.heard(.find, about: key) }, gets = puppets.flatMap { $0.heard(.get, about: key) }
    #expect(!finds.isEmpty)
    #expect(!gets.isEmpty)
    #expect(finds.allSatisfy { $0.find?.want == .unspecified })
    #expect(gets.allSatisfy { $0.get?.want == .unspecified })
  }

  @Test("N-49: a get asks the nearest nodes for values directly; ids first is for the others and for large keys")
  func directValues() {
    let stage = Stage()
    defer { stage.verify() }
    let puppets = stage.friends(8, around: key)
    puppets[2].hold([Value("x", id: 1)], at: key)
    let get = stage.world.get(key, from: 0)
    stage.world.run(until: get)
    #expect(get.values.map(\.id) == [1])
    for puppet in puppets {
      let gets = puppet.heard(.get, about: key)
      #expect(gets.count == 1)
    }
    for puppet in puppets[..<4] {
      #expect(puppet.heard(.get, about: key).allSatisfy { $0.get?.query?.select.isEmpty ?? true })
    }
  }

  @Test("N-50: a peer that answers a request for ids with whole values is accepted")
  func wholeValuesInstead() {
    let stage = Stage()
    defer { stage.verify() }
    let puppets = stage.friends(3, around: key)
    for puppet in puppets {
      puppet.react(to: .get) { received in
        .reply(Reply(token: puppet.token(for: received.source), values: ValueList([Value("x", id: 1)])))
      }
    }
    let query = stage.world.query(key, Query(select: [.id]), from: 0)
    stage.world.run(until: query)
    #expect(query.isCompleted)
    #expect(query.records.compactMap(\.id) == [1])
    let put = stage.world.putPermanently(Value("x", id: 1), at: key, from: 0)
    stage.world.run(until: put)
    #expect(put.isCompleted)
    #expect(put.receipt?.stored.count == 3)
  }

  @Test("N-51: a second get on the same key asks all nodes again, nearest first, without finds")
  func secondGet() {
    let stage = Stage()
    defer { stage.verify() }
    let puppets = stage.friends(8, around: key)
    stage.world.run(until: stage.world.get(key, from: 0))
    let before = stage.world.now
    stage.world.run(for: .seconds(1))
    stage.world.run(until: stage.world.get(key, from: 0))
    let again = puppets.map { $0.heard.filter { $0.at > before && $0.key == key } }
    for heard in again {
      #expect(heard.count { $0.kind == .get } == 1)
      #expect(!heard.contains { $0.kind == .find })
    }
    let times = again.compactMap { $0.first?.at }
    #expect(times == times.sorted())
  }

  @Test("N-52: a put or listen on a new key starts with finds")
  func startsWithFinds() {
    let stage = Stage()
    defer { stage.verify() }
    let other = InfoHash(named: "other")
    let puppets = stage.friends(8, around: key)
    stage.world.run(until: stage.world.put(Value("x"), at: key, from: 0))
    let listen = stage.world.listen(to: other, from: 0)
    stage.world.run(for: .seconds(2))
    for key in [key, other] {
      let first = puppets.flatMap { $0.heard }.filter { $0.key == key }.min { $0.at < $1.at }
      #expect(first?.kind == .find)
    }
    stage.world.cancel(listen)
  }

  @Test(
    "N-53, N-54: finds renew a search every 10 min while it has permanent puts or listens, listen tokens or not",
    arguments: [false, true])
  func renewal(listens: Bool) {
    let stage = Stage()
    defer { stage.verify() }
    let puppets = stage.friends(4, around: key)
    let operation =
      listens ? stage.world.listen(to: key, from: 0) : stage.world.putPermanently(Value("x"), at: key, from: 0)
    stage.world.run(for: .seconds(1850))
    for puppet in puppets {
      let finds = firsts(puppet.heard(.find, about: key) + puppet.heard(.get, about: key)).filter {
        $0.at - operation.started > .seconds(5)
      }
      #expect((3...12).contains(finds.count), "\(finds.count) finds in 30 min")
      let times = [operation.started] + finds.map(\.at).sorted()
      #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 <= .seconds(605) })
    }
    stage.world.cancel(operation)
  }

  @Test("N-55: one dead node among the nearest 8 delays a get by 3.5 s at most; a value after 1.6 s is delivered")
  func slowHolder() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppets = stage.friends(12, around: key)
    puppets[3].manner = .silent
    puppets[5].manner = .slow(.milliseconds(1600))
    puppets[5].hold([Value("late", id: 1)], at: key)
    let get = stage.world.get(key, from: 0)
    stage.world.run(until: get)
    #expect(get.isCompleted)
    #expect(get.values.map(\.id) == [1])
    #expect(try #require(get.duration) <= .seconds(3.6))
  }

  @Test(
    "N-56: with 14 silent nodes nearest to the key and 8 live ones behind, a get still finds the value",
    arguments: UInt64(1)...3)
  func deadFront(seed: UInt64) {
    let stage = Stage(seed: seed)
    defer { stage.verify() }
    let dead = stage.world.addPuppets(14, around: key, manner: .silent)
    let live = stage.friends(8, around: key, behind: 20)
    for puppet in live {
      puppet.nodes = dead.map(\.contact) + puppet.nodes
      puppet.hold([Value("x", id: 1)], at: key)
    }
    // The silent ones are known before, as after churn.
    for puppet in dead { stage.world.introduce(puppet.contact, to: 0) }
    let get = stage.world.get(key, from: 0)
    stage.world.run(until: get)
    #expect(get.values.map(\.id) == [1])
  }

  @Test("N-57: with no nodes at all get and put fail in the same turn")
  func isolated() {
    let stage = Stage()
    defer { stage.verify() }
    let get = stage.world.get(key, from: 0)
    #expect(get.ending == .isolated)
    #expect(get.duration == .zero)
    let put = stage.world.put(Value("x"), at: key, from: 0)
    #expect(put.ending == .isolated)
    #expect(put.duration == .zero)
    #expect(put.receipt?.stored.isEmpty == true)
  }

  @Test("N-58: a dead search triggers an immediate bootstrap attempt when both families are disconnected")
  func deadSearchBootstraps() {
    let stage = Stage()
    defer { stage.verify() }
    let entry = stage.stranger(manner: .silent)
    stage.world.names["entry"] = [entry.address.ip]
    stage.world.with(0) { node, now in node.addBootstrap(Host(name: "entry"), now: now) }
    // Pings at 0, 10, 30 and 70 s: at 50 s none is open.
    stage.world.run(for: .seconds(50))
    #expect(stage.world.machines[0].status == .disconnected)
    let before = firsts(entry.heard(.ping)).count
    stage.world.get(key, from: 0)
    stage.world.run(for: .milliseconds(500))
    #expect(firsts(entry.heard(.ping)).count == before + 1)
    stage.world.run(for: .seconds(20))
  }
}
