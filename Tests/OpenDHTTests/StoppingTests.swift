@testable import OpenDHT
import DHTCore
import Testing

/// What a node does about others, and about its memory, when it ends or waits.
@Suite(.timeLimit(.minutes(1)))
struct StoppingTests {
  private let key = InfoHash(hashing: "kept")

  @Test(
    "a node that maintains storage passes on what it keeps before it stops; another does not",
    arguments: [true, false])
  func passesOn(maintains: Bool) async throws {
    try await Neighbourhood.run(1, { $0.node.maintainsStorage = maintains }) { network in
      let keeper = network.first
      let writer = DHT(await loopback(to: keeper))
      try await writer.start()
      try await writer.put(Value("kept", id: 7), at: key)
      await writer.stop()
      let heir = DHT(await loopback(to: keeper))
      try await heir.start()
      try await heir.waitUntilConnected()
      // The keeper knows it, too.
      while await !keeper.goodNodes(.ipv4).contains(where: { $0.id == heir.nodeID }) { await Task.yield() }
      #expect(await heir.localValues(at: key).isEmpty)
      let time = await elapsed { await keeper.stop() }
      #expect(await heir.localValues(at: key).map(\.id) == (maintains ? [7] : []))
      #expect(time < .seconds(6), "\(time)")
      await heir.stop()
    }
  }

  @Test("while it passes on, a node takes nothing new; a second stop waits for the same end") func stopping()
    async throws
  {
    try await Neighbourhood.run(1, { $0.node.maintainsStorage = true }) { network in
      let keeper = network.first
      let writer = DHT(await loopback(to: keeper))
      try await writer.start()
      try await writer.put(Value("kept"), at: key)
      // Gone without a word: the keeper passes on to nobody who answers.
      await writer.stop()
      let time = await elapsed {
        async let first: Void = keeper.stop()
        async let second: Void = keeper.stop()
        _ = await (first, second)
      }
      #expect(time < .seconds(7), "\(time)")
      await #expect(throws: DHTError.notRunning) { try await keeper.get(key) }
      try await keeper.start()
    }
  }

  @Test("who waited and was answered is forgotten, however long it would have waited") func forgotten() async throws {
    try await Neighbourhood.run(1, { $0.bootstrap = ["127.0.0.1:9"] }) { network in
      let dht = network.first
      weak var connecting: Waiting<Result<Void, DHTError>>?
      weak var draining: Waiting<Bool>?
      do {
        let waiting = Waiting<Result<Void, DHTError>>(cancelled: .failure(.cancelled))
        await dht.onLoop { $0.waitUntilConnected(timeout: .seconds(3600), waiting) }
        waiting.answer(.failure(.cancelled))
        connecting = waiting
        let put = Task { try await dht.put(Value("x"), at: key) }
        while await dht.ongoingOperations == 0 { await Task.yield() }
        let drain = Waiting<Bool>(cancelled: false)
        await dht.onLoop { $0.drain(timeout: .seconds(3600), drain) }
        drain.answer(false)
        draining = drain
        put.cancel()
        _ = await put.result
      }
      await dht.onLoop { _ in }
      #expect(connecting == nil && draining == nil)
    }
  }

  private func loopback(to other: DHT) async -> DHT.Configuration {
    var configuration = DHT.loopback()
    configuration.bootstrap = [await other.host]
    return configuration
  }
}
