import DHTProxyClient
import DHTProxyMessages
import NIOConcurrencyHelpers
import OpenDHT
import Testing

@Suite("Listens by pushes", .timeLimit(.minutes(4)))
struct PushTests {
  private let one = Value("one", id: 1)
  private let two = Value("two", id: 2)

  private func device(_ proxy: inout ProxyConfiguration) {
    proxy.push = ProxyConfiguration.Push(token: "TOKEN", clientID: "me", platform: .android)
    proxy.limits.parting = .seconds(2)
  }

  @Test("X-79: a listen subscribes, a push has the values fetched, the last cancel unsubscribes")
  func pushed() async throws {
    let standIn = StandIn()
    let key = InfoHash.random()
    standIn.set(key, [one])
    try await ScriptedServer.run(standIn.script) { server in
      try await server.withClient(device) { dht in
        let listen = dht.listen(to: key)
        var changes = listen.makeAsyncIterator()
        #expect(await changes.next(isolation: nil) == .added(one))
        let body = try #require(server.requests.first { $0.method == "SUBSCRIBE" }).body
        let context = try SubscribeBody(reading: Array(body.utf8)).context
        #expect(context.token == "TOKEN" && context.clientID == "me" && context.platform == .android)
        #expect(context.sessionID.count == 8)
        #expect(server.count("GET", "/key/\(key)/listen") == 0)

        standIn.set(key, [two])
        let push = ["key": "\(key)", "s": context.sessionID, "t": "1", "to": "me"]
        #expect(await dht.pushNotificationReceived(push) == .values)
        #expect(await changes.next(isolation: nil) == .added(two))
        #expect(await changes.next(isolation: nil) == .expired(one))
        #expect(await dht.pushNotificationReceived(push.merging(["exp": "2"]) { $1 }) == .valuesExpired)
        #expect(await changes.next(isolation: nil) == .expired(two))
        #expect(await dht.pushNotificationReceived(["key": "\(key)", "s": "another"]) == .wrongSession)
        #expect(await dht.pushNotificationReceived(["timeout": "\(key)"]) == .listenRefresh)
        #expect(
          await eventually {
            server.requests.contains { $0.method == "SUBSCRIBE" && $0.body.contains(#""refresh":true"#) }
          })
        await dht.setPushToken("OTHER")
        #expect(await eventually { server.requests.contains { $0.method == "SUBSCRIBE" && $0.body.contains("OTHER") } })
        // Whoever comes back soon finds the subscription.
        listen.cancel()
        let again = dht.listen(to: key)
        try await Task.sleep(for: .seconds(3))
        #expect(server.count("UNSUBSCRIBE", "/key/\(key)") == 0)
        again.cancel()
        #expect(await eventually { server.count("UNSUBSCRIBE", "/key/\(key)") == 1 })
      }
    }
  }

  @Test("X-79: another token stays over a start; a subscription is ended with the token that it was made with")
  func tokens() async throws {
    let standIn = StandIn()
    let (key, other) = (InfoHash.random(), InfoHash.random())
    standIn.set(key, [one])
    try await ScriptedServer.run(standIn.script) { server in
      try await server.withClient(device) { dht in
        let listen = dht.listen(to: key)
        var changes = listen.makeAsyncIterator()
        #expect(await changes.next(isolation: nil) == .added(one))
        listen.cancel()
        await dht.setPushToken("OTHER")
        #expect(
          await eventually {
            server.requests.contains { $0.method == "UNSUBSCRIBE" && $0.body.contains("TOKEN") }
          })
        await dht.stop()
        try await dht.start()
        let next = dht.listen(to: other)
        #expect(await eventually { server.count("SUBSCRIBE", "/key/\(other)") == 1 })
        #expect(server.requests.last { $0.method == "SUBSCRIBE" }?.body.contains("OTHER") == true)
        next.cancel()
      }
    }
  }

  @Test("X-79: a server that finds nothing once, as one that has just begun, makes nothing expire")
  func foundNothing() async throws {
    let standIn = StandIn()
    let key = InfoHash.random()
    standIn.set(key, [one])
    try await ScriptedServer.run(standIn.script) { server in
      try await server.withClient {
        device(&$0)
        $0.limits.shortestPause = .milliseconds(200)
      } _: { dht in
        let listen = dht.listen(to: key)
        var changes = listen.makeAsyncIterator()
        #expect(await changes.next(isolation: nil) == .added(one))
        let count = server.count("GET", "/key/\(key)")
        standIn.set(key, [])
        #expect(await dht.pushNotificationReceived(["key": "\(key)"]) == .values)
        #expect(await eventually { server.count("GET", "/key/\(key)") > count })
        standIn.set(key, [one, two])
        #expect(await changes.next(isolation: nil) == .added(two))
        listen.cancel()
      }
    }
  }

  @Test("X-80: a subscription is renewed before the server forgets it")
  func renewed() async throws {
    let standIn = StandIn()
    let key = InfoHash.random()
    try await ScriptedServer.run(standIn.script) { server in
      try await server.withClient {
        device(&$0)
        $0.limits.renewal = .seconds(1)
        $0.limits.renewalSpread = .milliseconds(200)
      } _: { dht in
        let listen = dht.listen(to: key)
        #expect(await eventually { server.count("SUBSCRIBE", "/key/\(key)") >= 3 })
        listen.cancel()
      }
    }
  }

  @Test("X-74: a server that was away is told of subscriptions again")
  func toldAgain() async throws {
    let standIn = StandIn()
    let key = InfoHash.random()
    let isAway = NIOLockedValueBox(false)
    try await ScriptedServer.run { request, connection in
      if isAway.withLockedValue({ $0 }) { connection.close() } else { standIn.script(request, connection) }
    } _: { server in
      try await server.withClient(device) { dht in
        let listen = dht.listen(to: key)
        #expect(await eventually { server.count("SUBSCRIBE", "/key/\(key)") == 1 })
        isAway.withLockedValue { $0 = true }
        await #expect(throws: DHTError.isolated) { try await dht.get(.random()) }
        isAway.withLockedValue { $0 = false }
        #expect(await eventually { server.count("SUBSCRIBE", "/key/\(key)") == 2 })
        listen.cancel()
      }
    }
  }

  @Test("X-79: without a token, or a proxy, pushes are not for us")
  func unsupported() async throws {
    let standIn = StandIn()
    let stopped = DHT()
    #expect(await stopped.pushNotificationReceived([:]) == .stopped)
    try await ScriptedServer.run(standIn.script) { server in
      try await server.withClient { dht in
        #expect(await dht.pushNotificationReceived(["pong": "true"]) == .unsupported)
      }
    }
  }
}
