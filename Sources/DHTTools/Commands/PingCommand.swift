import DHTJSON
import DHTText
import ArgumentParser
import OpenDHT

/// `dht ping HOST[:PORT]`
struct PingCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ping", abstract: "Ask a node whether it is there. Needs no bootstrap.")

  @Argument(help: "The node to ask; port 4222 if none is given.", transform: Transform.host) var host: Host
  @OptionGroup var options: CommonOptions

  func run() async throws {
    try await CommandRun.run(options, needsNetwork: false) { run in await ping(run) }
  }

  private func ping(_ run: CommandRun) async -> ExitStatus {
    await run.output.startProgress("Waiting for \(host)…")
    do {
      let outcome = try await run.dht.ping(host, deadline: run.remaining)
      if let node = outcome.node { await show(node, outcome.roundTrip ?? .zero, run) }
      return .done
    } catch {
      let reason = error == .timedOut ? "\(terminalSafe("\(host)")) did not answer in time." : error.description
      if run.output.isJSON { await run.output.json([("ok", .bool(false)), ("error", .string(reason))]) }
      await run.output.error(reason)
      return .failed
    }
  }

  private func show(_ node: NodeContact, _ roundTrip: Duration, _ run: CommandRun) async {
    if run.output.isJSON {
      await run.output.json([("ok", .bool(true))] + JSON.members(of: node) + [("roundTrip", .seconds(roundTrip))])
    } else {
      await run.output.result("Node \(node) answered in \(durationText(roundTrip))")
    }
  }
}
