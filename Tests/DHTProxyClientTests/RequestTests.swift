import DHTProxyClient
import DHTProxyMessages
import NIOConcurrencyHelpers
import NIOCore
import OpenDHT
import Testing

@Suite("Requests to a proxy", .timeLimit(.minutes(4)))
struct RequestTests {
  @Test("X-72: a put goes to /key/KEY with an id of ours; empty data is left out; the receipt names the proxy")
  func put() async throws {
    let standIn = StandIn()
    let key = InfoHash.random()
    try await ScriptedServer.run(standIn.script) { server in
      try await server.withClient { dht in
        #expect(dht.nodeID == standIn.nodeID)
        let receipt = try await dht.put(Value([]), at: key)
        #expect(receipt.proxy == standIn.nodeID)
        #expect(receipt.isStored && receipt.stored.isEmpty && !receipt.isStoredLocally)
        #expect(receipt.valueID != 0)
        let request = try #require(server.requests.first { $0.method == "POST" })
        #expect(request.path == "/key/\(key)")
        #expect(request.body == #"{"id":"\#(receipt.valueID)","type":0}"#)
        #expect(request.head.contains("Content-Length: \(request.body.utf8.count)"))
        #expect(request.head.contains("User-Agent: opendht-swift/"))
        #expect(try await dht.put(Value("x", id: 5), at: key, verify: true).isVerified)
        #expect(try await dht.get(key).values.count == 2)
      }
    }
  }

  @Test("A put that the proxy could not do is told as such", arguments: [502, 429, 413, 503])
  func putFails(_ status: Int) async throws {
    let standIn = StandIn()
    try await ScriptedServer.run(standIn.script) { server in
      try await server.withClient { dht in
        standIn.refuse(status)
        let expected: DHTError =
          switch status {
          case 502: .notStored(PutReceipt(ending: .completed, valueID: 5))
          case 429: .throttled
          case 413: .invalid(.refusedByProxy(status: 413))
          default: .isolated
          }
        await #expect(throws: expected) { try await dht.put(Value("x", id: 5), at: .random()) }
      }
    }
  }

  @Test("A put whose answer is lost is sent once more, with the same id")
  func putAgain() async throws {
    let standIn = StandIn()
    let drops = NIOLockedValueBox(1)
    try await ScriptedServer.run { request, connection in
      let isDropped =
        request.method == "POST"
        && drops.withLockedValue { count in
          defer { count -= 1 }
          return count > 0
        }
      if isDropped { connection.close() } else { standIn.script(request, connection) }
    } _: { server in
      try await server.withClient { dht in
        let receipt = try await dht.put(Value("x"), at: .random())
        let posts = server.requests.filter { $0.method == "POST" }
        #expect(posts.count == 2)
        #expect(Set(posts.map(\.body)).count == 1)
        #expect(posts[0].body.contains("\(receipt.valueID)"))
      }
    }
  }

  @Test("A get that is cut off begins again and delivers no value twice")
  func getAgain() async throws {
    let standIn = StandIn()
    let key = InfoHash.random()
    standIn.set(key, [Value("one", id: 1), Value("two", id: 2)])
    let cuts = NIOLockedValueBox(1)
    try await ScriptedServer.run { request, connection in
      let isCut =
        request.path == "/key/\(key)"
        && cuts.withLockedValue { count in
          defer { count -= 1 }
          return count > 0
        }
      guard isCut else { return standIn.script(request, connection) }
      connection.beginChunked()
      connection.chunk(Value("one", id: 1).line)
      connection.later(.milliseconds(100)) { connection.reset() }
    } _: { server in
      try await server.withClient { dht in
        let result = try await dht.get(key)
        #expect(result.values.map(\.id).sorted() == [1, 2])
        #expect(result.outcome.ending == .completed)
        #expect(server.count("GET", "/key/\(key)") == 2)
      }
    }
  }

  @Test("Operations end at their deadline, whatever the server does")
  func deadlines() async throws {
    let standIn = StandIn()
    try await ScriptedServer.run { request, connection in
      if request.path == "/node/info" { standIn.script(request, connection) }
    } _: { server in
      try await server.withClient { dht in
        let time = await ContinuousClock().measure {
          await #expect(throws: DHTError.timedOut) { try await dht.get(.random(), deadline: .milliseconds(300)) }
        }
        #expect(time < .seconds(5))
        await #expect(throws: DHTError.timedOut) {
          try await dht.put(Value("x"), at: .random(), deadline: .milliseconds(300))
        }
      }
      try await server.withClient({ $0.limits.answering = .milliseconds(200) }) { dht in
        await #expect(throws: DHTError.isolated) { try await dht.get(.random()) }
      }
    }
  }

  @Test("X-71: a family without address is disconnected, the other one usable")
  func families() async throws {
    let standIn = StandIn()
    try await ScriptedServer.run(standIn.script) { server in
      try await server.withClient { dht in
        #expect(await dht.status == NodeStatus(ipv4: .connected, ipv6: .disconnected))
        #expect(await dht.boundPorts == BoundPorts())
        #expect(await dht.statistics(.ipv4).good == 3)
      }
      var configuration = DHT.Configuration()
      configuration.backend = .proxy(try ProxyConfiguration("http://localhost:\(server.port)"))
      let dht = DHT(configuration)
      try await dht.start()
      try await dht.waitUntilConnected()
      #expect(await dht.status.ipv4 == .connected)
      await dht.stop()
    }
  }

  @Test("X-71: nobody there: operations wait for the look, then fail")
  func unreachable() async throws {
    let port = try await ScriptedServer.run({ _, _ in }) { $0.port }
    var configuration = DHT.Configuration()
    configuration.backend = .proxy(try ProxyConfiguration("127.0.0.1:\(port)"))
    let dht = DHT(configuration)
    try await dht.start()
    await #expect(throws: DHTError.isolated) { try await dht.get(.random()) }
    await #expect(throws: DHTError.isolated) { try await dht.put(Value("x"), at: .random()) }
    #expect(await dht.status.best != .connected)
    await dht.stop()
  }

  @Test("X-75: however many operations are asked of a server that is away, it is asked once a second")
  func manyWhileAway() async throws {
    try await ScriptedServer.run { _, connection in
      connection.close()
    } _: { server in
      try await server.withClient(isConnected: false) { dht in
        let end = ContinuousClock.now + .seconds(3)
        try await withThrowingTaskGroup { group in
          for _ in 0..<50 {
            group.addTask {
              while ContinuousClock.now < end {
                await #expect(throws: DHTError.isolated) { try await dht.get(.random()) }
              }
            }
          }
          try await group.waitForAll()
        }
        #expect(server.accepts.count <= 6, "\(server.accepts.count)")
      }
    }
  }

  @Test("A burst of slow gets is served in turn: no look and no answer is late for want of a connection")
  func burst() async throws {
    let standIn = StandIn()
    let listened = InfoHash.random()
    try await ScriptedServer.run { request, connection in
      let isSlow = request.method == "GET" && request.path.hasPrefix("/key/") && !request.path.hasSuffix("/listen")
      guard isSlow else { return standIn.script(request, connection) }
      connection.later(.milliseconds(400)) { standIn.script(request, connection) }
    } _: { server in
      let short: (inout ProxyConfiguration) -> Void = {
        $0.limits.connections = 2
        $0.limits.answering = .seconds(2)
        $0.limits.checking = .seconds(2)
        $0.limits.watchInterval = .milliseconds(500)
      }
      try await server.withClient(short) { dht in
        let listen = dht.listen(to: listened)
        #expect(await eventually { server.count("GET", "/key/\(listened)/listen") == 1 })
        try await withThrowingTaskGroup { group in
          for _ in 0..<24 { group.addTask { try await dht.get(.random()).outcome.ending } }
          for try await ending in group { #expect(ending == .completed) }
        }
        #expect(await dht.status.best == .connected)
        #expect(server.count("GET", "/key/\(listened)/listen") == 1)
        #expect(server.requests.count { $0.method == "GET" && $0.path.hasPrefix("/key/") } == 25)
        listen.cancel()
      }
    }
  }

  @Test("Counts beyond any sense do no harm")
  func hostileCounts() async throws {
    let counts = #"{"good":9223372036854775807,"dubious":9223372036854775807,"table_depth":9223372036854775807}"#
    try await ScriptedServer.run { _, connection in
      connection.answer(200, #"{"ipv4":\#(counts),"ipv6":\#(counts),"node_id":"\#(InfoHash.random())"}"# + "\n")
    } _: { server in
      try await server.withClient { dht in
        #expect(await dht.status.best == .connected)
        #expect(await dht.statistics(.ipv4).good == Int(Int32.max))
      }
    }
  }

  @Test("X-74: after the server returns, listens go on and permanent values are put again")
  func restarted() async throws {
    let standIn = StandIn()
    let key = InfoHash.random()
    let first = try await ScriptedServer.start(standIn.script)
    let port = first.port
    try await first.withClient({ $0.secret = "S" }) { dht in
      let receipt = try await dht.put(Value("stays", id: 9), at: key, permanent: true)
      #expect(receipt.isStored)
      #expect(
        first.requests.last { $0.method == "POST" }?.body.contains(
          #""permanent":{"client_id":"","key":"","platform":"","secret":"S","session_id":"","topic":""}"#) == true)
      var changes = dht.listen(to: key).makeAsyncIterator()
      #expect(await changes.next(isolation: nil) == .added(Value("stays", id: 9)))
      await first.stop()
      #expect(await eventually { await dht.status.best != .connected })
      // The new one has forgotten everything.
      standIn.set(key, [])
      try await ScriptedServer.run(port: port, standIn.script) { second in
        #expect(await eventually(within: .seconds(30)) { second.count("POST", "/key/\(key)") >= 1 })
        #expect(await eventually(within: .seconds(30)) { second.count("GET", "/key/\(key)/listen") == 1 })
        #expect(await dht.announcedValues(at: key).map(\.id) == [9])
        try await dht.put(Value("new", id: 10), at: key)
        for connection in standIn.takeListens(key) {
          connection.chunk(Value("new", id: 10).line)
        }
        var news: [ListenChange?] = []
        repeat { news.append(await changes.next(isolation: nil)) } while news.last != .added(Value("new", id: 10))
        // It may have been seen to be away or not; told twice as added it was not.
        #expect(news.count { $0 == .expired(Value("stays", id: 9)) } <= 1)
        #expect(await dht.cancelPut(9, at: key))
        #expect(await eventually { second.count("DELETE", "/key/\(key)/9") == 1 })
        #expect(second.requests.last { $0.method == "DELETE" }?.body == #"{"secret":"S"}"#)
      }
    }
  }

  @Test("X-80: permanent values are put again before the server forgets them")
  func renewal() async throws {
    let standIn = StandIn()
    let key = InfoHash.random()
    try await ScriptedServer.run(standIn.script) { server in
      let short: (inout ProxyConfiguration) -> Void = {
        $0.limits.renewal = .seconds(1)
        $0.limits.renewalSpread = .milliseconds(500)
      }
      try await server.withClient(short) { dht in
        try await dht.put(Value("stays", id: 9), at: key, permanent: true)
        #expect(server.requests.last { $0.method == "POST" }?.body.contains(#""permanent":true"#) == true)
        #expect(await eventually { server.count("POST", "/key/\(key)") >= 3 })
        #expect(await dht.cancelPut(9, at: key))
        let count = server.count("POST", "/key/\(key)")
        try await Task.sleep(for: .milliseconds(1500))
        #expect(server.count("POST", "/key/\(key)") <= count + 1)
      }
    }
  }

  @Test("X-74: a server that was started anew meanwhile is told of permanent values again")
  func startedAnew() async throws {
    let key = InfoHash.random()
    let standIns = [StandIn(), StandIn()]
    let isAnew = NIOLockedValueBox(false)
    try await ScriptedServer.run { request, connection in
      standIns[isAnew.withLockedValue { $0 } ? 1 : 0].script(request, connection)
    } _: { server in
      try await server.withClient({ $0.limits.watchInterval = .milliseconds(200) }) { dht in
        try await dht.put(Value("stays", id: 9), at: key, permanent: true)
        isAnew.withLockedValue { $0 = true }
        #expect(await eventually { standIns[1].values("\(key)").count == 1 })
        #expect(dht.nodeID == standIns[1].nodeID)
      }
    }
  }

  @Test("X-74: a server that forgot its values within a moment, with the same node, is told of them again")
  func sameNode() async throws {
    let standIn = StandIn()
    let key = InfoHash.random()
    let listened = InfoHash.random()
    try await ScriptedServer.run(standIn.script) { server in
      try await server.withClient { dht in
        try await dht.put(Value("stays", id: 9), at: key, permanent: true)
        let listen = dht.listen(to: listened)
        #expect(await eventually { server.count("GET", "/key/\(listened)/listen") == 1 })
        standIn.set(key, [])
        for connection in standIn.takeListens(listened) { connection.reset() }
        #expect(await eventually { standIn.values("\(key)").count == 1 })
        listen.cancel()
      }
    }
  }

  @Test("X-75: a server that drops every put is not sent one after the other")
  func dropsPuts() async throws {
    let standIn = StandIn()
    let drops = NIOLockedValueBox(false)
    let keys = (0..<60).map { _ in InfoHash.random() }
    try await ScriptedServer.run { request, connection in
      if request.method == "POST", drops.withLockedValue({ $0 }) { return connection.close() }
      standIn.script(request, connection)
    } _: { server in
      try await server.withClient({ $0.limits.connections = 4 }) { dht in
        for key in keys { try await dht.put(Value("stays", id: 9), at: key, permanent: true) }
        drops.withLockedValue { $0 = true }
        let start = ContinuousClock.now
        await #expect(throws: DHTError.isolated) { try await dht.put(Value("x"), at: .random()) }
        try await Task.sleep(for: .seconds(2))
        // Three for the put; four at once at most, then one a second.
        let seconds = Int((ContinuousClock.now - start).components.seconds) + 1
        #expect(server.requests.count { $0.method == "POST" } <= 60 + 3 + 4 + seconds + 1)
      }
    }
  }

  @Test("A permanent put that timed out while it waited is sent later")
  func timedOutWaiting() async throws {
    let standIn = StandIn()
    let key = InfoHash.random()
    let isSlow = NIOLockedValueBox(true)
    try await ScriptedServer.run { request, connection in
      guard isSlow.withLockedValue({ $0 }) else { return standIn.script(request, connection) }
      connection.later(.milliseconds(600)) { standIn.script(request, connection) }
    } _: { server in
      try await server.withClient({ $0.limits.renewal = .seconds(20) }, isConnected: false) { dht in
        await #expect(throws: DHTError.timedOut) {
          try await dht.put(Value("stays", id: 9), at: key, permanent: true, deadline: .milliseconds(100))
        }
        isSlow.withLockedValue { $0 = false }
        #expect(await eventually { standIn.values("\(key)").count == 1 })
      }
    }
  }

  @Test("X-74: many permanent values are put again in turn, each once")
  func manyAgain() async throws {
    let standIn = StandIn()
    let keys = (0..<200).map { _ in InfoHash.random() }
    let first = try await ScriptedServer.start(standIn.script)
    let port = first.port
    try await first.withClient({ $0.limits.watchInterval = .milliseconds(500) }) { dht in
      try await withThrowingTaskGroup { group in
        for key in keys { group.addTask { try await dht.put(Value("stays", id: 9), at: key, permanent: true) } }
        for try await receipt in group { #expect(receipt.isStored) }
      }
      await first.stop()
      #expect(await eventually { await dht.status.best != .connected })
      try await ScriptedServer.run(port: port, standIn.script) { second in
        #expect(await eventually { keys.allSatisfy { second.count("POST", "/key/\($0)") == 1 } })
        #expect(second.accepts.count <= 16 + 2)
        #expect(await dht.cancelPut(9, at: keys[0]))
        #expect(await !dht.cancelPut(9, at: keys[0]))
      }
    }
  }

  @Test("Redirects are followed with method and body")
  func redirected() async throws {
    let standIn = StandIn()
    try await ScriptedServer.run(standIn.script) { target in
      try await ScriptedServer.run { request, connection in
        connection.send(
          "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:\(target.port)\(request.path)\r\nContent-Length: 0\r\n\r\n")
      } _: { server in
        try await server.withClient { dht in
          let key = InfoHash.random()
          try await dht.put(Value("x", id: 1), at: key)
          #expect(target.count("POST", "/key/\(key)") == 1)
          #expect(try await dht.get(key).values.count == 1)
        }
      }
    }
  }

  @Test("What a proxy cannot do is said so")
  func impossible() async throws {
    let standIn = StandIn()
    try await ScriptedServer.run(standIn.script) { server in
      try await server.withClient { dht in
        await #expect(throws: DHTError.invalid(.notOverProxy)) { try await dht.ping(Host(name: "127.0.0.1", port: 1)) }
        #expect(await dht.trace(.random()).outcome.ending == .invalid(.notOverProxy))
        await #expect(throws: DHTError.invalid(.zeroKey)) { try await dht.get(.zero) }
        #expect(await dht.routingTable(.ipv4).isEmpty)
      }
    }
  }

  @Test("Fields are selected here")
  func query() async throws {
    let standIn = StandIn()
    let key = InfoHash.random()
    standIn.set(key, [Value("one", id: 1), Value([1], userType: "other", id: 2)])
    try await ScriptedServer.run(standIn.script) { server in
      try await server.withClient { dht in
        var records: [FieldRecord] = []
        let query = Query(select: [.id, .userType], where: [.userType("other")])
        for await record in dht.query(query, at: key) { records.append(record) }
        #expect(records == [FieldRecord(id: 2, userTypeBytes: Array("other".utf8))])
      }
    }
  }

  @Test("A server that floods a line, or an answer, is cut off")
  func flood() async throws {
    let standIn = StandIn()
    try await ScriptedServer.run { request, connection in
      guard request.path != "/node/info" else { return standIn.script(request, connection) }
      connection.beginChunked()
      for _ in 0..<40 { connection.chunk(String(repeating: "x", count: 65536)) }
    } _: { server in
      try await server.withClient { dht in
        await #expect(throws: DHTError.isolated) { try await dht.get(.random(), deadline: .seconds(20)) }
      }
    }
  }
}
