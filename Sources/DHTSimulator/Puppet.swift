public import DHTModel
import DHTWire

/// A scripted peer: an address in the world with a test behind it, where a node would be.
///
/// By itself it answers as its `manner` says, an ordinary peer unless told otherwise, and keeps all that it hears.
/// The test sends what it likes, from any address, and waits for what must come. The world must outlive its puppets.
///
///     let puppet = world.addPuppet()
///     puppet.meet(0)                                            // node 0 pings it: now a good node of its table
///     let answer = puppet.ask(.find(.init(target: key)))        // sends, and lets time pass until the answer
///     #expect(answer?.reply?.token?.count == 32)
///     puppet.react(to: .put) { _ in .failure(.putWithWrongToken) }
///     world.put(value, at: key, from: 0)
///     #expect(puppet.expect(.put, within: .seconds(1)) != nil)
///     #expect(puppet.hearsNothing(of: .find, for: .seconds(5)))
public final class Puppet {
  /// Its number among the puppets.
  public let number: Int
  /// Its node id. A test that changes it makes it another node at the same address.
  public var id: NodeID
  /// Where it is reached, and what it sends from unless told otherwise.
  public let address: SocketAddress
  /// How it answers by itself.
  public var manner = Manner.ordinary
  /// Whom it talks to unless told otherwise: node 0.
  public var target: SocketAddress
  /// All that it heard, in order.
  public internal(set) var heard: [Received] = []
  /// Of these, what no `expect` has taken yet.
  public internal(set) var inbox: [Received] = []
  /// Nodes that it knows, and tells others of.
  public var nodes: [NodeContact] = []
  /// What it holds.
  public internal(set) var stored: [InfoHash: [Value]] = [:]
  /// Who listens here, in order of the first listen.
  public internal(set) var listeners: [Listener] = []

  /// A listen that somebody made here.
  public struct Listener: Sendable {
    /// What is listened to.
    public let key: InfoHash
    /// Where the listen came from, and where its pushes go.
    public let address: SocketAddress
    /// The number that the pushes carry, chosen by the listener.
    public let socket: SocketID
    /// 1 for pushes as update requests, 0 for replies. (wire.md §3.9)
    public let version: Int64
    /// Which changes are wanted; nil for all.
    public let query: Query?
  }

  unowned let world: World
  var side: UInt8 = 0
  var reactions: [MessageKind: (Received) -> Reaction] = [:]
  var reassembler = Reassembler(bytes: 64 << 20, perAddress: 1000)
  private var nextTransaction: TransactionID = 1

  init(world: World, number: Int, id: NodeID, address: SocketAddress, target: SocketAddress) {
    self.world = world
    self.number = number
    self.id = id
    self.address = address
    self.target = target
    nextTransaction = TransactionID(number + 1) << 16
  }

  /// Its id at its address, as others would name it.
  public var contact: NodeContact { NodeContact(id: id, address: address) }

  /// A number that this puppet has not used for a request yet.
  public func drawTransaction() -> TransactionID {
    nextTransaction += 1
    return nextTransaction
  }
}

extension World {
  /// Adds a puppet; with a random id, and an address nobody has, unless told otherwise. Its target is node 0.
  @discardableResult
  public func addPuppet(
    id: NodeID? = nil, at address: SocketAddress? = nil, _ family: AddressFamily = .ipv4, manner: Manner = .ordinary
  ) -> Puppet {
    let (ipv4, ipv6) = plan.draw()
    let number = puppets.count
    let own = attach(
      address ?? SocketAddress(ip: family == .ipv4 ? ipv4 : ipv6, port: AddressPlan.port), .puppet(number))
    let target = machines.first?.address(own.family) ?? own
    let puppet = Puppet(
      world: self, number: number, id: id ?? .random(using: &random), address: own, target: target)
    puppet.manner = manner
    puppets.append(puppet)
    return puppet
  }

  /// Adds puppets around a key, nearest first, that all know one another. `nearer` leaves room for so many in front.
  public func addPuppets(
    _ count: Int, around key: InfoHash, behind nearer: Int = 0, _ family: AddressFamily = .ipv4,
    manner: Manner = .ordinary
  ) -> [Puppet] {
    let added = (0..<count).map { rank in
      addPuppet(id: key.neighbour(rank + nearer, using: &random), family, manner: manner)
    }
    acquaint(added)
    return added
  }

  /// Lets puppets know one another, beside whom they know already.
  public func acquaint(_ group: [Puppet]) {
    for puppet in group {
      puppet.nodes += group.map(\.contact).filter { $0.id != puppet.id && !puppet.nodes.contains($0) }
    }
  }
}

extension InfoHash {
  /// An id near this one; those of a higher rank are all farther. Ranks are 0 … 119.
  public func neighbour(_ rank: Int, using random: inout SeededGenerator) -> InfoHash {
    precondition((0..<120).contains(rank), "rank \(rank)")
    let different = 119 - rank
    var id = InfoHash.random(using: &random)
    for index in 0..<different { id = id.settingBit(index, to: bit(index)) }
    return id.settingBit(different, to: !bit(different))
  }

  /// A key for a text. Not the network's SHA-1, since the core has none; good enough where no other program looks.
  public init(named text: String) {
    var seed: UInt64 = 0
    for byte in text.utf8 { seed = SeededGenerator.mix(seed &+ UInt64(byte) &+ 1) }
    var generator = SeededGenerator(seed: seed)
    self = .random(using: &generator)
  }
}
