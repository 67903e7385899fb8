import ArgumentParser
import DHTCore
import DHTModel
import DHTSimulator

/// What every scenario takes.
struct WorldOptions: ParsableArguments {
  @Option(help: "Number of nodes.")
  var nodes = 1000
  @Option(help: "What everything random starts from.")
  var seed: UInt64 = 1
  @Option(help: "Probability that a packet is lost, 0 … 1.")
  var loss = 0.0
  @Option(help: "Probability that a packet arrives twice, 0 … 1.")
  var duplication = 0.0
  @Option(help: "Delay of every packet, one way, in milliseconds.")
  var delay = 25
  @Option(help: "Random delay added to each packet, at most, in milliseconds.")
  var jitter = 0
  @Flag(help: "Let the delay grow with the distance of two places on a globe, up to 110 ms.")
  var geographic = false
  @Flag(help: "Give every node both address families.")
  var dual = false
  @Option(help: "Nodes that a node remembers beyond its table; fewer take less memory.")
  var knownNodes = 1024
  @Option(help: "Milliseconds between two nodes that join.")
  var joinInterval = 20
  @Option(help: "Seconds that the nodes get to look around once all have joined.")
  var settling = 120
  @Flag(help: "Print one JSON object.")
  var json = false
  @Option(help: ArgumentHelp("Write every packet to a file, a line each.", valueName: "file"))
  var trace: String?

  func validate() throws {
    guard nodes >= 2 else { throw ValidationError("a network has at least 2 nodes") }
    guard (0..<1).contains(loss) else { throw ValidationError("--loss is at least 0 and below 1") }
    guard (0...1).contains(duplication) else { throw ValidationError("--duplication is 0 … 1") }
    guard delay >= 0, jitter >= 0, joinInterval >= 0, settling >= 0, knownNodes >= 0 else {
      throw ValidationError("a number is below 0")
    }
  }

  func makeWorld() throws -> World {
    var network = NetworkModel(
      delay: .milliseconds(delay), jitter: .milliseconds(jitter), loss: loss, duplication: duplication)
    if geographic { network.distance = .geographic(spread: .milliseconds(110)) }
    let world = World(seed: seed, network: network, traceCapacity: 0)
    world.keepsOperations = false
    if let trace {
      let file = try TraceFile(path: trace)
      world.onTrace = { file.write($0) }
    }
    return world
  }

  var configuration: Configuration {
    var configuration = dual ? Configuration() : .ipv4
    configuration.limits.knownNodes = knownNodes
    return configuration
  }
}
