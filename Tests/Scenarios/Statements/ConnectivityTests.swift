import DHTCore
import DHTModel
import DHTSimulator
import DHTWire
import Testing

/// node.md §11, "Runner, discovery, persistence", as far as the core decides it.
@Suite("Connectivity") struct ConnectivityTests {
  private let key = InfoHash(named: "key")

  private func bootstrap(_ stage: Stage, through entry: Puppet) {
    stage.world.names["entry"] = [entry.address.ip]
    stage.world.with(0) { node, now in node.addBootstrap(Host(name: "entry"), now: now) }
  }

  @Test("N-142: operations made while connecting are held; with a dead bootstrap they fail when its ping expired")
  func heldThenFailed() throws {
    let stage = Stage()
    defer { stage.verify() }
    bootstrap(stage, through: stage.stranger(manner: .silent))
    stage.world.run(for: .milliseconds(200))
    let operations = [stage.world.put(Value("x"), at: key, from: 0), stage.world.get(key, from: 0)]
    #expect(operations.allSatisfy { !$0.isFinished })
    stage.world.run(until: operations, atMost: .seconds(12))
    for operation in operations {
      #expect(operation.ending == .isolated)
      #expect(seconds(6.5...10).contains(try #require(operation.duration)))
    }
  }

  @Test("N-143: operations made while disconnected fail at once")
  func disconnected() {
    let stage = Stage()
    defer { stage.verify() }
    bootstrap(stage, through: stage.stranger(manner: .silent))
    stage.world.run(for: .seconds(55))
    #expect(stage.world.machines[0].status == .disconnected)
    let get = stage.world.get(key, from: 0), query = stage.world.query(key, Query(select: [.id]), from: 0)
    #expect(get.ending == .isolated)
    #expect(query.isFinished || query.ending == nil)
    stage.world.run(for: .seconds(12))
    #expect(query.ending == .isolated)
  }

  @Test("N-144: a put made right after bootstrap succeeds when that node answers")
  func putAfterBootstrap() {
    let stage = Stage()
    defer { stage.verify() }
    let entry = stage.stranger()
    bootstrap(stage, through: entry)
    let put = stage.world.put(Value("x", id: 1), at: key, from: 0)
    stage.world.run(until: put)
    #expect(put.isCompleted)
    #expect(put.receipt?.stored == [entry.contact])
    #expect(entry.stored[key]?.map(\.id) == [1])
  }

  @Test("N-146, N-147: after shutdown put and get fail at once; the node still answers and serves values")
  func afterShutDown() throws {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(3, around: key)
    try stage.put([Value("x", id: 1)], at: key, by: friends[0])
    let running = stage.world.listen(to: key, from: 0)
    stage.world.shutDown(0)
    #expect(running.ending == .cancelled)
    for operation in [stage.world.put(Value("y", id: 2), at: key, from: 0), stage.world.get(key, from: 0)] {
      #expect(operation.isFinished)
      #expect(!operation.isCompleted)
    }
    #expect(friends[1].ask(.ping)?.reply != nil)
    #expect(friends[1].ask(.get(.init(key: key)))?.reply?.values.values.map(\.id) == [1])
  }

  @Test("N-157: addresses that peers report are sorted by their number, and emptied by a connectivity change")
  func reportedAddresses() {
    let stage = Stage()
    defer { stage.verify() }
    let rare = IPAddress(ipv4: 0x0b00_0001), common = IPAddress(ipv4: 0x0b00_0002)
    for index in 0..<4 {
      let puppet = stage.stranger()
      for kind in [MessageKind.ping, .find] {
        puppet.react(to: kind) { received in
          .reply(Reply(observed: index == 0 ? rare : common, token: puppet.token(for: received.source)))
        }
      }
      puppet.meet()
    }
    func reported() -> [IPAddress] { stage.world.inspect(0) { node, _ in node.reportedAddresses(.ipv4) } }
    #expect(reported() == [common, rare])
    #expect(stage.world.machines[0].reportedAddress == common)
    stage.world.with(0) { node, now in node.connectivityChanged(now: now) }
    #expect(reported().isEmpty)
  }

  @Test("N-158: a connectivity change leads to packets to all table nodes within 5 s, and listens sent again")
  func connectivityChange() {
    let stage = Stage()
    defer { stage.verify() }
    let friends = stage.friends(20), near = stage.friends(4, around: key)
    let listen = stage.world.listen(to: key, from: 0)
    stage.world.run(for: .seconds(200))
    let table = stage.world.inspect(0) { node, now in node.goodNodes(.ipv4, now: now) }
    #expect(table.count >= 8)
    stage.world.readdress(0)
    let change = stage.world.now
    stage.world.with(0) { node, now in node.connectivityChanged(now: now) }
    stage.world.run(for: .seconds(5))
    for puppet in friends + near where table.contains(puppet.contact) {
      #expect(puppet.heard.contains { $0.at > change && $0.source == stage.contact.address }, "\(puppet.contact)")
    }
    for puppet in near { #expect(puppet.heard(.listen).contains { $0.at > change }) }
    near[1].publish([Value("x", id: 1)], at: key)
    stage.world.run(for: .seconds(1))
    #expect(listen.added.map(\.id) == [1])
    stage.world.cancel(listen)
  }
}
