import DHTProxyClient
import DHTProxyMessages
import NIOConcurrencyHelpers
import NIOCore
import OpenDHT
import Testing

@Suite("Listens over a proxy", .timeLimit(.minutes(4)))
struct ListenTests {
  private let one = Value("one", id: 1)
  private let two = Value("two", id: 2)
  private let three = Value("three", id: 3)

  /// How a connection may end.
  enum End: CaseIterable {
    case lastChunk, lastChunkAndClose, fin, reset, malformedChunk, silence

    func apply(to connection: ScriptedServer.Connection) {
      switch self {
      case .lastChunk: connection.send("0\r\n\r\n")
      case .lastChunkAndClose:
        connection.send("0\r\n\r\n")
        connection.close()
      case .fin: connection.close()
      case .reset: connection.reset()
      case .malformedChunk: connection.send("zz\r\n")
      // Heartbeats, and then none any more.
      case .silence:
        for beat in 0..<4 { connection.later(.milliseconds(100 * Int64(beat))) { connection.chunk(" ") } }
      }
    }
  }

  @Test("X-73, X-81: a listen goes on after every kind of end; what is gone expires once", arguments: End.allCases)
  func resumes(_ end: End) async throws {
    let standIn = StandIn()
    let key = InfoHash.random()
    standIn.set(key, [one, two])
    try await ScriptedServer.run(standIn.script) { server in
      try await server.withClient { dht in
        var changes = dht.listen(to: key).makeAsyncIterator()
        #expect(await changes.next(isolation: nil) == .added(one))
        #expect(await changes.next(isolation: nil) == .added(two))
        standIn.set(key, [two, three])
        for connection in standIn.takeListens(key) { end.apply(to: connection) }
        // The order of both is not said: one comes by the listen, the other by a get.
        let news = [await changes.next(isolation: nil), await changes.next(isolation: nil)]
        #expect(news.contains(.added(three)) && news.contains(.expired(one)), "\(end): \(news)")
        // Nothing is told twice: the next thing told is what we tell now.
        for connection in standIn.takeListens(key) {
          connection.chunk(Value("four", id: 4).line)
        }
        #expect(await changes.next(isolation: nil) == .added(Value("four", id: 4)))
        #expect(server.count("GET", "/key/\(key)/listen") == 2)
      }
    }
  }

  @Test("X-73: chunks in odd places, blanks, unknown lines")
  func oddChunks() async throws {
    let standIn = StandIn()
    let key = InfoHash.random()
    try await ScriptedServer.run(standIn.script) { server in
      try await server.withClient { dht in
        var changes = dht.listen(to: key).makeAsyncIterator()
        #expect(await eventually { server.count("GET", "/key/\(key)/listen") == 1 })
        #expect(await eventually { server.openConnections >= 1 })
        let connection = try #require(standIn.takeListens(key).first)
        for byte in one.line { connection.chunk(String(byte)) }
        #expect(await changes.next(isolation: nil) == .added(one))
        connection.chunk(" ")
        connection.chunk("{}\n\n nonsense\n{\"event\":\"x\"}\n" + two.line)
        #expect(await changes.next(isolation: nil) == .added(two))
        connection.chunk(one.goneLine)
        connection.chunk(one.goneLine)
        connection.chunk(one.line)
        #expect(await changes.next(isolation: nil) == .expired(one))
        #expect(await changes.next(isolation: nil) == .added(one))
      }
    }
  }

  @Test("X-76, X-77: a second listener opens no request; the last cancel closes the connection")
  func shared() async throws {
    let standIn = StandIn()
    let key = InfoHash.random()
    standIn.set(key, [one])
    try await ScriptedServer.run(standIn.script) { server in
      try await server.withClient { dht in
        let first = dht.listen(to: key)
        var changes = first.makeAsyncIterator()
        #expect(await changes.next(isolation: nil) == .added(one))
        let second = dht.listen(to: key, where: [.id(1)])
        var others = second.makeAsyncIterator()
        #expect(await others.next(isolation: nil) == .added(one))
        #expect(server.count("GET", "/key/\(key)/listen") == 1)
        let open = server.openConnections
        first.cancel()
        standIn.takeListens(key).first?.chunk(one.goneLine)
        #expect(await others.next(isolation: nil) == .expired(one))
        #expect(server.openConnections == open)
        second.cancel()
        #expect(await eventually { server.openConnections == open - 1 })
      }
    }
  }

  @Test("X-77: a key that is listened to again at once has one new connection, and the proxy is not doubted")
  func again() async throws {
    let standIn = StandIn()
    let key = InfoHash.random()
    standIn.set(key, [one])
    try await ScriptedServer.run(standIn.script) { server in
      try await server.withClient { dht in
        let first = dht.listen(to: key)
        var changes = first.makeAsyncIterator()
        #expect(await changes.next(isolation: nil) == .added(one))
        let looks = server.count("GET", "/node/info")
        first.cancel()
        var others = dht.listen(to: key).makeAsyncIterator()
        #expect(await others.next(isolation: nil) == .added(one))
        // A second one would come at once, with a look.
        try await Task.sleep(for: .milliseconds(1500))
        #expect(server.count("GET", "/key/\(key)/listen") == 2)
        #expect(server.count("GET", "/node/info") == looks)
      }
    }
  }

  @Test("X-78: a listen and a get show only what was asked for")
  func filtered() async throws {
    let standIn = StandIn()
    let key = InfoHash.random()
    standIn.set(key, [one, Value([1], userType: "other", id: 2), three])
    try await ScriptedServer.run(standIn.script) { server in
      try await server.withClient { dht in
        let found = try await dht.get(key, where: [.userType("other")])
        #expect(found.values.map(\.id) == [2])
        #expect(found.sources == [.proxy])
        var changes = dht.listen(to: key, where: [.id(3)]).makeAsyncIterator()
        #expect(await changes.next(isolation: nil) == .added(three))
      }
    }
  }

  @Test("X-75: a server that takes each listen and drops it is asked at most once a second")
  func pace() async throws {
    let standIn = StandIn()
    let key = InfoHash.random()
    try await ScriptedServer.run { request, connection in
      if request.path.hasSuffix("/listen") {
        connection.beginChunked()
        connection.close()
      } else {
        standIn.script(request, connection)
      }
    } _: { server in
      try await server.withClient { dht in
        let listen = dht.listen(to: key)
        #expect(await eventually { server.times(of: "/key/\(key)/listen").count >= 4 })
        listen.cancel()
        let times = server.times(of: "/key/\(key)/listen")
        // Counted, not timed: on a busy machine a request arrives late, and the next one does not.
        let seconds = Int((ContinuousClock.now - (server.accepts.first ?? .now)).components.seconds) + 1
        #expect(times.count <= seconds + 1)
        #expect(server.times(of: "/node/info").count <= seconds + 1)
      }
    }
  }

  @Test("X-73: a server that hangs, and never sent a heartbeat, is noticed")
  func hanging() async throws {
    let standIn = StandIn()
    let key = InfoHash.random()
    let hangs = NIOLockedValueBox(false)
    try await ScriptedServer.run { request, connection in
      if !hangs.withLockedValue({ $0 }) { standIn.script(request, connection) }
    } _: { server in
      let quick: (inout ProxyConfiguration) -> Void = {
        $0.limits.watchInterval = .milliseconds(300)
        $0.limits.checking = .milliseconds(300)
      }
      try await server.withClient(quick) { dht in
        var changes = dht.listen(to: key).makeAsyncIterator()
        #expect(await eventually { server.count("GET", "/key/\(key)/listen") == 1 })
        hangs.withLockedValue { $0 = true }
        #expect(await eventually { await dht.status.best != .connected })
        hangs.withLockedValue { $0 = false }
        standIn.set(key, [one])
        #expect(await changes.next(isolation: nil) == .added(one))
        #expect(server.count("GET", "/key/\(key)/listen") == 2)
      }
    }
  }

  @Test("A look that is answered with a refusal leaves alone what streams", arguments: [429, 503])
  func refusedLook(_ status: Int) async throws {
    let standIn = StandIn()
    let key = InfoHash.random()
    standIn.set(key, [one])
    let isRefusing = NIOLockedValueBox(false)
    try await ScriptedServer.run { request, connection in
      guard request.path == "/node/info", isRefusing.withLockedValue({ $0 }) else {
        return standIn.script(request, connection)
      }
      connection.answer(status, "")
    } _: { server in
      try await server.withClient({ $0.limits.watchInterval = .milliseconds(300) }) { dht in
        var changes = dht.listen(to: key).makeAsyncIterator()
        #expect(await changes.next(isolation: nil) == .added(one))
        isRefusing.withLockedValue { $0 = true }
        #expect(await eventually { await dht.status.best != .connected })
        for connection in standIn.takeListens(key) { connection.chunk(two.line) }
        #expect(await changes.next(isolation: nil) == .added(two))
        isRefusing.withLockedValue { $0 = false }
        #expect(await eventually { await dht.status.best == .connected })
        #expect(server.count("GET", "/key/\(key)/listen") == 1)
      }
    }
  }

  @Test("The end of one connection holds up nobody else")
  func otherGoesOn() async throws {
    let standIn = StandIn()
    let key = InfoHash.random()
    let isMute = NIOLockedValueBox(false)
    try await ScriptedServer.run { request, connection in
      if request.path == "/node/info", isMute.withLockedValue({ $0 }) { return }
      standIn.script(request, connection)
    } _: { server in
      try await server.withClient { dht in
        let listen = dht.listen(to: key)
        #expect(await eventually { server.count("GET", "/key/\(key)/listen") == 1 })
        let looks = server.count("GET", "/node/info")
        isMute.withLockedValue { $0 = true }
        for connection in standIn.takeListens(key) { End.lastChunk.apply(to: connection) }
        #expect(await eventually { server.count("GET", "/node/info") > looks })
        let result = try await dht.get(.random(), deadline: .seconds(5))
        #expect(result.outcome.ending == .completed)
        listen.cancel()
      }
    }
  }

  @Test("When the network changes, connections begin anew")
  func networkChanged() async throws {
    let standIn = StandIn()
    let key = InfoHash.random()
    standIn.set(key, [one])
    try await ScriptedServer.run(standIn.script) { server in
      try await server.withClient { dht in
        var changes = dht.listen(to: key).makeAsyncIterator()
        #expect(await changes.next(isolation: nil) == .added(one))
        _ = try await dht.get(key)
        let accepts = server.accepts.count
        dht.connectivityChanged()
        #expect(await eventually { server.count("GET", "/key/\(key)/listen") == 2 })
        _ = try await dht.get(key)
        #expect(server.accepts.count >= accepts + 3)
        standIn.set(key, [one, two])
        for connection in standIn.takeListens(key) { connection.chunk(two.line) }
        #expect(await changes.next(isolation: nil) == .added(two))
      }
    }
  }

  @Test("A listen that may not be ends with the status")
  func refused() async throws {
    let standIn = StandIn()
    try await ScriptedServer.run(standIn.script) { server in
      try await server.withClient { dht in
        standIn.refuse(403)
        let listen = dht.listen(to: .random())
        #expect(await listen.ending == .invalid(.refusedByProxy(status: 403)))
      }
    }
  }
}
