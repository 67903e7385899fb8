import DHTCore
import DHTModel
import DHTWire
import Testing

@testable import DHTSimulator

/// The simulator itself, with puppets as both ends.
@Suite("Simulator") struct WorldTests {
  private func pair(_ network: NetworkModel = NetworkModel(), seed: UInt64 = 1) -> (World, Puppet, Puppet) {
    let world = World(seed: seed, network: network)
    let one = world.addPuppet(), other = world.addPuppet()
    one.target = other.address
    return (world, one, other)
  }

  @Test("A packet takes the delay of its link")
  func delay() {
    let (world, one, other) = pair(NetworkModel(delay: .milliseconds(30)))
    one.send(.ping)
    world.run(for: .seconds(1))
    #expect(other.heard.map(\.at) == [Instant(nanoseconds: 30_000_000)])
    #expect(one.heard.map(\.at) == [Instant(nanoseconds: 60_000_000)])
    #expect(one.heard.first?.reply?.observed == one.address.ip)
    #expect(world.now == Instant(nanoseconds: 1_000_000_000))
  }

  @Test("Distances are the same in both directions, and differ between links")
  func distances() {
    for distance in [NetworkModel.Distance.random(spread: .seconds(1)), .geographic(spread: .seconds(1))] {
      let (world, one, other) = pair(NetworkModel(delay: .zero, distance: distance))
      let third = world.addPuppet()
      let times = LinkTimes(world.network)
      func time(_ a: Puppet, _ b: Puppet) -> Int64 {
        times.draw(from: a.address, to: b.address, using: &world.packetRandom)
      }
      #expect(time(one, other) == time(other, one))
      #expect(time(one, other) != time(one, third))
      #expect((0...1_000_000_000).contains(time(one, other)))
      #expect(time(one, one) == 0 || distance.isRandom)
    }
  }

  @Test("Loss, duplication and reordering happen as often as told")
  func disturbances() {
    let (world, one, other) = pair(NetworkModel(loss: 0.2, duplication: 0.1, reordering: 0.1))
    other.manner = .silent
    for _ in 0..<2000 {
      one.send(.ping)
      world.run(for: .milliseconds(1))
    }
    world.run(for: .seconds(1))
    #expect((1650...1870).contains(other.heard.count))
    let distinct = firsts(other.heard)
    #expect((1530...1670).contains(distinct.count))
    let numbers = distinct.map(\.transaction)
    #expect((100...300).contains(zip(numbers, numbers.dropFirst()).count { $0 > $1 }))
    #expect(world.pool.count == 0)
  }

  @Test("A partition parts, and heals at its time")
  func partition() {
    let world = World(seed: 1)
    for _ in 0..<3 { world.addNode() }
    func reaches(_ from: Int, _ to: Int) -> Bool {
      let ping = world.ping(world.contact(of: to).address, from: from)
      world.run(until: ping, atMost: .seconds(12))
      return ping.pinged?.node != nil
    }
    #expect(reaches(0, 1))
    world.partition([[0, 1], [2]])
    world.after(.seconds(15)) { $0.heal() }
    #expect(reaches(0, 1))
    #expect(!reaches(0, 2))
    world.run(for: .seconds(10))
    #expect(reaches(0, 2))
    verify(world)
  }

  @Test("A NAT lets answers in and strangers not, until the mapping ends or is rebound")
  func nat() {
    let world = World(seed: 1)
    let nat = world.addNAT(NATModel(timeout: .seconds(30)))
    let inside = world.addNode(behind: nat)
    let known = world.addPuppet(), stranger = world.addPuppet()
    known.meet(inside)
    let mapped = known.heard.first?.source
    #expect(mapped?.ip == world.publicAddress(ofNAT: nat))
    #expect(mapped != world.machines[inside].ipv4)
    guard let mapped else { return }
    #expect(known.ask(.ping, of: mapped) != nil)
    #expect(stranger.ask(.ping, of: mapped) == nil)
    #expect(stranger.ask(.ping, of: world.machines[inside].ipv4) == nil)
    world.rebind(nat: nat)
    #expect(known.ask(.ping, of: mapped) == nil)
    known.meet(inside)
    #expect(known.heard.last { $0.kind == .ping }?.source.port != mapped.port)
    verify(world)
  }

  @Test("An open NAT lets strangers in while its mapping lives")
  func openNAT() throws {
    let world = World(seed: 1)
    let nat = world.addNAT(NATModel(filter: .open, timeout: .seconds(30)))
    let inside = world.addNode(behind: nat), known = world.addPuppet(), stranger = world.addPuppet()
    known.meet(inside)
    let mapped = try #require(known.heard.first?.source)
    known.manner = .silent
    #expect(stranger.ask(.ping, of: mapped) != nil)
    verify(world)
  }

  @Test("The queue gives the earliest first, and equals in their order")
  func queue() {
    var queue = HappeningQueue(), random = SeededGenerator(seed: 3)
    var expected: [(time: Int64, number: UInt32)] = []
    for number in 0..<UInt32(3000) {
      let time = Int64.random(in: 0..<200, using: &random)
      queue.add(.action, number, at: time)
      expected.append((time, number))
    }
    expected.sort { ($0.time, $0.number) < ($1.time, $1.number) }
    for item in expected {
      let next = queue.popFirst()
      #expect(next?.time == item.time && next?.number == item.number)
    }
    #expect(queue.popFirst() == nil)
  }

  @Test("The pool keeps packets of any size whole, and reuses their slots")
  func pool() {
    var pool = PacketPool(), random = SeededGenerator(seed: 4)
    var kept: [(slot: PacketPool.Slot, bytes: [UInt8])] = []
    let address = SocketAddress(ip: IPAddress(ipv4: 1), port: 1)
    for _ in 0..<3000 {
      if kept.count > 50 {
        let (slot, bytes) = kept.remove(at: Int.random(in: kept.indices, using: &random))
        #expect(pool.withBytes(of: slot) { packet in packet.withUnsafeBytes { Array($0) } } == bytes)
        pool.release(slot)
      }
      let bytes = (0..<Int.random(in: 0...3000, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      let header = PacketPool.Header(source: address, destination: address, target: .nobody, count: bytes.count)
      kept.append((pool.add(bytes.span.bytes, header), bytes))
    }
    #expect(pool.count == kept.count)
    let largest = Array(repeating: UInt8(9), count: PacketPool.maximumPacketBytes)
    let header = PacketPool.Header(source: address, destination: address, target: .nobody, count: largest.count)
    let slot = pool.add(largest.span.bytes, header)
    #expect(pool.withBytes(of: slot) { $0.byteCount } == largest.count)
  }

  @Test("The trace keeps the last happenings, whole, in order")
  func trace() {
    var ring = TraceRing(capacity: 10)
    let address = SocketAddress(ip: IPAddress(ipv4: 1), port: 1)
    for number in 0..<100 {
      let bytes = Array(repeating: UInt8(number), count: number * 3)
      ring.add(Int64(number), .sent, address, address, bytes.span.bytes)
    }
    let entries = ring.entries
    #expect(entries.map { $0.time.inNanoseconds } == Array(90..<100))
    // 2560 bytes hold the last eight of about 290.
    #expect(entries.suffix(8).allSatisfy { $0.bytes.count == Int($0.time.inNanoseconds) * 3 })
    #expect(entries.suffix(8).allSatisfy { entry in entry.bytes.allSatisfy { $0 == UInt8(entry.time.inNanoseconds) } })
  }

  @Test("The same seed gives the same packets, another one others")
  func determinism() {
    func run(_ seed: UInt64) -> (digest: UInt64, packets: Int, trace: [String]) {
      let world = World(seed: seed, network: NetworkModel(jitter: .milliseconds(5), loss: 0.1, duplication: 0.05))
      world.populate(12, settling: .seconds(10))
      let put = world.put(Value("x"), at: InfoHash(named: "key"), from: 3)
      world.crash([5, 6])
      world.run(until: put)
      world.run(for: .seconds(20))
      return (world.digest, world.packetsSent, world.recentTrace.map(\.description))
    }
    let first = run(1), again = run(1), other = run(2)
    #expect(first.digest == again.digest)
    #expect(first.packets == again.packets)
    #expect(first.trace == again.trace)
    #expect(first.digest != other.digest)
  }

  @Test("One bit, one place or one nanosecond changes the digest")
  func digest() {
    func digest(_ parts: [[UInt8]]) -> UInt64 {
      var digest = Digest()
      for part in parts { digest.add(part.span.bytes) }
      return digest.value
    }
    let bytes = (0..<100).map { UInt8($0) }
    var seen: Set<UInt64> = [digest([bytes])]
    for place in bytes.indices {
      var changed = bytes
      changed[place] ^= 1
      seen.insert(digest([changed]))
      seen.insert(digest([Array(bytes[..<place]), Array(bytes[place...])]))
    }
    #expect(seen.count == 201)
  }

  @Test("The clock of a node runs with its skew")
  func skew() {
    let stage = Stage()
    defer { stage.verify() }
    let friend = stage.friend(), key = InfoHash(named: "key")
    stage.world.setClockSkew(.seconds(7200), of: 0)
    let created = WallTime(seconds: stage.world.wallTime.seconds + 7000)
    stage.world.run(until: stage.world.put(Value("x", id: 1), at: key, options: PutOptions(created: created), from: 0))
    #expect(friend.heard(.put).first?.put?.created == created)
  }

  @Test("A machine that crashed is silent, and comes back with its id or another")
  func restart() {
    let world = World(seed: 1)
    world.populate(3)
    let id = world.machines[1].nodeID, puppet = world.addPuppet()
    puppet.target = world.contact(of: 1).address
    #expect(puppet.ask(.ping)?.sender == id)
    world.crash(1)
    #expect(puppet.ask(.ping) == nil)
    world.restart(1)
    #expect(puppet.ask(.ping)?.sender == id)
    world.restart(1, keepingID: false)
    #expect(puppet.ask(.ping)?.sender == world.machines[1].nodeID)
    verify(world)
  }
}

extension NetworkModel.Distance {
  fileprivate var isRandom: Bool { if case .random = self { true } else { false } }
}
