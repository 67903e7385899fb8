import DHTModel
import DHTProxyMessages
import OpenDHT
import Testing

@testable import DHTProxyServer

/// What stands around the routes, over real connections.
@Suite struct OperationsTests {
  @Test("issue 5: health, readiness, metrics and the description are served", .timeLimit(.minutes(1)))
  func pages() async throws {
    let world = try await World.make()
    let health = try #require(try await world.ask("GET", "/healthz"))
    #expect(health.status == 200 && health.text == "{\"status\":\"ok\"}\n")
    let ready = try #require(try await world.ask("GET", "/readyz"))
    #expect(ready.status == 200 && ready.text.contains("\"ipv4\":\"connected\""))
    _ = try await world.ask("POST", "/key/foo", #"{"data":"aGVsbG8=","id":"7"}"#)
    _ = try await world.ask("GET", "/no/such/path/at/all")
    let metrics = try #require(try await world.ask("GET", "/metrics"))
    #expect(metrics["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
    for line in [
      #"dht_proxy_requests_total{route="put",status="200"} 1"#,
      #"dht_proxy_requests_total{route="none",status="404"} 1"#,
      #"dht_proxy_request_duration_seconds_count{route="put"} 1"#, "dht_proxy_ready 1", "dht_proxy_listens 0",
      #"dht_connected{family="ipv4"} 1"#, #"dht_storage_values{origin="all"} 1"#,
    ] {
      #expect(metrics.lines.contains(line), "\(line)")
    }
    expectWellFormed(metrics.text)
    let description = try #require(try await world.ask("GET", "/openapi.json"))
    #expect(description.body == OpenAPIDocument.bytes)
    await world.stop()
  }

  @Test(
    "issue 5: many keys on one stream, with marks, changes, filters, and positions to come back to",
    .timeLimit(.minutes(1)))
  func events() async throws {
    let world = try await World.make()
    try await world.peer.put(Value("one", id: 1), at: InfoHash(hashing: "foo"))
    let stream = try await world.connect()
    stream.send("GET /events?key=foo&key=bar HTTP/1.1\r\nHost: a\r\n\r\n")
    func events(_ connection: RawConnection) -> [String] {
      connection.answers.first?.text.split(separator: "\n\n").map(String.init) ?? []
    }
    #expect(await stream.wait { $0.answers.first?.text.components(of: "event: initial") == 2 })
    #expect(stream.answers.first?["Content-Type"] == "text/event-stream")
    let first = events(stream)
    #expect(first[0].contains("event: stream\n") && first[0].contains("\"keys\":2,\"resumed\":false"))
    #expect(first.contains { $0.hasPrefix("event: value\n") && $0.contains("\"id\":\"1\"") })
    #expect(first.filter { $0.contains("\"complete\":true") }.count == 2)
    try await world.peer.put(Value("two", id: 2), at: InfoHash(hashing: "bar"))
    #expect(await stream.wait { $0.answers.first?.text.contains("\"id\":\"2\"") == true })
    let position = try #require(events(stream).last { $0.contains("id: ") }?.split(separator: "\n")[1].dropFirst(4))
    await stream.close()

    try await world.peer.put(Value("three", id: 3), at: InfoHash(hashing: "bar"))
    let again = try await world.connect()
    again.send("GET /events?key=bar&key=foo HTTP/1.1\r\nHost: a\r\nLast-Event-ID: \(position)\r\n\r\n")
    #expect(await again.wait { $0.answers.first?.text.contains("\"id\":\"3\"") == true })
    #expect(events(again)[0].contains("\"resumed\":true"))
    #expect(again.answers.first?.text.contains("\"id\":\"2\"") == false, "told before")

    let name = try #require(events(again)[0].split(separator: "\"")[3...].first)
    let changed = try await world.ask("POST", "/events/\(name)", #"{"add":["baz"],"remove":["foo"]}"#)
    #expect(changed?.text == "{\"keys\":2}\n")
    try await world.peer.put(Value("four", id: 4), at: InfoHash(hashing: "baz"))
    #expect(await again.wait { $0.answers.first?.text.contains("\"id\":\"4\"") == true })
    #expect(try await world.ask("POST", "/events/none", "{}")?.status == 404)
    #expect(try await world.ask("GET", "/events")?.status == 400)

    let filtered = try await world.connect()
    let body = #"{"keys":["bar"],"where":"id=3"}"#
    filtered.send("POST /events HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    #expect(await filtered.wait { $0.answers.first?.text.contains("event: initial") == true })
    #expect(filtered.answers.first?.text.contains("\"id\":\"3\"") == true)
    #expect(filtered.answers.first?.text.contains("\"id\":\"2\"") == false)
    await world.server.stop()
    #expect(await again.wait { $0.answers.first?.isComplete == true }, "a stop ends streams")
    await world.stop()
  }

  @Test("§16: tokens open what is closed; what is closed says so", .timeLimit(.minutes(1)))
  func access() async throws {
    let tokens = try TokenTable(
      parsing: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 write,permanent,read")
    let world = try await World.make {
      $0.operations.access.open = [.read]
      $0.operations.access.openOnLoopback = []
      $0.operations.access.tokens = tokens
    }
    let body = #"{"data":"aGVsbG8=","id":"7"}"#
    #expect(try await world.ask("GET", "/key/foo")?.status == 200)
    let refused = try #require(try await world.ask("POST", "/key/foo", body))
    #expect(refused.status == 401 && refused["WWW-Authenticate"] == "Bearer realm=\"dht\"")
    #expect(refused["Access-Control-Allow-Origin"] == "*")
    #expect(try await world.ask("GET", "/metrics")?.status == 403)
    #expect(try await world.ask("GET", "/readyz")?.text == "{\"status\":\"ok\"}\n", "no details")
    func put(_ token: String) async throws -> Int? {
      try await world.ask(
        "POST /key/foo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
      )?.status
    }
    #expect(try await put("test") == 200)
    #expect(try await put("toast") == 401)
    await world.stop()
  }

  @Test("§16: whoever tries tokens is told to wait, and not listened to meanwhile", .timeLimit(.minutes(1)))
  func guessing() async throws {
    let tokens = try TokenTable(
      parsing: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 write,permanent,read")
    let world = try await World.make {
      $0.operations.access.tokens = tokens
      $0.operations.limits.exceptions = []
      $0.operations.limits.perAddress = ClientLimits(requestsPerSecond: 0.01, requestBurst: 3)
    }
    func get(_ token: String) async throws -> Int? {
      try await world.ask("GET /node/info HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\n\r\n")?.status
    }
    for _ in 0..<10 { #expect(try await get("test") == 200, "a token has a share of its own") }
    for _ in 0..<3 { #expect(try await get("toast") == 401) }
    #expect(try await get("toast") == 429)
    #expect(try await get("test") == 429)
    await world.stop()
  }

  @Test("§16: what came over a connection that was reset before it was accepted is nobody's", .timeLimit(.minutes(1)))
  func reset() async throws {
    let world = try await World.make {
      $0.operations.access.open = []
      $0.operations.access.openOnLoopback = []
    }
    let body = #"{"data":"aGVsbG8=","id":"7","permanent":true}"#
    let text = "POST /key/foo HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    for _ in 0..<300 { try await RawConnection.sendAndReset(text, port: world.port) }
    #expect(await world.hasConnections(0))
    #expect(await world.server.statistics?.permanentPuts == 0)
    await world.stop()
  }

  @Test("§16: a client over its share is told when to come back, others are served", .timeLimit(.minutes(1)))
  func limits() async throws {
    let world = try await World.make {
      $0.operations.limits.exceptions = []
      $0.operations.limits.perAddress = ClientLimits(
        requestsPerSecond: 0.01, requestBurst: 5, connections: 3, listens: 1, streams: 1)
    }
    let connection = try await world.connect()
    for _ in 0..<6 { connection.send("GET /node/info HTTP/1.1\r\nHost: a\r\n\r\n") }
    #expect(await connection.wait { $0.answers.filter(\.isComplete).count == 6 })
    #expect(connection.answers.map(\.status) == [200, 200, 200, 200, 200, 429])
    #expect((connection.answers.last?["Retry-After"]).flatMap { Int($0) } ?? 0 > 50)
    #expect(try await world.ask("GET", "/no/such/path/at/all")?.status == 429, "what leads nowhere counts")
    #expect(try await world.ask("GET", "/readyz")?.status == 200, "a balancer is always told")
    let others = [try await world.connect(), try await world.connect()]
    let fourth = try await world.connect()
    #expect(await fourth.wait { $0.isClosed } && fourth.answers.first?.status == 429)
    for other in others { await other.close() }
    await world.stop()
  }

  @Test("§16: what a client holds is given back when it goes", .timeLimit(.minutes(1)))
  func releases() async throws {
    let world = try await World.make {
      $0.operations.limits.exceptions = []
      $0.operations.limits.perAddress = ClientLimits(listens: 1, streams: 1)
    }
    for path in ["/key/foo/listen", "/events?key=foo"] {
      let first = try await world.connect()
      first.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(await first.wait { $0.answers.first?.status == 200 })
      #expect(try await world.ask("GET", path)?.status == 429)
      await first.close()
      var status: Int?
      for _ in 0..<50 where status != 200 {
        let next = try await world.connect()
        next.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = await next.wait { !$0.answers.isEmpty }
        status = next.answers.first?.status
        await next.close()
        if status != 200 { try await Task.sleep(for: .milliseconds(20)) }
      }
      #expect(status == 200, "\(path)")
    }
    await world.stop()
  }

  @Test("issue 5: cut off, puts and gets fail at once with a reason, and readiness says so", .timeLimit(.minutes(1)))
  func cutOff() async throws {
    let world = try await World.make { $0.operations.health.pulse = .milliseconds(50) }
    #expect(try await world.ask("GET", "/readyz")?.status == 200)
    await world.node.stop()
    var status: Int?
    for _ in 0..<100 where status != 503 {
      status = try await world.ask("GET", "/readyz")?.status
      if status != 503 { try await Task.sleep(for: .milliseconds(20)) }
    }
    #expect(status == 503)
    for (method, body) in [("GET", ""), ("POST", "{}")] {
      let answer = try #require(try await world.ask(method, "/key/foo", body))
      #expect(answer.status == 503 && answer.text.contains("stopped") && answer["Retry-After"] == "10")
    }
    #expect(try await world.ask("GET", "/healthz")?.status == 503)
    await world.stop()
  }

  @Test("issue 5: a get that nobody answers does not say that there is nothing", .timeLimit(.minutes(1)))
  func lostPeer() async throws {
    let world = try await World.make { $0.limits.operationTime = .seconds(3) }
    #expect(try await world.ask("GET", "/key/foo")?.status == 200)
    await world.peer.stop()
    let connection = try await world.connect()
    connection.send("GET /key/foo HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(await connection.wait(seconds: 10) { $0.isClosed || $0.answers.first?.isComplete == true })
    let answer = connection.answers.first
    #expect(answer?.status == 503 || answer?.isComplete == false, "\(answer?.status ?? 0)")
    await world.stop()
  }

  @Test("the description has every route of the server, and no other")
  func noDrift() {
    var described = Set<Route>()
    for route in DescribedRoute.all {
      let path = route.path.replacing("{key}", with: "foo").replacing("{id}", with: "7").replacing(
        "{stream}", with: "s")
      guard case .found(let found) = RouteMatch(method: route.method.uppercased(), target: path) else {
        Issue.record("\(route.method) \(route.path) leads nowhere")
        continue
      }
      described.insert(found)
      for method in ["GET", "POST", "DELETE", "PUT", "SUBSCRIBE", "UNSUBSCRIBE", "PATCH"] {
        guard case .found = RouteMatch(method: method, target: path) else { continue }
        #expect(
          DescribedRoute.all.contains { $0.path == route.path && $0.method == method.lowercased() },
          "\(method) \(route.path) is served")
      }
    }
    #expect(Set(described.map(\.name)) == Set(Route.names).subtracting(["none"]))
  }
}

extension String {
  fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}
