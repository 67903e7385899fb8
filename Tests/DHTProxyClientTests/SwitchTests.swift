import DHTProxyClient
import OpenDHT
import Testing

@Suite("From UDP to a proxy and back", .timeLimit(.minutes(4)))
struct SwitchTests {
  private let one = Value("one", id: 1)
  private let two = Value("two", id: 2)
  private let three = Value("three", id: 3)

  /// Two nodes of the loopback, the second one with the first as its entry point.
  private func withNodes(_ body: (_ first: DHT, _ second: DHT) async throws -> Void) async throws {
    var configuration = DHT.Configuration(bindIPv4: IPAddress(ipv4: 0x7f00_0001))
    configuration.node.families = [.ipv4]
    let first = DHT(configuration)
    try await first.start()
    configuration.bootstrap = [Host(name: "127.0.0.1", port: await first.boundPorts.ipv4 ?? 0)]
    let second = DHT(configuration)
    try await second.start()
    do {
      try await second.waitUntilConnected()
      try await body(first, second)
    } catch {
      await second.stop()
      await first.stop()
      throw error
    }
    await second.stop()
    await first.stop()
  }

  @Test("A listen goes on with the view it had; permanent values are put again; ids follow the backend")
  func roundTrip() async throws {
    let standIn = StandIn()
    let key = InfoHash.random()
    try await withNodes { first, dht in
      try await first.put(one, at: key)
      try await first.put(two, at: key)
      let nodeID = dht.nodeID
      var changes = dht.listen(to: key).makeAsyncIterator()
      let seen = [await changes.next(isolation: nil), await changes.next(isolation: nil)]
      #expect(Set(seen.compactMap { $0 }) == [.added(one), .added(two)])
      try await dht.put(Value("stays", id: 9), at: .random(), permanent: true)

      // The proxy's network knows the second and a third.
      standIn.set(key, [two, three])
      try await ScriptedServer.run(standIn.script) { server in
        try await dht.switch(to: .proxy(server.proxy()))
        let news = [await changes.next(isolation: nil), await changes.next(isolation: nil)]
        #expect(Set(news.compactMap { $0 }) == [.added(three), .expired(one)])
        try await dht.waitUntilConnected()
        #expect(dht.nodeID == standIn.nodeID)
        #expect(await dht.boundPorts == BoundPorts())
        #expect(await eventually { server.requests.contains { $0.method == "POST" && $0.body.contains(#""id":"9""#) } })

        try await dht.switch(to: .udp)
        #expect(dht.nodeID == nodeID)
        let back = [await changes.next(isolation: nil), await changes.next(isolation: nil)]
        #expect(Set(back.compactMap { $0 }) == [.added(one), .expired(three)])
        #expect(await eventually { server.openConnections == 0 })
      }
      try await first.put(Value("four", id: 4), at: key)
      #expect(await changes.next(isolation: nil) == .added(Value("four", id: 4)))
    }
  }

  @Test("Gets and puts that run begin again at the new backend; what was delivered does not come again")
  func running() async throws {
    let standIn = StandIn()
    let key = InfoHash.random()
    standIn.set(key, [one, two])
    try await ScriptedServer.run { [one] request, connection in
      // A proxy that tells of one value and then stays silent, and never answers a put.
      if request.path == "/node/info" { return standIn.script(request, connection) }
      guard request.method == "GET" else { return }
      connection.beginChunked()
      connection.chunk(one.line)
    } _: { stuck in
      try await ScriptedServer.run(standIn.script) { server in
        try await stuck.withClient { dht in
          let found = dht.values(at: key)
          var values = found.makeAsyncIterator()
          #expect(await values.next(isolation: nil) == one)
          async let receipt = dht.put(three, at: key)
          #expect(await eventually { stuck.requests.contains { $0.method == "POST" } })
          try await dht.switch(to: .proxy(server.proxy()))
          #expect(await values.next(isolation: nil) == two)
          #expect(try await receipt.isStored)
          var rest: [Value] = []
          while let value = await values.next(isolation: nil) { rest.append(value) }
          #expect(rest.allSatisfy { $0 == three })
          #expect(await found.outcome.ending == .completed)
        }
      }
    }
  }

  @Test("A permanent value that one proxy refuses is put at the next; a refused edit leaves the value that was there")
  func refusedValues() async throws {
    let (standIn, refusing, last) = (StandIn(), StandIn(), StandIn())
    let key = InfoHash.random()
    try await ScriptedServer.run(standIn.script) { first in
      try await ScriptedServer.run(refusing.script) { second in
        try await ScriptedServer.run(last.script) { third in
          try await first.withClient { dht in
            try await dht.put(one, at: key, permanent: true)
            standIn.refuse(403)
            await #expect(throws: DHTError.self) { try await dht.put(Value("edit", id: 1), at: key, permanent: true) }
            #expect(await dht.announcedValues(at: key) == [one])
            refusing.refuse(403)
            try await dht.switch(to: .proxy(second.proxy()))
            #expect(await eventually { second.count("POST", "/key/\(key)") == 1 })
            #expect(await eventually { await dht.announcedValues(at: key).isEmpty })
            try await dht.switch(to: .proxy(third.proxy()))
            #expect(await eventually { last.values("\(key)") == [one] })
            #expect(await dht.cancelPut(1, at: key))
          }
        }
      }
    }
  }

  @Test("A backend that cannot be started leaves the old one in place")
  func refused() async throws {
    try await withNodes { first, dht in
      var proxy = try ProxyConfiguration("https://localhost")
      proxy.trust = .file("/nonexistent")
      await #expect(throws: DHTError.self) { try await dht.switch(to: .proxy(proxy)) }
      try await dht.put(one, at: InfoHash(hashing: "still there"))
      #expect(try await first.get(InfoHash(hashing: "still there")).values == [one])
      try await dht.switch(to: .udp)
    }
    let stopped = DHT()
    await #expect(throws: DHTError.notRunning) { try await stopped.switch(to: .udp) }
  }

  @Test("Switches and stops at once end in some order, and nothing hangs")
  func crossing() async throws {
    let standIn = StandIn()
    try await withNodes { _, dht in
      try await ScriptedServer.run(standIn.script) { server in
        let proxy = try server.proxy()
        await withTaskGroup { group in
          for number in 0..<6 {
            group.addTask { try? await dht.switch(to: number.isMultiple(of: 2) ? .proxy(proxy) : .udp) }
          }
        }
        try await dht.switch(to: .proxy(proxy))
        async let switched: ()? = try? await dht.switch(to: .udp)
        async let stopped: () = dht.stop()
        _ = await (switched, stopped)
        await dht.stop()
        await #expect(throws: DHTError.notRunning) { try await dht.get(.random()) }
        #expect(await eventually { server.openConnections == 0 })
      }
    }
  }
}
