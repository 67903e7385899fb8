import ArgumentParser
import DHTCore
import DHTModel
import DHTSimulator

/// The network falls in two halves for a time, and grows together again.
struct Partition: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Cuts the network in two halves, heals it, and gets the values of each half from the other.")

  @OptionGroup var options: WorldOptions
  @Option(help: "Number of values that are kept alive, half of them on each side.")
  var values = 100
  @Option(help: "How long the two halves cannot talk, in seconds.")
  var duration = 600
  @Option(help: "Number of gets in each of the times: before, during, and 1, 5 and 15 min after.")
  var gets = 100

  func run() throws {
    let watch = Stopwatch()
    var workload = try Workload(options)
    workload.join()
    let world = workload.world
    workload.put(values, permanently: true)
    var results = Results()
    results.add("found before", "\(workload.get(gets))/\(gets)")
    let half = options.nodes / 2
    world.partition([Array(0..<half)])
    world.run(for: .seconds(duration))
    results.add("found during", "\(workload.get(gets))/\(gets)")
    world.heal()
    for (pause, minutes) in [(60, 1), (240, 5), (600, 15)] {
      world.run(for: .seconds(pause))
      let found = workload.get(gets)
      tell("\(minutes) min after: \(found)/\(gets) found")
      results.add("found \(minutes) min after", "\(found)/\(gets)")
    }
    workload.addOperations(to: &results)
    world.checkInvariants()
    workload.addWorld(to: &results, watch)
    results.print(asJSON: options.json)
    if !world.violations.isEmpty { throw ExitCode(1) }
  }
}
