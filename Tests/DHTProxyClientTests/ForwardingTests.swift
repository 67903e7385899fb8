import DHTProxyClient
import OpenDHT
import Testing

@Suite("Values that are passed on, over a proxy", .timeLimit(.minutes(2)))
struct ForwardingTests {
  private let key = InfoHash.random()

  private func withClient(
    _ identity: Identity, _ server: ScriptedServer, _ body: (DHT) async throws -> Void
  ) async throws {
    var configuration = DHT.Configuration()
    configuration.backend = .proxy(try server.proxy())
    configuration.identity = identity
    configuration.publishesCertificate = false
    let dht = DHT(configuration)
    try await dht.start()
    do {
      try await dht.waitUntilConnected(timeout: .seconds(60))
      try await body(dht)
    } catch {
      await dht.stop()
      throw error
    }
    await dht.stop()
  }

  @Test("X-70: a node behind a proxy opens its values for itself, and for nobody it passes them on to")
  func closed() async throws {
    let identity = try Identity.generate(name: "me", bits: 2048)
    let sealed = try Value("secret", id: 9).encrypted(for: identity.privateKey.publicKey, by: identity.privateKey)
    let standIn = StandIn()
    standIn.set(key, [sealed])
    try await ScriptedServer.run(standIn.script) { server in
      try await withClient(identity, server) { dht in
        let own = try await dht.get(key).values
        #expect(own.count == 1 && own.first?.text == "secret")
        var passedOn: [Value] = []
        for await value in dht.forwardedValues(at: key) { passedOn.append(value) }
        #expect(passedOn == [sealed])
        // Both kinds of listen at once, in either order.
        let listen = dht.listen(to: key)
        var changes = listen.makeAsyncIterator()
        guard case .added(let shown)? = await changes.next(isolation: nil) else {
          Issue.record("nothing was told")
          return
        }
        #expect(shown.text == "secret")
        let forwarded = dht.forwardedChanges(of: key)
        var others = forwarded.makeAsyncIterator()
        #expect(await others.next(isolation: nil) == .added(sealed))
        listen.cancel()
        forwarded.cancel()
        #expect(await eventually { server.count("GET", "/key/\(key)/listen") == 2 })
      }
    }
  }

  @Test("X-81: what is encrypted for others stays when a listen that passes values on goes to a proxy")
  func switched() async throws {
    let identity = try Identity.generate(name: "other", bits: 2048)
    let sealed = try Value("secret", id: 9).encrypted(for: identity.privateKey.publicKey, by: identity.privateKey)
    let last = Value("last", id: 1)
    let standIn = StandIn()
    standIn.set(key, [sealed, last])
    // Its listen tells of nothing, so that only looks say what is there.
    let silent: ScriptedServer.Script = { request, connection in
      guard request.path.hasSuffix("/listen") else { return standIn.script(request, connection) }
      connection.beginChunked()
    }
    try await ScriptedServer.run(standIn.script) { first in
      try await ScriptedServer.run(silent) { second in
        try await first.withClient { dht in
          let forwarded = dht.forwardedChanges(of: key)
          var changes = forwarded.makeAsyncIterator()
          let seen = [await changes.next(isolation: nil), await changes.next(isolation: nil)]
          #expect(Set(seen.compactMap { $0 }) == [.added(sealed), .added(last)])
          standIn.set(key, [sealed])
          try await dht.switch(to: .proxy(second.proxy()))
          #expect(await changes.next(isolation: nil) == .expired(last))
          // In both, what is gone is told once.
          standIn.set(key, [])
          try await dht.switch(to: .proxy(second.proxy()))
          #expect(await changes.next(isolation: nil) == .expired(sealed))
          forwarded.cancel()
        }
      }
    }
  }
}
