import DHTProxyMessages
import OpenDHT
import Testing

@testable import DHTProxyServer

/// Holds a conversation with a server of ours, in a world of its own.
struct Replay {
  private let conversation: Conversation
  /// What a real server had under the keys, or heard of, by the line that it sent.
  private let values: [Value]

  init(_ conversation: Conversation) {
    self.conversation = conversation
    let isRead = !conversation.sent.starts(with: Array("POST".utf8))
    let lines = isRead ? HTTPAnswer.all(in: conversation.expected).flatMap(\.lines) : []
    values = lines.filter { !$0.contains("\"expired\"") && !$0.contains("node_id") }.compactMap {
      try? Value(jsonBody: Array($0.utf8))
    }.filter { $0.id != 0 }
  }

  /// The key of the first request.
  private var key: InfoHash? {
    let line = String(decoding: conversation.sent.prefix { $0 != 13 }, as: UTF8.self).split(separator: " ")
    guard line.count > 2, case .found(let route) = RouteMatch(method: String(line[0]), target: String(line[1])) else {
      return nil
    }
    return switch route {
    case .get(let key), .put(let key), .listen(let key), .sign(let key), .encrypt(let key), .subscribe(let key): key
    default: nil
    }
  }

  func run() async throws -> [HTTPAnswer] {
    let release: PeerRelease = conversation.release == "2.4.12" ? .v2 : .v4
    let world = try await World.make(
      release: release, identity: conversation.hasIdentity ? Replay.identity : nil, lifetime: .seconds(2)
    ) { $0.mayUseIdentity = release == .v4 }
    do {
      let answers = try await run(in: world)
      await world.stop()
      return answers
    } catch {
      await world.stop()
      throw error
    }
  }

  static let identity = try? Identity.generate(name: "proxy", bits: 2048)

  private func run(in world: World) async throws -> [HTTPAnswer] {
    var toPut = values
    var seen: [Value] = []
    // What the first bytes of the answer hold was there before.
    let firstLines = HTTPAnswer.all(in: firstExpected).flatMap(\.lines).count
    let isLive = conversation.name.hasPrefix("listen") || conversation.name == "upgrade"
    for value in isLive ? Array(toPut.prefix(firstLines)) : toPut {
      if let key { _ = try await world.peer.put(value, at: key) }
      seen.append(value)
    }
    toPut.removeFirst(isLive ? min(firstLines, toPut.count) : toPut.count)
    if conversation.name == "sign-again" {
      _ = try await world.ask("POST", "/key/signed/sign", "{\"id\":\"4\",\"data\":\"cGxlYXNlIHNpZ24=\"}")
    }

    if let body = Self.before[conversation.name] {
      _ = try await world.ask("SUBSCRIBE", "/key/push-android", body)
    }

    let connection = try await world.connect()
    var expected: [UInt8] = []
    for (index, step) in conversation.steps.enumerated() {
      switch step {
      case .send(let bytes): connection.send(whole(bytes))
      case .expect(let bytes):
        // A value that the server heard of without a note about it.
        if isLive, index > 0, case .expect = conversation.steps[index - 1], let value = toPut.first, let key {
          _ = try await world.peer.put(value, at: key)
          toPut.removeFirst()
        }
        expected += bytes
        let count = HTTPAnswer.all(in: expected).flatMap(\.lines).count
        let whole = HTTPAnswer.all(in: expected).allSatisfy(\.isComplete)
        let answers = HTTPAnswer.all(in: expected).count
        _ = await connection.wait(seconds: Self.patience) {
          $0.isClosed
            || ($0.answers.flatMap(\.lines).count >= count && $0.answers.count >= answers
              && (!whole || $0.answers.allSatisfy(\.isComplete)))
        }
      case .note(let note): try await act(on: note, in: world, connection, &toPut, seen)
      }
    }
    if conversation.expected.isEmpty { _ = await connection.wait { $0.answers.last?.isComplete == true } }
    // Whatever comes too much would come now.
    try await Task.sleep(for: .milliseconds(30))
    await connection.close()
    return connection.answers
  }

  /// The body of a SUBSCRIBE that a client had sent before a conversation, where its answer tells.
  private static let before = ["subscribe-again": subscription, "subscribe-refresh": subscription]
  private static let subscription =
    #"{"key":"token-android","client_id":"cid-1","session_id":"sess-1","platform":"android"}"#

  /// Seconds to wait for an answer.
  private static let patience = 6.0

  private var firstExpected: [UInt8] {
    for case .expect(let bytes) in conversation.steps { return bytes }
    return []
  }

  private func act(
    on note: String, in world: World, _ connection: RawConnection, _ toPut: inout [Value], _ seen: [Value]
  ) async throws {
    guard let key else { return }
    switch note {
    case "client shut down its sending side": await connection.shutDownSending()
    case "server is asked to stop": await world.server.stop()
    case "server closed the connection" where Deviation.of(conversation) != nil: break
    case "server closed the connection": #expect(await connection.wait { $0.isClosed }, "\(conversation): not closed")
    case let note where note.contains("again, unchanged"): _ = try await world.peer.put(seen[0], at: key)
    case let note where note.contains("with other data"):
      _ = try await world.peer.put(Value(Array("other".utf8), id: seen[0].id), at: key)
    case "put on the second key":
      _ = try await world.peer.put(Value(Array("two".utf8), id: 1), at: InfoHash(hashing: "two"))
    case let note where note.hasPrefix("put answered"): break
    case let note where note.contains("put") && !note.contains("without"):
      guard let value = toPut.first else { break }
      toPut.removeFirst()
      _ = try await world.peer.put(value, at: key)
    default: break
    }
  }

  /// A long run is cut out of one file.
  private func whole(_ bytes: [UInt8]) -> [UInt8] {
    guard conversation.name == "put-too-large" else { return bytes }
    let run = String(repeating: "eHh4", count: 21845)
    return Array(String(decoding: bytes, as: UTF8.self).replacing("eHh4{...}", with: run).utf8)
  }
}
