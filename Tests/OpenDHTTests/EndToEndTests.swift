import OpenDHT
import Testing

/// Real nodes on real sockets of the loopback.
@Suite(.timeLimit(.minutes(1)))
struct EndToEndTests {
  private let key = InfoHash(hashing: "end to end")

  @Test("two nodes: put, get, first value, query, ping", arguments: AddressFamily.allCases)
  func twoNodes(family: AddressFamily) async throws {
    try await Neighbourhood.run(2, families: [family]) { network in
      let (a, b) = (network.nodes[0], network.nodes[1])
      let receipt = try await b.put(Value("hello"), at: key)
      #expect(receipt.ending == .completed && receipt.stored.map(\.id) == [a.nodeID] && receipt.valueID != 0)

      let found = try await a.get(key)
      #expect(found.values.map(\.text) == ["hello"] && found.values.map(\.id) == [receipt.valueID])
      #expect(try await b.value(at: key)?.text == "hello")
      #expect(try await b.get(key, where: [.userType("other")]).values.isEmpty)

      var records: [FieldRecord] = []
      for await record in a.query(Query(select: [.id]), at: key) { records.append(record) }
      #expect(Set(records.map(\.id)) == [receipt.valueID])

      let pong = try await a.ping(await b.host)
      #expect(pong.node?.id == b.nodeID && pong.roundTrip != nil)
      #expect(await a.status.best == .connected)
      #expect(await a.goodNodes(family).map(\.id) == [b.nodeID])
      #expect(await a.localValues(at: key).count == 1)
      #expect(await a.storage(at: key).count == 1)
    }
  }

  @Test("eight nodes: what one puts, every one finds") func eightNodes() async throws {
    try await Neighbourhood.run(8) { network in
      for (index, dht) in network.nodes.enumerated() {
        let receipt = try await dht.put(
          Value("from \(index)"), at: InfoHash(hashing: "key \(index)"), verify: index == 3)
        #expect(receipt.stored.count == 7 && receipt.failed.isEmpty, "\(receipt)")
        #expect(receipt.isVerified == (index == 3))
      }
      for reader in network.nodes {
        for index in network.nodes.indices {
          let found = try await reader.get(InfoHash(hashing: "key \(index)"))
          #expect(found.values.map(\.text) == ["from \(index)"])
          #expect(found.outcome.ending == .completed && found.sources.count == 1)
        }
      }
      let empty = try await network.first.get(InfoHash(hashing: "nothing here"))
      #expect(empty.values.isEmpty && empty.outcome.ending == .completed && empty.outcome.answered == 7)
    }
  }

  @Test("a value of 65,000 bytes travels in parts") func largeValue() async throws {
    try await Neighbourhood.run(4) { network in
      let data: [UInt8] = (0..<65_000).map { (i: Int) in UInt8(truncatingIfNeeded: (i &* 31) >> 3) }
      try await network.nodes[1].put(Value(data, userType: "blob"), at: key, verify: true)
      #expect(try await network.nodes[3].value(at: key)?.data == data)
      let tooLarge = Value([UInt8](repeating: 0, count: 70_000))
      await #expect {
        try await network.first.put(tooLarge, at: key)
      } throws: { error in
        if case .invalid(.valueTooLarge)? = error as? DHTError { true } else { false }
      }
    }
  }

  @Test("N-106: a listen tells of what is there, what comes and what goes") func listen() async throws {
    try await Neighbourhood.run(4) { network in
      let (writer, reader) = (network.nodes[1], network.nodes[2])
      try await writer.put(Value("before", id: 1), at: key)
      var texts: [String] = []
      for await change in reader.listen(to: key) {
        switch change {
        case .added(let value): texts.append("+\(value.text ?? "?")")
        case .updated(let value): texts.append("=\(value.text ?? "?")")
        case .expired(let value): texts.append("-\(value.text ?? "?")")
        }
        if texts.count == 1 { try await writer.put(Value("after", id: 2), at: key) }
        if texts.count == 2 { try await reader.put(Value("local", id: 3), at: key, permanent: true) }
        if texts.count == 3 { break }
      }
      #expect(texts == ["+before", "+after", "+local"])
      #expect(await reader.announcedValues(at: key).map(\.id) == [3])
      #expect(await reader.cancelPut(3, at: key))
      #expect(await reader.cancelPut(3, at: key) == false)
    }
  }

  @Test("N-149: a loop over changes may start any operation") func nested() async throws {
    try await Neighbourhood.run(3) { network in
      let dht = network.nodes[1]
      try await dht.put(Value("go"), at: key)
      for await change in dht.listen(to: key) {
        guard case .added = change else { continue }
        #expect(try await dht.get(key).values.count == 1)
        try await dht.put(Value("nested"), at: InfoHash(hashing: "other"))
        break
      }
      #expect(try await network.nodes[2].value(at: InfoHash(hashing: "other"))?.text == "nested")
    }
  }

  @Test("a trace tells who was asked and what each answered") func trace() async throws {
    try await Neighbourhood.run(5) { network in
      try await network.first.put(Value("traced"), at: key)
      let trace = network.nodes[4].trace(key)
      var asked: Set<InfoHash> = [], answered: Set<InfoHash> = []
      for await step in trace {
        switch step.kind {
        case .asked: asked.insert(step.node.id)
        case .answered: answered.insert(step.node.id)
        case .late, .silent, .refused: Issue.record("\(step)")
        }
      }
      #expect(asked.count == 4 && answered == asked)
      #expect(await trace.outcome.ending == .completed)
    }
  }

  @Test("N-57, N-143: without any node a put and a get fail at once; N-59: what is stored here is still found")
  func isolated() async throws {
    try await Neighbourhood.run(1) { network in
      let dht = network.first
      let time = await elapsed {
        await #expect(throws: DHTError.isolated) { try await dht.get(InfoHash(hashing: "x")) }
        await #expect(throws: DHTError.isolated) { try await dht.put(Value("kept"), at: key) }
      }
      #expect(time < .seconds(6))  // a silent node takes 7 s and more
      let kept = try await dht.get(key)
      #expect(kept.values.map(\.text) == ["kept"] && kept.sources == [.local] && kept.outcome.ending == .isolated)
    }
  }

  @Test("N-64: the zero key is refused") func zeroKey() async throws {
    try await Neighbourhood.run(2) { network in
      await #expect(throws: DHTError.invalid(.zeroKey)) { try await network.first.get(.zero) }
      await #expect(throws: DHTError.invalid(.zeroKey)) { try await network.first.put(Value("x"), at: .zero) }
      #expect(await network.first.listen(to: .zero).ending == .invalid(.zeroKey))
    }
  }

  @Test("N-107: on one family, a listen tells of local puts without any network, and ends") func lonelyListen()
    async throws
  {
    try await Neighbourhood.run(1, families: [.ipv6]) { network in
      let changes = network.first.listen(to: key)
      await #expect(throws: DHTError.isolated) { try await network.first.put(Value("local"), at: key) }
      for await change in changes {
        guard case .added(let value) = change else { continue }
        #expect(value.text == "local")
        break
      }
      changes.cancel()
      #expect(await changes.ending == .cancelled)
    }
  }

  @Test("N-5: nodes of different networks do not meet") func networks() async throws {
    try await Neighbourhood.run(1) { network in
      var configuration = DHT.loopback()
      configuration.network = 7
      configuration.bootstrap = [await network.first.host]
      let stranger = DHT(configuration)
      try await stranger.start()
      await #expect(throws: DHTError.timedOut) { try await stranger.waitUntilConnected(timeout: .milliseconds(300)) }
      #expect(await network.first.counters.otherNetwork > 0)
      await stranger.stop()
    }
  }
}
