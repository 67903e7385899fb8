import DHTJSON
import ArgumentParser
import OpenDHT

/// `dht node`
struct NodeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "node", abstract: "Run a node until interrupted.",
    discussion:
      "Prints its id and ports, then each change of its status and of its address as peers see it. Without --bootstrap it waits to be found."
  )

  @OptionGroup var identity: IdentityOptions
  @OptionGroup var options: CommonOptions

  func run() async throws {
    try await CommandRun.run(options, as: identity.load(), publishes: true, isClient: false, needsNetwork: false) {
      run in
      await started(run)
      var ending: Task<Void, any Error>?
      if let timeout = options.timeout {
        let node = run.dht
        ending = Task {
          try await Task.sleep(for: timeout)
          await node.stop()
        }
      }
      var seen: [IPAddress] = []
      for await status in run.dht.statusUpdates {
        await show(status, run)
        let addresses = await run.dht.reportedAddresses(.ipv4).prefix(1) + run.dht.reportedAddresses(.ipv6).prefix(1)
        for address in addresses where !seen.contains(address) { await show(address, run) }
        seen = Array(addresses)
      }
      ending?.cancel()
      if run.output.isJSON { await run.output.json([("event", .string("stopped"))]) }
      return .done
    }
  }

  private func started(_ run: CommandRun) async {
    let ports = await run.dht.boundPorts
    if run.output.isJSON {
      func port(_ number: UInt16?) -> JSON { number.map { .integer(Int($0)) } ?? .null }
      await run.output.json([
        ("event", .string("started")), ("id", .string("\(run.dht.nodeID)")), ("ipv4Port", port(ports.ipv4)),
        ("ipv6Port", port(ports.ipv6)), ("network", .integer(Int(options.network ?? 0))),
      ])
    } else {
      let families = [("IPv4", ports.ipv4), ("IPv6", ports.ipv6)]
      let text = families.compactMap { name, port in port.map { "\(name) port \($0)" } }.joined(separator: ", ")
      await run.output.result("Node \(run.dht.nodeID) running on \(text)")
    }
  }

  /// Our address as most peers of its family see it.
  private func show(_ address: IPAddress, _ run: CommandRun) async {
    if run.output.isJSON {
      await run.output.json([("event", .string("address")), ("address", .string("\(address)"))])
    } else {
      await run.output.result("Seen at \(address)")
    }
  }

  private func show(_ status: NodeStatus, _ run: CommandRun) async {
    if run.output.isJSON {
      await run.output.json([
        ("event", .string("status")), ("ipv4", .string("\(status.ipv4)")), ("ipv6", .string("\(status.ipv6)")),
      ])
    } else {
      await run.output.result("Status: IPv4 \(status.ipv4), IPv6 \(status.ipv6)")
    }
  }
}
