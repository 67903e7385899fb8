import DHTCore
import DHTModel
import DHTSimulator
import DHTWire
import Testing

/// node.md §11, "Routing, maintenance, bootstrap".
@Suite("Routing, maintenance, bootstrap") struct RoutingTests {
  /// Our node has 0 as its first bit; ids with 1 lie in the far half.
  private func makeStage(seed: UInt64 = 1) -> Stage {
    Stage(seed: seed) { $0.nodeID = InfoHash(named: "own").settingBit(0, to: false) }
  }
  private func id(far: Bool, _ world: World) -> InfoHash {
    InfoHash.random(using: &world.random).settingBit(0, to: far)
  }
  private func table(_ stage: Stage) -> [BucketDescription] {
    stage.world.inspect(0) { node, now in node.routingTableDescription(.ipv4, now: now) }
  }
  private func farBucket(_ stage: Stage) throws -> BucketDescription {
    try #require(table(stage).first { bucket in bucket.nodes.contains { $0.contact.id.bit(0) } })
  }

  @Test("N-32: a bucket holds at most 8 nodes; that of our id splits when the ninth good node comes")
  func split() {
    let stage = makeStage()
    defer { stage.verify() }
    for index in 0..<8 { _ = stage.friend(id: id(far: index % 2 == 0, stage.world)) }
    #expect(table(stage).count == 1)
    #expect(table(stage)[0].nodes.count == 8)
    _ = stage.friend(id: id(far: true, stage.world))
    #expect(table(stage).count > 1)
    #expect(table(stage).allSatisfy { $0.nodes.count <= 8 })
    #expect(table(stage).map(\.nodes.count).reduce(0, +) == 9)
  }

  @Test("N-33: a full bucket without our id does not split; the newcomer becomes its candidate")
  func candidate() throws {
    let stage = makeStage()
    defer { stage.verify() }
    for _ in 0..<8 { _ = stage.friend(id: id(far: true, stage.world)) }
    _ = stage.friend(id: id(far: false, stage.world))
    let before = try farBucket(stage)
    #expect(before.nodes.count == 8)
    #expect(!before.hasCandidate)
    let late = stage.friend(id: id(far: true, stage.world))
    let after = try farBucket(stage)
    #expect(after.nodes.count == 8)
    #expect(after.hasCandidate)
    #expect(!after.nodes.contains { $0.contact.id == late.id })
  }

  @Test("N-34: with an expired node in the full bucket the newcomer replaces it")
  func replacement() throws {
    let stage = makeStage()
    defer { stage.verify() }
    let near = stage.friend(id: id(far: false, stage.world))
    let far = (0..<8).map { _ in stage.friend(id: id(far: true, stage.world)) }
    stage.lose(far[3])
    let late = stage.friend(id: id(far: true, stage.world))
    let bucket = try farBucket(stage)
    #expect(bucket.nodes.contains { $0.contact.id == late.id })
    #expect(!bucket.nodes.contains { $0.contact.id == far[3].id })
    #expect(stage.offered(to: near, near: late.id).contains(late.contact))
  }

  @Test("N-35: a dubious node in a full bucket gets one ping, and not a second within its timeout")
  func probe() throws {
    let stage = makeStage()
    defer { stage.verify() }
    _ = stage.friend(id: id(far: false, stage.world))
    for _ in 0..<7 { _ = stage.friend(id: id(far: true, stage.world)) }
    let dubious = stage.stranger(id: id(far: true, stage.world), manner: .silent)
    stage.world.introduce(dubious.contact, to: 0)
    #expect(try farBucket(stage).nodes.contains { $0.contact.id == dubious.id })
    for _ in 0..<3 {
      let newcomer = stage.stranger(id: id(far: true, stage.world))
      #expect(newcomer.meet())
      stage.world.run(for: .milliseconds(200))
    }
    #expect(firsts(dubious.heard(.ping)).count == 1)
  }

  @Test("N-36: first contact by an unknown node leads to a find from us within about 1 s")
  func firstContact() {
    let stage = makeStage()
    defer { stage.verify() }
    let puppet = stage.stranger()
    puppet.send(.ping)
    #expect(puppet.expect(.find, within: .milliseconds(1500)) != nil)
  }

  @Test("N-37: in a small network finds near our id go out every 5–25 s while the own bucket grew within 150 s")
  func neighbourhood() {
    let stage = makeStage()
    defer { stage.verify() }
    let friends = stage.friends(5)
    stage.world.acquaint(friends)
    let start = stage.world.now
    stage.world.run(for: .seconds(140))
    let finds = friends.flatMap { $0.heard(.find) }.filter { ($0.key?.commonBits(with: stage.id) ?? 0) >= 152 }
    let times = (finds.map(\.at) + [start, stage.world.now]).sorted()
    #expect(finds.count >= 5)
    #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 <= .seconds(26) })
    // A busy beginning is allowed; after it, no more than one in 5 s.
    let later = times.dropLast().filter { $0 > start + .seconds(30) }
    #expect(zip(later, later.dropFirst()).allSatisfy { $1 - $0 >= .seconds(4.9) })
  }

  @Test("N-38: otherwise maintenance runs every 60–180 s, so a stale bucket is refreshed within 13 min")
  func quietMaintenance() throws {
    let stage = makeStage()
    defer { stage.verify() }
    let friends = stage.friends(5)
    stage.world.acquaint(friends)
    stage.world.run(for: .seconds(300))
    let before = friends.flatMap(\.heard).count
    stage.world.run(for: .seconds(3000))
    let times = friends.flatMap { firsts($0.heard) }.filter { $0.kind == .find }.map(\.at).sorted()
    let later = times.filter { $0 > Instant(nanoseconds: 0) + .seconds(200) }
    #expect(friends.flatMap(\.heard).count > before)
    #expect(zip(later, later.dropFirst()).allSatisfy { $1 - $0 <= .seconds(781) })
    // About one round in 10 min and more: never a steady stream.
    #expect(later.count <= 40)
  }

  @Test("N-39: a silent bootstrap entry is pinged at 0, then 10, 20, 40, 80 s apart, 3 sends each")
  func bootstrapRetries() throws {
    let stage = makeStage()
    defer { stage.verify() }
    let entry = stage.stranger(manner: .silent)
    stage.world.names["entry"] = [entry.address.ip]
    stage.world.with(0) { node, now in node.addBootstrap(Host(name: "entry"), now: now) }
    stage.world.run(for: .seconds(170))
    let pings = firsts(entry.heard(.ping))
    try #require(pings.count == 5)
    for (gap, expected) in zip(gaps(pings), [10.0, 20, 40, 80]) {
      #expect(seconds(expected...expected, tolerance: 0.5).contains(gap))
    }
    for ping in pings { #expect(entry.heard.count { $0.transaction == ping.transaction } == 3) }
  }

  @Test("N-40: a bootstrap name without port uses 4222")
  func defaultPort() {
    let stage = makeStage()
    defer { stage.verify() }
    let entry = stage.stranger(at: SocketAddress(ip: IPAddress(ipv4: 0x0b01_0203), port: 4222))
    stage.world.names["entry"] = [entry.address.ip]
    stage.world.with(0) { node, now in node.addBootstrap(Host(name: "entry"), now: now) }
    #expect(entry.expect(.ping) != nil)
  }

  @Test("N-41: after the bootstrap node answers, the first find goes out within 1 s", arguments: [0.0, 5.0, 30.0])
  func quickJoin(after silence: Double) {
    let stage = makeStage()
    defer { stage.verify() }
    let entry = stage.stranger(manner: silence > 0 ? .silent : .ordinary)
    stage.world.names["entry"] = [entry.address.ip]
    stage.world.with(0) { node, now in node.addBootstrap(Host(name: "entry"), now: now) }
    stage.world.run(for: .seconds(silence))
    entry.manner = .ordinary
    entry.clearInbox()
    #expect(entry.expect(.ping, within: .seconds(40)) != nil)
    #expect(entry.expect(.find, within: .seconds(1)) != nil)
  }

  @Test("N-42: insertion by id and address sends nothing by itself")
  func insertion() {
    let stage = makeStage()
    defer { stage.verify() }
    let puppet = stage.stranger()
    stage.world.introduce(puppet.contact, to: 0)
    #expect(puppet.hearsNothing(for: .milliseconds(500)))
  }

  @Test(
    "N-43: a node that lost all contacts for 5 min rejoins within 60 s after the network is back",
    arguments: UInt64(1)...3)
  func rejoin(seed: UInt64) {
    let world = World(seed: seed)
    world.populate(20)
    let listen = world.listen(to: InfoHash(named: "key"), from: 5)
    world.run(for: .seconds(20))
    world.isolate([5])
    world.run(for: .seconds(300))
    world.heal()
    world.run(for: .seconds(60))
    #expect(world.machines[5].status == .connected)
    let good = world.inspect(5) { node, now in node.statistics(.ipv4, now: now).good }
    #expect(good >= 4, "\(good) good nodes")
    world.cancel(listen)
    verify(world)
  }

  @Test("N-44: after the rejoin, nodes named by the first contact are tried although they had expired")
  func secondChance() {
    let stage = makeStage()
    defer { stage.verify() }
    let entry = stage.stranger()
    stage.world.names["entry"] = [entry.address.ip]
    stage.world.with(0) { node, now in node.addBootstrap(Host(name: "entry"), now: now) }
    stage.world.run(for: .seconds(2))
    let friends = stage.friends(4), all = friends + [entry]
    stage.world.acquaint(all)
    let listen = stage.world.listen(to: InfoHash(named: "key"), from: 0)
    stage.world.run(for: .seconds(10))
    for puppet in all { puppet.manner = .silent }
    stage.world.run(for: .seconds(300))
    #expect(stage.world.machines[0].status != .connected)
    for puppet in all { puppet.manner = .ordinary }
    let back = stage.world.now
    stage.world.run(for: .seconds(120))
    for friend in friends { #expect(friend.heard.contains { $0.at > back && $0.kind.isRequest }) }
    #expect(stage.world.inspect(0) { node, now in node.statistics(.ipv4, now: now).good } == 5)
    stage.world.cancel(listen)
  }

  @Test("N-45: status is connected exactly when a good node exists, connecting while a bootstrap ping is open")
  func status() {
    let stage = makeStage()
    defer { stage.verify() }
    func status() -> Status { stage.world.inspect(0) { node, _ in node.status } }
    func good() -> Int { stage.world.inspect(0) { node, now in node.statistics(.ipv4, now: now).good } }
    #expect(status() == .disconnected)
    let entry = stage.stranger(manner: .silent)
    stage.world.names["entry"] = [entry.address.ip]
    stage.world.with(0) { node, now in node.addBootstrap(Host(name: "entry"), now: now) }
    stage.world.run(for: .milliseconds(100))
    #expect(status() == .connecting)
    stage.world.run(for: .seconds(5))
    #expect(status() == .connecting)
    stage.world.run(for: .seconds(4.95))
    #expect(status() == .disconnected || entry.heard(.ping).count > 3)
    entry.manner = .ordinary
    stage.world.run(for: .seconds(20))
    #expect(status() == .connected)
    #expect(good() == 1)
    entry.manner = .silent
    stage.world.run(for: .seconds(900))
    #expect(good() == 0)
    #expect(status() != .connected)
  }
}
