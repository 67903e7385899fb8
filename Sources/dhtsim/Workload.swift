import DHTCore
import DHTModel
import DHTSimulator

/// A world, and what is done in it: joins, puts and gets at a steady pace.
struct Workload {
  let world: World
  let options: WorldOptions
  private(set) var puts: [Operation] = []
  private(set) var gets: [Operation] = []
  /// Gets, and whether the stored content was among their values.
  private(set) var found = 0
  /// What was stored, by key, in order.
  private(set) var stored: [(key: InfoHash, value: Value)] = []

  init(_ options: WorldOptions) throws {
    self.options = options
    world = try options.makeWorld()
  }

  /// Lets nodes join through the first one, and two more of the first eight, one after the other.
  func join() {
    let watch = Stopwatch()
    for number in 0..<options.nodes {
      world.addNode(options.configuration)
      var entries = number > 0 ? [0] : []
      if number > 2 { entries += (0..<2).map { _ in Int.random(in: 1..<min(number, 8), using: &world.random) } }
      world.bootstrap(number, through: Array(Set(entries)).sorted())
      world.run(for: .milliseconds(options.joinInterval))
      if (number + 1) % 1000 == 0 { tell("\(number + 1) nodes, \(short(watch.seconds)) s") }
    }
    world.run(for: .seconds(options.settling))
    tell("joined and settled, \(short(watch.seconds)) s")
  }

  /// Stores so many values, each under a key of its own, from random nodes.
  mutating func put(_ count: Int, permanently: Bool = false, from nodes: Range<Int>? = nil) {
    var started: [Operation] = []
    for index in 0..<count {
      let key = InfoHash.random(using: &world.random)
      let value = Value("value \(stored.count)", id: UInt64(stored.count + 1))
      let node = nodes.map { Int.random(in: $0, using: &world.random) } ?? world.randomNode()
      stored.append((key, value))
      let options = PutOptions(isPermanent: permanently)
      started.append(world.put(value, at: key, options: options, from: node))
      world.run(for: .milliseconds(20))
      if (index + 1) % 1000 == 0 { tell("\(index + 1) values put") }
    }
    world.run(until: started, atMost: .seconds(120))
    puts += started
  }

  /// Asks random nodes for random stored values. Returns how many of these gets found theirs.
  @discardableResult
  mutating func get(_ count: Int, from nodes: [Int]? = nil) -> Int {
    var started: [(operation: Operation, wanted: Value)] = []
    for index in 0..<count {
      guard let wanted = stored.randomElement(using: &world.random) else { break }
      let node = nodes.flatMap { $0.randomElement(using: &world.random) } ?? world.randomNode()
      started.append((world.get(wanted.key, isTraced: true, from: node), wanted.value))
      world.run(for: .milliseconds(20))
      if (index + 1) % 1000 == 0 { tell("\(index + 1) values asked for") }
    }
    world.run(until: started.map(\.operation), atMost: .seconds(120))
    gets += started.map(\.operation)
    let hits = started.count { operation, wanted in operation.values.contains { $0.hasSameContent(as: wanted) } }
    found += hits
    return hits
  }

  /// What was measured of puts and gets.
  func addOperations(to results: inout Results) {
    results.add("puts", puts.count)
    results.add("puts completed", puts.count(where: \.isCompleted))
    results.add("holders per put", Figures(puts.compactMap { $0.receipt?.stored.count }))
    results.add("put time (ms)", Figures(puts.compactMap(\.duration)))
    results.add("messages per put", Figures(puts.map(\.datagrams)))
    results.add("found", "\(found)/\(gets.count)")
    results.add("hops to the first value", Figures(gets.compactMap(\.hopsToFirstValue)))
    results.add("messages per get", Figures(gets.map(\.datagrams)))
    results.add("time to the first value (ms)", Figures(gets.compactMap(\.timeToFirstValue)))
    results.add("get time (ms)", Figures(gets.compactMap(\.duration)))
    guard options.delay > 0, !options.geographic else { return }
    let roundTrip = Double(2 * options.delay + options.jitter)
    let rounds = gets.compactMap { $0.timeToFirstValue.map { $0.inSeconds * 1000 / roundTrip } }
    results.add("round trips to the first value", Figures(rounds))
    results.add("round trips per get", Figures(gets.compactMap { $0.duration.map { $0.inSeconds * 1000 / roundTrip } }))
  }

  /// What was measured of the world, and whether anything was wrong in it.
  func addWorld(to results: inout Results, _ watch: Stopwatch) {
    let seconds = watch.seconds
    results.add("nodes", options.nodes)
    results.add("seed", "\(options.seed)")
    results.add("virtual time (s)", (world.now - Instant(nanoseconds: 0)).inSeconds)
    results.add("wall time (s)", seconds)
    results.add("packets", world.packetsSent)
    results.add("bytes per packet", Double(world.bytesSent) / Double(max(world.packetsSent, 1)))
    let processor = Stopwatch.processorSeconds
    results.add("processor time (s)", processor)
    results.add("events per processor second", (Double(world.happenings) / max(processor, 0.001)).rounded())
    results.add("memory per node (bytes)", Stopwatch.residentBytes / options.nodes)
    results.add("connected", world.machines.count { $0.isOn && $0.status == .connected })
    results.add("violations", world.violations.count)
    results.add("digest", String(world.digest, radix: 16))
    for violation in world.violations.prefix(10) { tell("violation: \(violation)") }
  }
}
