import OpenDHT
import Testing

@testable import DHTProxyServer

/// Listens as clients live with them.
@Suite(.timeLimit(.minutes(1))) struct ListenTests {
  private let key = InfoHash(hashing: "live")
  private let request = "GET /key/live/listen HTTP/1.1\r\nHost: a\r\n\r\n"

  @Test("X-43 X-44 X-45 X-47: head at once, what is stored, each change once, for many listeners")
  func changes() async throws {
    let world = try await World.make()
    _ = try await world.peer.put(Value("first", id: 1), at: key)
    var listens: [RawConnection] = []
    for _ in 0..<20 {
      let listen = try await world.connect()
      listen.send(request)
      listens.append(listen)
    }
    for listen in listens { #expect(await listen.wait { $0.answers.first?.lines.count == 1 }) }
    _ = try await world.peer.put(Value("second", id: 2), at: key)
    _ = try await world.peer.put(Value("second", id: 2), at: key)
    for listen in listens { #expect(await listen.wait(seconds: 1) { $0.answers.first?.lines.count == 2 }) }
    let late = try await world.connect()
    late.send(request)
    #expect(await late.wait { $0.answers.first?.lines.count == 2 })
    for listen in listens + [late] {
      #expect(listen.answers.first?.lines.map { $0.contains("\"id\":\"1\"") } == [true, false])
      await listen.close()
    }
    #expect(await world.hasConnections(0))
    await world.stop()
  }

  @Test("X-46: an expiry is the whole value, and expired")
  func expiry() async throws {
    let world = try await World.make(lifetime: .seconds(2))
    let listen = try await world.connect()
    listen.send(request)
    #expect(await listen.wait { !$0.answers.isEmpty })
    _ = try await world.peer.put(Value(Array("soon".utf8), type: 5, id: 5), at: key)
    #expect(await listen.wait(seconds: 10) { $0.answers.first?.lines.count == 2 })
    #expect(
      listen.answers.first?.lines == [
        "{\"data\":\"c29vbg==\",\"id\":\"5\",\"type\":5}",
        "{\"data\":\"c29vbg==\",\"expired\":true,\"id\":\"5\",\"type\":5}",
      ])
    await world.stop()
  }

  @Test("X-48: a client that closes, or ends its side, is forgotten", arguments: [true, false])
  func leaving(closes: Bool) async throws {
    let world = try await World.make()
    let listen = try await world.connect()
    listen.send(request)
    #expect(await listen.wait { !$0.answers.isEmpty })
    if closes { await listen.close() } else { await listen.shutDownSending() }
    #expect(await world.hasConnections(0))
    await world.stop()
  }

  @Test("X-50: a stopping server ends its streams, within a second", arguments: [false, true])
  func stopping(malformed: Bool) async throws {
    let world = try await World.make { $0.endsListensMalformed = malformed }
    let listen = try await world.connect()
    listen.send(request)
    let idle = try await world.connect()
    #expect(await listen.wait { !$0.answers.isEmpty })
    let start = ContinuousClock.now
    await world.server.stop()
    #expect(ContinuousClock.now - start < .seconds(1.5))
    #expect(await listen.wait { $0.isClosed })
    #expect(await idle.wait { $0.isClosed })
    #expect(String(decoding: listen.bytes, as: UTF8.self).hasSuffix(malformed ? "\r\n\r\nzz\r\n" : "\r\n\r\n0\r\n\r\n"))
    await world.stop()
  }

  @Test("X-51: a heartbeat is a chunk of one space")
  func heartbeat() async throws {
    let world = try await World.make { $0.heartbeat = .seconds(1) }
    let listen = try await world.connect()
    listen.send(request)
    #expect(await listen.wait { String(decoding: $0.bytes, as: UTF8.self).hasSuffix("1\r\n \r\n1\r\n \r\n") })
    _ = try await world.peer.put(Value("first", id: 1), at: key)
    #expect(await listen.wait { $0.answers.first?.lines.count == 1 })
    await listen.close()
    await world.stop()
  }

  @Test("X-49: a listener that stops reading is closed, and others are not held up")
  func slowReader() async throws {
    let world = try await World.make { $0.limits.writeTime = .seconds(2) }
    let slow = try await RawConnection(port: world.port, reads: false)
    slow.send(request)
    let quick = try await world.connect()
    quick.send(request)
    #expect(await quick.wait { !$0.answers.isEmpty })
    // More than the system's buffers take.
    let count = 120
    for id in 1...count {
      _ = try await world.node.put(Value([UInt8](repeating: UInt8(id), count: 60_000), id: UInt64(id)), at: key)
    }
    #expect(await quick.wait(seconds: 20) { $0.bytes.count > count * 80_000 })
    #expect(await world.hasConnections(1, seconds: 15))
    #expect(!quick.isClosed)
    await quick.close()
    await slow.close()
    await world.stop()
  }

  @Test(
    "§16: a listen that the node gives up stays open, and goes on when the node is back", arguments: ["", "events"])
  func nodeStops(kind: String) async throws {
    let world = try await World.make()
    let stream = try await world.connect()
    stream.send(kind.isEmpty ? request : "GET /events?key=live HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(await stream.wait { !$0.answers.isEmpty })
    await world.node.stop()
    #expect(await !stream.wait(seconds: 0.5) { $0.isClosed || $0.answers.first?.isComplete == true })
    try await world.node.start()
    _ = try await world.node.put(Value("back", id: 77), at: key)
    #expect(await stream.wait(seconds: 10) { $0.answers.first?.text.contains("\"id\":\"77\"") == true })
    await stream.close()
    await world.stop()
  }

  @Test("X-70: a node with an identity forwards what is encrypted, for itself too")
  func forwarding() async throws {
    let identity = try Identity.generate(name: "proxy", bits: 2048)
    let world = try await World.make(identity: identity)
    let sealed = try Value("secret", id: 9).encrypted(for: identity.privateKey.publicKey, by: identity.privateKey)
    let listen = try await world.connect()
    listen.send(request)
    #expect(await listen.wait { !$0.answers.isEmpty })
    _ = try await world.peer.put(sealed, at: key)
    #expect(await listen.wait { $0.answers.first?.lines.count == 1 })
    let line = try #require(listen.answers.first?.lines.first)
    #expect(line.hasPrefix("{\"cypher\":\"") && line.hasSuffix("\",\"id\":\"9\"}"))
    #expect(try await world.ask("GET", "/key/live")?.lines == [line])
    await world.stop()
  }
}
