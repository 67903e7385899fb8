import DHTCore
import DHTModel
import DHTSimulator
import Testing

/// Listeners in networks of nodes: each is told of every change, once.
@Suite("Worlds: listeners") struct ListenerTests {
  private let key = InfoHash(named: "key")

  @Test(
    "Listeners are told of every value put by anybody, and of its end",
    arguments: [Disturbance.none, .loss, .disorder, .nat])
  func everyChange(disturbance: Disturbance) {
    let world = World(seed: 1, network: disturbance.network)
    disturbance.populate(world, 30)
    let listens = [4, 11, 17, 25, 29].map { world.listen(to: key, from: $0) }
    world.run(for: .seconds(10))
    var puts: [Operation] = []
    for index in 0..<20 {
      puts.append(world.put(Value("x", id: UInt64(index + 1)), at: key, from: world.randomNode()))
      world.run(for: .seconds(1))
    }
    world.run(until: puts)
    world.run(for: .seconds(30))
    for listen in listens { #expect(Set(listen.added.map(\.id)) == Set(1...20), "\(listen)") }
    // Unrefreshed, they end after 10 min where they are stored, and 20 min after the last news in every cache;
    // a listen that had to be made anew may have brought news until the end.
    world.run(for: .seconds(1900))
    for listen in listens {
      #expect(Set(listen.expired.map(\.id)) == Set(1...20), "\(listen)")
      #expect(listen.present.isEmpty)
    }
    verify(world)
  }

  @Test("A listener survives the crash of every node that served it", arguments: UInt64(1)...2)
  func holdersCrash(seed: UInt64) {
    let world = World(seed: seed)
    world.populate(40)
    let listen = world.listen(to: key, from: 20)
    world.run(for: .seconds(10))
    let nearest = world.machines.sorted { $0.nodeID.isCloser(to: key, than: $1.nodeID) }.map(\.number)
    world.crash(nearest.filter { $0 != 20 && $0 != 0 }.prefix(4))
    // Three sends of the refresh go unanswered, then the next nodes are asked.
    world.run(for: .seconds(60))
    let put = world.put(Value("x", id: 1), at: key, from: 0)
    world.run(until: put)
    world.run(for: .seconds(5))
    #expect(listen.added.map(\.id) == [1])
    verify(world)
  }

  @Test("A listener whose address changed hears on", arguments: UInt64(1)...2)
  func newAddress(seed: UInt64) {
    let world = World(seed: seed)
    world.populate(20)
    let listen = world.listen(to: key, from: 7)
    world.run(for: .seconds(30))
    world.readdress(7)
    world.run(for: .seconds(60))
    world.run(until: world.put(Value("x", id: 1), at: key, from: 3))
    world.run(for: .seconds(2))
    #expect(listen.added.map(\.id) == [1])
    verify(world)
  }

  @Test("A listener behind a NAT that forgot its mappings hears on")
  func rebind() {
    let world = World(seed: 1)
    world.populate(20)
    let nat = world.addNAT(NATModel(timeout: .seconds(30)))
    let inside = world.addNode(behind: nat)
    world.bootstrap(inside, through: [0])
    world.run(for: .seconds(20))
    let listen = world.listen(to: key, from: inside)
    world.run(for: .seconds(200))
    world.run(until: world.put(Value("x", id: 1), at: key, from: 3))
    world.run(for: .seconds(2))
    #expect(listen.added.map(\.id) == [1])
    world.rebind(nat: nat)
    world.run(for: .seconds(60))
    world.run(until: world.put(Value("y", id: 2), at: key, from: 3))
    world.run(for: .seconds(2))
    #expect(listen.added.map(\.id) == [1, 2])
    verify(world)
  }
}
