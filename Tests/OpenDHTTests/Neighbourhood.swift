import OpenDHT

/// Some nodes of the loopback that know each other through the first.
struct Neighbourhood {
  var nodes: [DHT] = []
  var first: DHT { nodes[0] }

  /// Runs `body` with that many connected nodes, and stops them.
  static func run(
    _ count: Int, families: Set<AddressFamily> = [.ipv4], _ change: (inout DHT.Configuration) -> Void = { _ in },
    _ body: (Neighbourhood) async throws -> Void
  ) async throws {
    var neighbourhood = Neighbourhood()
    do {
      for _ in 0..<count {
        var configuration = DHT.loopback(families)
        change(&configuration)
        if let first = neighbourhood.nodes.first { configuration.bootstrap = [await first.host] }
        let dht = DHT(configuration)
        try await dht.start()
        neighbourhood.nodes.append(dht)
      }
      for dht in neighbourhood.nodes where count > 1 { try await dht.waitUntilConnected() }
      try await body(neighbourhood)
    } catch {
      await neighbourhood.stop()
      throw error
    }
    await neighbourhood.stop()
  }

  private func stop() async {
    for dht in nodes { await dht.stop() }
  }
}

extension DHT {
  /// A node that only this machine can reach.
  static func loopback(_ families: Set<AddressFamily> = [.ipv4]) -> Configuration {
    var configuration = Configuration(bindIPv4: IPAddress(ipv4: 0x7f00_0001), bindIPv6: IPAddress(ipv6High: 0, low: 1))
    configuration.node.families = families
    return configuration
  }

  /// Where this node is reached on the loopback.
  var host: Host {
    get async {
      let ports = await boundPorts
      return ports.ipv4.map { Host(name: "127.0.0.1", port: $0) } ?? Host(name: "::1", port: ports.ipv6 ?? 0)
    }
  }
}

/// How long something took.
func elapsed(_ body: () async throws -> Void) async rethrows -> Duration {
  let start = ContinuousClock.now
  try await body()
  return ContinuousClock.now - start
}
