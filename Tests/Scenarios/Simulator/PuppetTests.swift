import DHTModel
import DHTSimulator
import DHTWire
import Testing

/// Puppets, with one another: what the statement tests lean on.
@Suite("Puppets") struct PuppetTests {
  private let key = InfoHash(named: "key")
  private func pair() -> (World, Puppet, Puppet) {
    let world = World(seed: 1)
    let one = world.addPuppet(), other = world.addPuppet()
    one.target = other.address
    return (world, one, other)
  }

  @Test("An ordinary puppet stores, answers, refreshes and tells listeners")
  func ordinary() throws {
    let (world, one, other) = pair()
    defer { verify(world) }
    let token = try #require(one.ask(.find(.init(target: key)))?.reply?.token)
    #expect(one.ask(.listen(.init(key: key, token: token, socket: 9)))?.reply?.token == token)
    let value = Value("x", id: 1)
    #expect(one.ask(.put(.init(key: key, values: ValueList([value]), token: token)))?.reply?.valueID == 1)
    #expect(one.expect(.update)?.update?.values.values == [value])
    #expect(one.ask(.get(.init(key: key)))?.reply?.values.values == [value])
    #expect(one.ask(.get(.init(key: key, query: Query(where: [.id(2)]))))?.reply?.values.values == [])
    let fields = one.ask(.get(.init(key: key, query: Query(select: [.id]))))?.reply?.fields
    #expect(fields?.rows.map(\.record) == [FieldRecord(id: 1)])
    #expect(one.ask(.refresh(.init(key: key, valueID: 1, token: token)))?.reply?.valueID == 1)
    #expect(one.ask(.refresh(.init(key: key, valueID: 2, token: token)))?.failure?.code == 404)
    other.tell(expired: [1], at: key)
    #expect(one.expect(.update)?.update?.expired == [1])
    world.run(for: .seconds(1))
  }

  @Test("Manners change the answers")
  func manners() {
    let (world, one, other) = pair()
    defer { verify(world) }
    other.manner = .silent
    #expect(one.ask(.ping) == nil)
    #expect(other.heard(.ping).count == 1)
    other.manner = .withoutToken
    #expect(one.ask(.find(.init(target: key)))?.reply?.token == nil)
    other.manner = .refusingTokens
    let token = one.ask(.find(.init(target: key)))?.reply?.token ?? Token([])
    #expect(one.ask(.listen(.init(key: key, token: token, socket: 1)))?.failure?.code == 401)
    other.manner = .slow(.milliseconds(300))
    #expect(one.ask(.ping, within: .milliseconds(200)) == nil)
    #expect(one.expect(.reply, within: .milliseconds(200)) != nil)
    other.manner = .ordinary
    other.react(to: .ping) { _ in .failure(.unknownStorage) }
    #expect(one.ask(.ping)?.failure?.code == 404)
    other.reactOrdinarily(to: .ping)
    #expect(one.ask(.ping)?.reply != nil)
  }

  @Test("A puppet names the 8 nodes nearest to a target, of the wanted families")
  func nodes() {
    let (world, one, other) = pair()
    let near = world.addPuppets(10, around: key), far = world.addPuppet(), six = world.addPuppet(.ipv6)
    other.nodes = [far.contact, six.contact] + near.reversed().map(\.contact)
    let reply = one.ask(.find(.init(target: key)))?.reply
    #expect(reply?.nodes4 == near[..<8].map(\.contact))
    #expect(reply?.nodes6 == nil)
    let both = one.ask(.find(.init(target: key, want: .families(ipv4: false, ipv6: true))))?.reply
    #expect(both?.nodes4 == nil)
    #expect(both?.nodes6 == [six.contact])
  }

  @Test("Neighbours of a higher rank are farther")
  func ranks() {
    var random = SeededGenerator(seed: 1)
    let ids = (0..<120).map { key.neighbour($0, using: &random) }
    #expect(ids == ids.sorted { $0.isCloser(to: key, than: $1) })
    #expect(Set(ids).count == 120)
  }

  @Test("A message in parts arrives whole")
  func parts() throws {
    let (world, one, other) = pair()
    defer { verify(world) }
    let values = (1...3).map { Value(Array(repeating: UInt8($0), count: 5000), id: UInt64($0)) }
    other.hold(values, at: key)
    let reply = one.expectReply(to: .get(.init(key: key)))
    #expect(reply?.values.values.map(\.id).sorted() == [1, 2, 3])
    #expect(one.heard(.part).count >= 12)
  }

  @Test("An expectation takes each message once, and waits no longer than told")
  func expectations() {
    let (world, one, other) = pair()
    one.send(.ping)
    one.send(.ping)
    #expect(other.expect(.ping) != nil)
    #expect(other.expect(.ping) != nil)
    let start = world.now
    #expect(other.expect(.ping, within: .seconds(3)) == nil)
    #expect(world.now - start == .seconds(3))
    #expect(other.hearsNothing(for: .seconds(1)))
    one.send(bytes: [1, 2, 3])
    #expect(other.expect(.undecodable) != nil)
  }
}

extension Puppet {
  fileprivate func expectReply(to request: Request) -> Reply? { ask(request)?.reply }
}
