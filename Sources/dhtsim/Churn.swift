import ArgumentParser
import DHTCore
import DHTModel
import DHTSimulator

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Nodes come and go, while some keep values alive and all ask for them.
struct Churn: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lets nodes crash and come back, and gets values that a tenth of the nodes keeps alive.")

  @OptionGroup var options: WorldOptions
  @Option(help: "Number of values that are kept alive.")
  var values = 100
  @Option(help: "Mean time that a node stays, in seconds; it comes back, with a new id, after a tenth of it.")
  var session = 1200
  @Option(help: "How long the nodes come and go, in seconds.")
  var duration = 3600
  @Option(help: "Number of gets, spread over that time.")
  var gets = 600

  func run() throws {
    let watch = Stopwatch()
    var workload = try Workload(options)
    workload.join()
    let world = workload.world
    let publishers = 0..<max(1, options.nodes / 10)
    workload.put(values, permanently: true, from: publishers)
    for number in publishers.upperBound..<options.nodes { scheduleCrash(of: number, in: world) }
    let rounds = max(1, min(60, gets))
    for round in 0..<rounds {
      world.run(for: .seconds(duration) / rounds)
      let found = workload.get(gets / rounds)
      tell("\((round + 1) * duration / rounds) s: \(found)/\(gets / rounds) found")
    }
    var results = Results()
    workload.addOperations(to: &results)
    world.checkInvariants()
    workload.addWorld(to: &results, watch)
    results.print(asJSON: options.json)
    if !world.violations.isEmpty { throw ExitCode(1) }
  }

  /// Sessions have an exponential length, so that young nodes are as likely to go as old ones.
  private func scheduleCrash(of number: Int, in world: World) {
    let time = -log(1 - world.random.unit()) * Double(session)
    world.after(.milliseconds(Int(time * 1000))) { world in
      world.crash(number)
      world.after(.seconds(self.session) / 10) { world in
        world.restart(number, keepingID: false)
        world.bootstrap(number, through: [0])
        self.scheduleCrash(of: number, in: world)
      }
    }
  }
}
