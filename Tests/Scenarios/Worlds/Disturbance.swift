import DHTModel
import DHTSimulator
import Testing

/// What a network does to its nodes while a scenario runs.
enum Disturbance: CaseIterable, CustomTestStringConvertible {
  case none, loss, disorder, distance, crashes, nat

  var network: NetworkModel {
    switch self {
    case .none, .crashes, .nat: NetworkModel(delay: .milliseconds(20), jitter: .milliseconds(5))
    case .loss: NetworkModel(delay: .milliseconds(20), jitter: .milliseconds(5), loss: 0.2)
    case .disorder:
      NetworkModel(delay: .milliseconds(20), jitter: .milliseconds(60), duplication: 0.2, reordering: 0.2)
    case .distance: .internet
    }
  }

  /// Fills a world with nodes that have joined.
  func populate(_ world: World, _ count: Int) {
    guard self == .nat else { return world.populate(count) }
    // A third of the nodes stands behind routers, some of them together.
    world.populate(count - count / 3, settling: .seconds(5))
    var nat = 0
    for index in 0..<count / 3 {
      if index % 2 == 0 { nat = world.addNAT() }
      let number = world.addNode(behind: nat)
      world.bootstrap(number, through: [0])
      world.run(for: .milliseconds(50))
    }
    world.run(for: .seconds(30))
  }

  /// Does its worst, after values were stored.
  func strike(_ world: World) {
    guard self == .crashes else { return }
    let count = world.machines.count
    world.crash((1..<count).filter { $0 % 3 == 0 })
    world.run(for: .seconds(5))
  }

  var testDescription: String { "\(self)" }
}
