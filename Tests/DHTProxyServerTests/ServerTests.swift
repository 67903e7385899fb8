import NIOCore
import OpenDHT
import Testing

@testable import DHTProxyServer

/// A server on loopback, its answers to what real clients do not send, and its bounds.
@Suite(.timeLimit(.minutes(1))) struct ServerTests {
  @Test("§16: a head that comes slowly is answered 408, and what is no request takes no time in figures")
  func slowHead() async throws {
    let world = try await World.make(isAlone: true) { $0.limits.requestTime = .seconds(1) }
    let slow = try await world.connect()
    slow.send("GET /node/info HTTP/1.1\r\nHo")
    #expect(await slow.wait { $0.isClosed } && slow.answers.first?.status == 408)
    #expect(try await world.ask("garbage\r\n\r\n")?.status == 400)
    let metrics = try await world.ask("GET", "/metrics")
    let sum = metrics?.lines.first { $0.hasPrefix(#"dht_proxy_request_duration_seconds_sum{route="none"}"#) }
    #expect(sum?.split(separator: " ").last.flatMap { Double($0) } ?? 99 < 10, "\(sum ?? "")")
    await world.stop()
  }

  @Test("§16: bodies are bounded for each route, and in all")
  func bodies() async throws {
    let world = try await World.make(isAlone: true) { $0.limits.bodyBytesAtOnce = 100_000 }
    let long = String(repeating: "a", count: 20_000)
    #expect(try await world.ask("SUBSCRIBE", "/key/foo", long)?.status == 413)
    #expect(try await world.ask("POST", "/key/foo", long)?.status == 400)
    #expect(try await world.ask("POST", "/key/foo", String(repeating: "a", count: 150_000))?.status == 503)
    #expect(try await world.ask("POST", "/key/foo", long)?.status == 400, "given back")
    await world.stop()
  }

  @Test("§1.5: pages may send what only we have, where they ask for it")
  func preflight() async throws {
    let world = try await World.make(isAlone: true)
    let plain = try await world.ask("OPTIONS", "/key/foo")
    #expect(plain?["Access-Control-Allow-Headers"] == "content-type")
    let asked = try await world.ask(
      "OPTIONS /key/foo/7 HTTP/1.1\r\nAccess-Control-Request-Method: DELETE\r\n"
        + "Access-Control-Request-Headers: authorization, X-Put-Secret, x-other\r\n\r\n")
    #expect(asked?["Access-Control-Allow-Headers"] == "content-type, authorization, x-put-secret")
    #expect(asked?["Access-Control-Allow-Methods"]?.hasSuffix(", DELETE") == true)
    await world.stop()
  }

  @Test("X-1 X-4: clients of both families, and the address they are told")
  func families() async throws {
    let world = try await World.make()
    let answer = try #require(try await world.ask("GET", "/"))
    #expect(answer.text.contains("\"public_ip\":\"::ffff:127.0.0.1\""))
    #expect(answer.text.hasSuffix("}\n"))
    let legacy = try #require(try await world.ask("GET", "/node/info"))
    #expect(answer.text.filter { !$0.isNumber } == legacy.text.filter { !$0.isNumber })
    await world.stop()
  }

  @Test(
    "X-10 X-11: a browser may ask on every path", arguments: ["/foo", "/key/foo", "/key/foo/listen", "/", "/x/y/z"])
  func preflight(_ path: String) async throws {
    let world = try await World.make(isAlone: true)
    let answer = try #require(try await world.ask("OPTIONS", path))
    #expect(answer.status == 200 && answer["Access-Control-Allow-Methods"] == "OPTIONS, GET, POST, LISTEN")
    #expect(answer["Access-Control-Allow-Headers"] == "content-type" && answer["Access-Control-Max-Age"] == "86400")
    await world.stop()
  }

  @Test("X-12: refusals have the CORS field, and the connection stays")
  func refusals() async throws {
    let world = try await World.make(isAlone: true)
    let connection = try await world.connect()
    connection.send(
      "PUT /foo HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /a/b HTTP/1.1\r\n\r\nHEAD /foo HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n"
    )
    #expect(await connection.wait { $0.answers.count == 4 && $0.answers[3].isComplete })
    #expect(connection.answers.map(\.status) == [405, 404, 405, 200])
    #expect(connection.answers.allSatisfy { $0["Access-Control-Allow-Origin"] == "*" })
    #expect(!connection.isClosed)
    await connection.close()
    await world.stop()
  }

  @Test("X-14 X-15: what is too long is refused, and the server lives")
  func tooLong() async throws {
    let world = try await World.make(isAlone: true) { $0.limits.bodyBytes = 1000 }
    for length in [4097, 20_000, 100_000] {
      let answer = try await world.ask("GET", "/key/" + String(repeating: "a", count: length))
      #expect(answer?.status == 414, "\(length)")
    }
    let field = "X: " + String(repeating: "a", count: 20_000)
    #expect(try await world.ask("GET / HTTP/1.1\r\n\(field)\r\n\r\n")?.status == 431)
    let endless = "X: " + String(repeating: "a", count: 200_000)
    #expect(try await world.ask("GET / HTTP/1.1\r\n\(endless)\r\n\r\n")?.status == 431)
    #expect(try await world.ask("POST", "/foo", String(repeating: "a", count: 1001))?.status == 413)
    let announced = try await world.ask("POST /foo HTTP/1.1\r\nContent-Length: 1000000000000\r\n\r\n")
    #expect(announced?.status == 413)
    let chunks = String(repeating: "64\r\n\(String(repeating: "a", count: 100))\r\n", count: 20)
    let chunked = try await world.ask("POST /foo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\(chunks)")
    #expect(chunked?.status == 413, "\(String(describing: chunked))")
    #expect(try await world.ask("GET", "/")?.status == 200)
    await world.stop()
  }

  @Test("X-16: methods of 1.x are refused with an answer, and so is what is no HTTP")
  func unreadable() async throws {
    let world = try await World.make(isAlone: true)
    for text in [
      "LISTEN /foo HTTP/1.1\r\n\r\n", "STATS / HTTP/1.1\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
      "POST /foo HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      "POST /foo HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
      #expect(try await world.ask(text)?.status == 400, "\(text)")
    }
    #expect(try await world.ask("GET", "/")?.status == 200)
    await world.stop()
  }

  @Test("X-7: a thousand requests at once are answered in order")
  func pipelined() async throws {
    let world = try await World.make()
    _ = try await world.peer.put(Value("hello", id: 1), at: InfoHash(hashing: "foo"))
    let connection = try await world.connect()
    let pair = "GET /node/info HTTP/1.1\r\n\r\nGET /key/foo HTTP/1.1\r\n\r\n"
    connection.send(String(repeating: pair, count: 500))
    #expect(await connection.wait(seconds: 20) { $0.answers.count == 1000 && $0.answers[999].isComplete })
    let answers = connection.answers
    #expect(answers.enumerated().allSatisfy { $1.isChunked == ($0 % 2 == 1) && $1.status == 200 })
    let value = "{\"data\":\"aGVsbG8=\",\"id\":\"1\",\"type\":0,\"utype\":\"text/plain\"}\n"
    #expect(answers.enumerated().filter { $0 % 2 == 1 && $1.text != value }.map { "\($0): \($1.text)" } == [])
    await connection.close()
    await world.stop()
  }

  @Test("a client that ends its side after a request gets the answer")
  func halfClosed() async throws {
    let world = try await World.make()
    let connection = try await world.connect()
    connection.send("GET /key/foo HTTP/1.1\r\n\r\n")
    await connection.shutDownSending()
    #expect(await connection.wait { $0.isClosed })
    #expect(connection.answers.first?.isComplete == true)
    await world.stop()
  }

  @Test("cut off: gets and puts say so, and soon")
  func cutOff() async throws {
    let world = try await World.make(isAlone: true) { $0.limits.isolatedTime = .seconds(1) }
    let start = ContinuousClock.now
    let get = try #require(try await world.ask("GET", "/key/foo"))
    let put = try #require(try await world.ask("POST", "/key/foo", "{\"data\":\"YQ==\"}"))
    #expect(get.status == 503 && get.text == "{\"err\":\"The node is cut off from the network\"}")
    #expect(put.status == 503 && put.text == get.text)
    #expect(ContinuousClock.now - start < .seconds(10))
    await world.stop()
  }

  @Test("a taken port is an error, and a stopped server can be started again")
  func ports() async throws {
    let world = try await World.make(isAlone: true)
    let other = ProxyServer(of: world.node, ProxyServer.Configuration(port: world.port))
    await #expect(throws: ProxyServerError.portInUse(world.port)) { try await other.start() }
    await #expect(throws: ProxyServerError.alreadyRunning) { try await world.server.start() }
    await world.server.stop()
    try await other.start()
    #expect(await other.ports.plain == world.port)
    await other.stop()
    try await other.start()
    await other.stop()
    await world.stop()
  }

  @Test("a server that is stopped while it is being started does not run afterwards")
  func stoppedAtStart() async throws {
    let world = try await World.make(isAlone: true)
    let server = ProxyServer(of: world.node, ProxyServer.Configuration(port: 0))
    // One of the two comes second, when the other has begun.
    let starts = (1...2).map { _ in
      Task { do { try await server.start() } catch { await server.stop() } }
    }
    for start in starts { await start.value }
    #expect(await server.ports.plain == nil)
    await server.stop()
    await world.stop()
  }

  @Test("connections beyond the limit are turned away with an answer")
  func connectionLimit() async throws {
    let world = try await World.make(isAlone: true) { $0.limits.connections = 2 }
    let first = try await world.connect(), second = try await world.connect()
    first.send("GET / HTTP/1.1\r\n\r\n")
    second.send("GET / HTTP/1.1\r\n\r\n")
    #expect(await first.wait { $0.answers.first?.isComplete == true })
    #expect(await second.wait { $0.answers.first?.isComplete == true })
    #expect(try await world.ask("GET", "/")?.status == 503)
    await first.close()
    var status = 503
    for _ in 0..<100 where status == 503 {
      status = try await world.ask("GET", "/")?.status ?? 503
    }
    #expect(status == 200)
    await second.close()
    await world.stop()
  }

  @Test("X-49: who does not take its answers is not served more, and closed")
  func doesNotRead() async throws {
    let world = try await World.make { $0.limits.writeTime = .seconds(2) }
    let connection = try await RawConnection(port: world.port, reads: false)
    // Some 100 MB of answers, if they were all given.
    connection.send(String(repeating: "GET /node/info HTTP/1.1\r\n\r\n", count: 200_000))
    #expect(await world.hasConnections(0, seconds: 15))
    await connection.close()
    await world.stop()
  }

  @Test("a request that does not come in whole is given up")
  func slowRequest() async throws {
    let world = try await World.make(isAlone: true) { $0.limits.requestTime = .seconds(1) }
    let connection = try await world.connect()
    connection.send("POST /foo HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc")
    #expect(await connection.wait { $0.isClosed })
    #expect(connection.answers.first?.status == 408)
    await world.stop()
  }

  @Test("X-66: the statistics count what there is")
  func statistics() async throws {
    let world = try await World.make()
    let listen = try await world.connect()
    listen.send("GET /key/foo/listen HTTP/1.1\r\n\r\n")
    #expect(await listen.wait { !$0.answers.isEmpty })
    let answer = try #require(try await world.ask("GET", "/node/stats"))
    for member in [
      "listenCount\":1", "pushListenersCount\":0", "putCount\":0", "totalPermanentPuts\":0", "requestRate\":",
      "nodeInfo\":{",
      "serverStartTime\":", "lastUpdated\":", "androidPush\":{\"highPriorityCount\":0,\"normalPriorityCount\":0}",
      "iosPush\":{", "unifiedPush\":{",
    ] { #expect(answer.text.contains("\"\(member)"), "\(member)") }
    await listen.close()
    #expect(await world.hasConnections(0))
    #expect(try await world.ask("GET", "/node/stats")?.text.contains("\"listenCount\":0") == true)
    await world.stop()
  }
}
