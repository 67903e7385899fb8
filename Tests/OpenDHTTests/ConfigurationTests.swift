@testable import OpenDHT
import DHTCore
import Testing

struct ConfigurationTests {
  @Test("starting over with the node's configuration loses neither the network nor the owners' ids") func reset() {
    var configuration = DHT.Configuration(network: 7)
    configuration.node = NodeConfiguration()
    let core = configuration.core(.random())
    #expect(core.network == 7 && core.ownerID([1, 2]) == InfoHash(hashing: [1, 2] as [UInt8]))
  }

  @Test("everything that the façade offers reaches the core; its defaults are the core's") func complete() {
    let id = InfoHash(hashing: "me")
    var configuration = DHT.Configuration(network: 7)
    #expect(described(configuration.core(id)) == described(defaults(id)))
    configuration.node.families = [.ipv6]
    configuration.node.isClient = true
    configuration.node.isBootstrap = true
    configuration.node.isPublicStable = true
    configuration.node.maintainsStorage = true
    configuration.node.types = [ValueType(id: 77, name: "short", lifetime: .seconds(5))]
    configuration.node.limits.listeners = 3
    let (before, after) = (described(defaults(id)), described(configuration.core(id)))
    // All but id, network, the hash of owners, which cannot be seen here, and what the session makes: the openers, and the
    // type of what nobody registered.
    #expect(zip(before, after).filter { $0 != $1 }.count == before.count - 6)
  }

  private func defaults(_ id: NodeID) -> DHTCore.Configuration {
    var core = DHTCore.Configuration()
    core.nodeID = id
    core.network = 7
    return core
  }
  private func described(_ configuration: DHTCore.Configuration) -> [String] {
    Mirror(reflecting: configuration).children.map { child in
      switch child.value {
      case let families as Set<AddressFamily>: "\(families.map(\.rawValue).sorted())"
      case let types as [ValueType]: "\(types.map { "\($0.id) \($0.lifetime)" })"
      default: "\(child.label ?? ""): \(child.value)"
      }
    }
  }
}
