import NIOConcurrencyHelpers
import Testing

@testable import OpenDHT

/// Starting, stopping, cancelling, deadlines.
@Suite(.timeLimit(.minutes(1)))
struct LifecycleTests {
  private let key = InfoHash(hashing: "lifecycle")
  private static let k = InfoHash(hashing: "k")

  /// Runs `body` with a node whose only entry point never answers, so that every operation waits.
  private func waiting(_ body: (DHT) async throws -> Void) async throws {
    try await Neighbourhood.run(1, { $0.network = 99 }) { silence in
      var configuration = DHT.loopback()
      configuration.bootstrap = [await silence.first.host]
      let dht = DHT(configuration)
      try await dht.start()
      while await dht.status.best != .connecting { try await Task.sleep(for: .milliseconds(5)) }
      do { try await body(dht) } catch {
        await dht.stop()
        throw error
      }
      await dht.stop()
    }
  }

  /// Each kind of operation, and the error it ends with; nil for none.
  private static let operations: [(name: String, run: @Sendable (DHT, Duration?) async -> DHTError?)] = [
    (
      "put",
      { dht, deadline in
        await failure { () async throws(DHTError) in try await dht.put(Value("x"), at: .random(), deadline: deadline) }
      }
    ),
    (
      "get",
      { dht, deadline in await failure { () async throws(DHTError) in try await dht.get(k, deadline: deadline) } }
    ),
    (
      "value",
      { dht, deadline in await failure { () async throws(DHTError) in try await dht.value(at: k, deadline: deadline) } }
    ),
    (
      "ping",
      { dht, deadline in
        await failure { () async throws(DHTError) in
          try await dht.ping(dht.configuration.bootstrap[0], deadline: deadline)
        }
      }
    ),
    (
      "values",
      { dht, deadline in
        let values = dht.values(at: k, deadline: deadline)
        for await _ in values {}
        return await values.outcome.ending.asError
      }
    ),
    (
      "query",
      { dht, deadline in
        let records = dht.query(.everything, at: k, deadline: deadline)
        for await _ in records {}
        return await records.outcome.ending.asError
      }
    ),
    (
      "listen",
      { dht, deadline in
        let changes = dht.listen(to: k, deadline: deadline)
        for await _ in changes {}
        return await changes.ending.asError
      }
    ),
    (
      "trace",
      { dht, deadline in
        let trace = dht.trace(k, deadline: deadline)
        for await _ in trace {}
        return await trace.outcome.ending.asError
      }
    ),
  ]
  private static func failure<T>(_ body: () async throws(DHTError) -> T) async -> DHTError? {
    do throws(DHTError) {
      _ = try await body()
      return nil
    } catch { return error }
  }

  @Test("N-142: operations made while connecting wait; a deadline ends each in time", arguments: operations.indices)
  func deadline(index: Int) async throws {
    let (name, run) = Self.operations[index]
    try await waiting { dht in
      let time = await elapsed {
        let error = await run(dht, .milliseconds(200))
        #expect(error == .timedOut, "\(name)")
      }
      #expect(time >= .milliseconds(190) && time < .seconds(6), "\(name): \(time)")
    }
  }

  @Test("cancelling the task ends each operation at once", arguments: operations.indices)
  func cancellation(index: Int) async throws {
    let (name, run) = Self.operations[index]
    try await waiting { dht in
      let task = Task { await run(dht, nil) }
      try await Task.sleep(for: .milliseconds(50))
      let time = await elapsed {
        task.cancel()
        #expect(await task.value == .cancelled, "\(name)")
      }
      #expect(time < .seconds(6), "\(name): \(time)")
      #expect(await dht.ongoingOperations == 0)
    }
  }

  @Test("a task that is cancelled before it begins does nothing", arguments: operations.indices)
  func cancelledBefore(index: Int) async throws {
    let (name, run) = Self.operations[index]
    try await waiting { dht in
      let task = Task {
        while !Task.isCancelled { await Task.yield() }
        return await run(dht, nil)
      }
      task.cancel()
      #expect(await task.value == .cancelled, "\(name)")
      #expect(await dht.ongoingOperations == 0)
    }
  }

  @Test("N-148: stopping takes less than a second with operations pending, and ends each as cancelled")
  func stopWithPending() async throws {
    try await waiting { dht in
      let tasks = Self.operations.map { operation in Task { await operation.run(dht, nil) } }
      let updates = Task { for await _ in dht.statusUpdates {} }
      let connecting = Task { await Self.failure { () async throws(DHTError) in try await dht.waitUntilConnected() } }
      try await Task.sleep(for: .milliseconds(100))
      #expect(await dht.ongoingOperations == Self.operations.count - 1)  // the listen is not counted
      let time = await elapsed {
        await dht.stop()
        for (task, operation) in zip(tasks, Self.operations) {
          #expect(await task.value == .cancelled, "\(operation.name)")
        }
        await updates.value
        #expect(await connecting.value == .notRunning)
      }
      #expect(time < .seconds(1))
    }
  }

  @Test("N-146: before the start and after the stop every operation fails at once") func notRunning() async throws {
    let dht = DHT(DHT.loopback())
    try await dht.start()
    await dht.stop()
    for node in [dht, DHT()] {
      let time = await elapsed {
        await #expect(throws: DHTError.notRunning) { try await node.put(Value("x"), at: key) }
        await #expect(throws: DHTError.notRunning) { try await node.get(key) }
        await #expect(throws: DHTError.notRunning) { try await node.value(at: key) }
        await #expect(throws: DHTError.notRunning) { try await node.ping("127.0.0.1:9") }
        await #expect(throws: DHTError.notRunning) { try await node.waitUntilConnected() }
        for await _ in node.listen(to: key) { Issue.record("a change") }
        for await _ in node.statusUpdates { Issue.record("a status") }
        #expect(await node.drain())
        #expect(await node.counters == Counters())
        #expect(await node.boundPorts == BoundPorts())
      }
      #expect(time < .seconds(6))  // a silent node takes 7 s and more
    }
  }

  @Test("N-146: a put of several steps, signed and looked up, ends well although a drain begins between its steps")
  func drainBetweenSteps() async throws {
    var people: [Identity?] = [nil, People.alice]
    try await Neighbourhood.run(2, { $0.identity = people.removeFirst() }) { network in
      let key = InfoHash.random()
      for round in 1...10 {
        let isOver = NIOLockedValueBox(false)
        async let receipt = {
          defer { isOver.withLockedValue { $0 = true } }
          return try await network.nodes[1].putSigned(Value("edition \(round)", id: 7), at: key)
        }()
        // Until it has begun, and no longer: its look-up or its signature runs now. It may be over before that is seen.
        while await network.nodes[1].onLoop({ $0.stepsCount }) == 0, !isOver.withLockedValue({ $0 }) {}
        async let isDrained = network.nodes[1].drain(timeout: .seconds(30))
        #expect(try await !receipt.stored.isEmpty)
        #expect(await isDrained)
        await network.nodes[1].stop()
        try await network.nodes[1].start()
        try await network.nodes[1].waitUntilConnected()
      }
    }
  }

  @Test("N-145, N-146, N-147: while it drains, a node waits for what runs, takes nothing new, and answers others")
  func drain() async throws {
    try await Neighbourhood.run(2) { network in
      let (server, other) = (network.nodes[0], network.nodes[1])
      try await server.put(Value("served"), at: key)
      #expect(await server.drain())
      await #expect(throws: DHTError.notRunning) { try await server.get(key) }
      #expect(try await other.value(at: key)?.text == "served")
      #expect(try await other.ping(await server.host).node?.id == server.nodeID)
      await server.stop()
      await #expect(throws: (any Error).self) {
        try await other.ping(await server.hostOrNowhere, deadline: .milliseconds(300))
      }
    }
    try await waiting { dht in
      let put = Task {
        await Self.failure { () async throws(DHTError) in
          try await dht.put(Value("x"), at: key, deadline: .milliseconds(400))
        }
      }
      try await Task.sleep(for: .milliseconds(50))
      #expect(await dht.drain(timeout: .milliseconds(50)) == false)
      #expect(await dht.drain(timeout: .seconds(5)))
      #expect(await put.value == .timedOut)
    }
  }

  @Test("a node is started once, and again after a stop, with the same id") func restart() async throws {
    let dht = DHT(DHT.loopback([.ipv4, .ipv6]))
    for _ in 0..<3 {
      try await dht.start()
      await #expect(throws: DHTError.alreadyRunning) { try await dht.start() }
      let ports = await dht.boundPorts
      #expect(ports.ipv4 != nil && ports.ipv4 == ports.ipv6)
      await dht.stop()
      await dht.stop()
      // The ports are free again.
      var configuration = DHT.loopback([.ipv4, .ipv6])
      configuration.port = try #require(ports.ipv4)
      let next = DHT(configuration)
      try await next.start()
      await next.stop()
    }
    async let starting: Void = dht.start()
    async let stopped: Void = dht.stop()
    _ = try? await starting
    await stopped
    await dht.stop()
  }

  @Test("a busy port is a typed error, and the node can start elsewhere") func busyPort() async throws {
    try await Neighbourhood.run(1) { network in
      let port = try #require(await network.first.boundPorts.ipv4)
      var configuration = DHT.loopback()
      configuration.port = port
      let dht = DHT(configuration)
      await #expect(throws: DHTError.portInUse(port)) { try await dht.start() }
      await #expect(throws: DHTError.portInUse(port)) { try await dht.start() }
      #expect(await dht.status == NodeStatus())
    }
  }

  @Test("N-144: a put made right after bootstrap succeeds when that node answers") func putAtOnce() async throws {
    try await Neighbourhood.run(1) { network in
      let dht = DHT(DHT.loopback())
      try await dht.start()
      dht.bootstrap(to: await network.first.host)
      let receipt = try await dht.put(Value("early"), at: key)
      #expect(receipt.stored.map(\.id) == [network.first.nodeID])
      await dht.stop()
    }
  }

  @Test("an entry point given before the start is used; a name without address is one warning") func bootstrap()
    async throws
  {
    try await Neighbourhood.run(1) { network in
      let dht = DHT(DHT.loopback())
      dht.bootstrap(to: "no-such-host.invalid", await network.first.host)
      try await dht.start()
      try await dht.waitUntilConnected(timeout: .seconds(5))
      #expect(await dht.resolve("no-such-host.invalid") == [])
      await #expect(throws: DHTError.cannotResolve("no-such-host.invalid")) {
        try await dht.ping("no-such-host.invalid")
      }
      await dht.stop()
    }
  }

  @Test("status updates begin with the status now, and end with the node") func statusUpdates() async throws {
    try await Neighbourhood.run(1) { network in
      var configuration = DHT.loopback()
      configuration.bootstrap = [await network.first.host]
      let dht = DHT(configuration)
      try await dht.start()
      let seen = Task {
        var seen: [Status] = []
        for await status in dht.statusUpdates { seen.append(status.ipv4) }
        return seen
      }
      try await dht.waitUntilConnected()
      try await Task.sleep(for: .milliseconds(50))
      await dht.stop()
      let statuses = await seen.value
      #expect(statuses.contains(.connected) && statuses.count <= 3, "\(statuses)")
    }
  }

  @Test("N-160: message statistics can be read and reset") func statistics() async throws {
    try await Neighbourhood.run(2) { network in
      let dht = network.first
      let first = await dht.takeCounters()
      #expect(first.received.ping > 0)
      try await network.nodes[1].put(Value("x"), at: key)
      let second = await dht.takeCounters()
      #expect(second.received.put == 1 && second.received.ping == 0)
      #expect(await dht.takeCounters().received.put == 0)
      #expect(await dht.counters.received.put == 1)
    }
  }

  @Test("leaving the loop cancels the listen within a turn of the loop") func leavingTheLoop() async throws {
    try await Neighbourhood.run(2) { network in
      let (a, b) = (network.nodes[0], network.nodes[1])
      try await a.put(Value("one"), at: key)
      for await _ in b.listen(to: key) {
        #expect(await b.storage(at: key).map(\.localListeners) == [1])
        break
      }
      #expect(await b.storage(at: key).allSatisfy { $0.localListeners == 0 })
    }
  }
}

extension Ending {
  var asError: DHTError? {
    switch self {
    case .completed: nil
    case .isolated: .isolated
    case .throttled: .throttled
    case .timedOut: .timedOut
    case .cancelled: .cancelled
    case .replaced: .replaced
    case .invalid(let reason): .invalid(reason)
    }
  }
}

extension DHT {
  /// Where a stopped node was: a port that nobody has.
  fileprivate var hostOrNowhere: Host { get async { Host(name: "127.0.0.1", port: 9) } }
}
