import ArgumentParser
import DHTCore
import DHTModel
import DHTSimulator

/// A network grows from one node, then values are stored and found.
struct Join: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lets nodes join, stores values, and gets them from random nodes.")

  @OptionGroup var options: WorldOptions
  @Option(help: "Number of values to store, each under its own key.")
  var values: Int?
  @Option(help: "Number of gets of stored values.")
  var gets = 1000

  func run() throws {
    let watch = Stopwatch()
    var workload = try Workload(options)
    workload.join()
    let joined = watch.seconds
    let world = workload.world
    var results = Results()
    results.add("join wall time (s)", joined)
    results.add(
      "packets per node and virtual second",
      Double(world.packetsSent) / Double(options.nodes) / max((world.now - Instant(nanoseconds: 0)).inSeconds, 1))
    let statistics = world.numbersOn.map { world.inspect($0) { node, now in node.statistics(.ipv4, now: now) } }
    results.add("good nodes in the table", Figures(statistics.map(\.good)))
    results.add("known nodes", Figures(statistics.map(\.knownNodes)))
    results.add("searches kept", Figures(statistics.map(\.searches)))
    workload.put(values ?? gets)
    workload.get(gets)
    workload.addOperations(to: &results)
    world.checkInvariants()
    workload.addWorld(to: &results, watch)
    results.print(asJSON: options.json)
    if workload.found < gets || !world.violations.isEmpty { throw ExitCode(1) }
  }
}
