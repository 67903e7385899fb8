internal import DHTCore

/// How the node of the protocol behaves: id, families, limits, types. Defaults are what deployed peers do.
///
/// Only what may be reset as a whole: the network is named beside it, and what owners are called is not a choice.
public struct NodeConfiguration: Sendable {
  /// Our id; nil draws a random one.
  public var nodeID: NodeID?
  /// Families to open a socket for.
  public var families: Set<AddressFamily> = [.ipv4, .ipv6]
  /// A client is answered but never given to others, and stores nothing for others.
  public var isClient = false
  /// An entry point that holds more nodes of far regions.
  public var isBootstrap = false
  /// Whether our address is known to stay: listens are renewed every 290 s instead of 20 s, and a search
  /// that finds nobody is not taken for a lost network.
  public var isPublicStable = false
  /// Whether values kept for others are passed on to nodes that are nearer to their keys, every ten minutes and when the
  /// node stops. `DHT.stop()` then takes up to 5 s.
  public var maintainsStorage = false
  /// Types with a lifetime or policies of their own. Unknown types live 10 min and are never replaced.
  public var types: [ValueType] = ValueType.builtIn
  /// Caps on everything that others can grow.
  public var limits = Limits()

  /// The defaults.
  public init() {}
}

extension DHT.Configuration {
  /// What the core is told.
  func core(_ nodeID: NodeID) -> DHTCore.Configuration {
    var core = DHTCore.Configuration()
    core.nodeID = nodeID
    core.network = network
    core.families = node.families
    core.isClient = node.isClient
    core.isBootstrap = node.isBootstrap
    core.isPublicStable = node.isPublicStable
    core.maintainsStorage = node.maintainsStorage
    core.types = node.types
    core.ownerID = { publicKeyID($0) }
    core.limits = node.limits
    return core
  }
}
