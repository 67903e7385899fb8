import DHTCore
import DHTModel
import DHTSimulator
import DHTWire
import Testing

/// One real node, number 0 of its world, and puppets around it: where a statement about the wire is tested.
///
///     let stage = Stage()
///     defer { stage.verify() }
///     let friend = stage.friend()
///     #expect(friend.ask(.ping)?.reply != nil)
///
/// Every packet takes 10 ms, and none is lost.
final class Stage {
  let world: World

  init(seed: UInt64 = 1, _ configuration: Configuration = .ipv4, network: NetworkModel = NetworkModel()) {
    world = World(seed: seed, network: network, traceCapacity: 400)
    world.addNode(configuration)
  }

  /// A stage whose node has a configuration that differs from the defaults on IPv4.
  convenience init(seed: UInt64 = 1, _ change: (inout Configuration) -> Void) {
    var configuration = Configuration.ipv4
    change(&configuration)
    self.init(seed: seed, configuration)
  }

  /// The id of the real node.
  var id: NodeID { world.machines[0].nodeID }
  var contact: NodeContact { world.contact(of: 0) }

  /// A puppet that the node does not know.
  func stranger(
    id: NodeID? = nil, at address: SocketAddress? = nil, _ family: AddressFamily = .ipv4, manner: Manner = .ordinary
  ) -> Puppet {
    world.addPuppet(id: id, at: address, family, manner: manner)
  }

  /// A puppet that is a good node of the node's table.
  func friend(id: NodeID? = nil, _ family: AddressFamily = .ipv4, manner: Manner = .ordinary) -> Puppet {
    let puppet = stranger(id: id, family)
    meet([puppet])
    puppet.manner = manner
    return puppet
  }

  /// Puppets around a key, nearest first; all know one another and the node knows them.
  func friends(
    _ count: Int, around key: InfoHash, behind nearer: Int = 0, _ family: AddressFamily = .ipv4,
    manner: Manner = .ordinary
  ) -> [Puppet] {
    let puppets = world.addPuppets(count, around: key, behind: nearer, family)
    meet(puppets)
    for puppet in puppets { puppet.manner = manner }
    return puppets
  }

  /// Puppets at random places, good nodes as far as the node's table has room.
  func friends(_ count: Int, _ family: AddressFamily = .ipv4) -> [Puppet] {
    let puppets = (0..<count).map { _ in stranger(family) }
    meet(puppets)
    return puppets
  }

  /// Lets the node ping puppets, so that it knows them; then lets it become quiet, and forgets what they heard.
  func meet(_ puppets: [Puppet]) {
    for puppet in puppets { #expect(puppet.meet(), "\(puppet.contact) was not met") }
    world.run(for: .seconds(2))
    for puppet in puppets { puppet.clearInbox() }
  }

  /// Makes a puppet silent, and lets the node notice: a put toward its id waits for its answer to the end.
  func lose(_ puppet: Puppet) {
    puppet.manner = .silent
    let put = world.put(Value("to nobody", id: 1), at: puppet.id, from: 0)
    world.run(until: put)
    world.run(for: .seconds(10))
  }

  /// The node's token for a puppet.
  func token(for puppet: Puppet) throws -> Token {
    try #require(puppet.ask(.find(.init(target: puppet.id)))?.reply?.token)
  }

  /// Lets a puppet put a value at the node. Returns the answer.
  @discardableResult
  func put(
    _ values: [Value], at key: InfoHash, created: WallTime? = nil, by puppet: Puppet
  ) throws -> Received? {
    let token = try token(for: puppet)
    return puppet.ask(.put(.init(key: key, values: ValueList(values), created: created, token: token)))
  }

  /// Lets a puppet listen at the node. Returns the answer.
  @discardableResult
  func listen(
    to key: InfoHash, socket: SocketID, version: Int64 = 1, query: Query? = nil, by puppet: Puppet
  ) throws -> Received? {
    let token = try token(for: puppet)
    return puppet.ask(.listen(.init(key: key, token: token, socket: socket, version: version, query: query)))
  }

  /// What the node holds under a key.
  func held(at key: InfoHash) -> [Value] { world.inspect(0) { node, _ in node.localValues(at: key) } }

  /// Contacts that the node names in a find reply to this puppet.
  func offered(to puppet: Puppet, near target: InfoHash, want: Want = .unspecified) -> [NodeContact] {
    let reply = puppet.ask(.find(.init(target: target, want: want)))?.reply
    return (reply?.nodes4 ?? []) + (reply?.nodes6 ?? [])
  }

  /// Ends the world, and fails the test when anything was wrong in it.
  func verify(sourceLocation: SourceLocation = #_sourceLocation) { Scenarios.verify(world, sourceLocation) }
}

/// Ends a world, and fails the test, with the world's story, when anything was wrong in it.
func verify(_ world: World, _ sourceLocation: SourceLocation = #_sourceLocation) {
  world.end()
  if !world.violations.isEmpty { Issue.record("\(world.story)", sourceLocation: sourceLocation) }
}

/// Times between messages, each and the next.
func gaps(_ heard: [Received]) -> [Duration] { zip(heard.dropFirst(), heard).map { $0.at - $1.at } }

/// The first message of each transaction: sends without their repetitions.
func firsts(_ heard: [Received]) -> [Received] {
  var seen: Set<TransactionID> = []
  return heard.filter { seen.insert($0.transaction).inserted }
}

/// Seconds as a range of durations, with so much of tolerance at both ends.
func seconds(_ range: ClosedRange<Double>, tolerance: Double = 0.001) -> ClosedRange<Duration> {
  .seconds(range.lowerBound - tolerance) ... .seconds(range.upperBound + tolerance)
}
