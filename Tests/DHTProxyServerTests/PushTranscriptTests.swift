import DHTModel
import DHTProxyMessages
import Foundation
import NIOConcurrencyHelpers
import OpenDHT
import Testing

@testable import DHTProxyServer

/// What real servers sent to a gateway, or to an endpoint of UnifiedPush, and what ours sends of the same event.
@Suite struct PushTranscriptTests {
  /// One recorded push: `Vectors/RELEASE/push-PLATFORM-KIND.txt`.
  struct Recording: CustomTestStringConvertible, Sendable {
    let release: String, platform: String, kind: String
    let head: [String]
    let body: String
    var testDescription: String { "\(release) \(platform) \(kind)" }

    /// A text member of the body; each name stands in it once.
    func text(_ name: String) -> String? {
      body.split(separator: #""\#(name)":"#).dropFirst().first.map { rest in
        String(rest.trimmingPrefix("[").trimmingPrefix("\"").prefix { $0 != "\"" })
      }
    }
  }

  static let recordings: [Recording] = ["2.4.12", "4.3.1"].flatMap { release in
    ["android", "ios", "unknown", "unifiedpush"].flatMap { platform in
      ["high", "normal", "pushtype", "expired", "topic", "several"].compactMap { kind -> Recording? in
        let url = vectors.appending(path: "\(release)/push-\(platform)-\(kind).txt")
        guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("> ") }.map { String($0.dropFirst(2)) }
        // 2.4.12 asks at a port of its own, where nobody was.
        guard lines.count > 1 else { return nil }
        let head = lines.dropLast().map { $0.replacing(#"\r"#, with: "") }.filter { !$0.isEmpty }
        return Recording(
          release: release, platform: platform, kind: kind, head: head,
          body: lines.last?.replacing(#"\c"#, with: "") ?? "")
      }
    }
  }

  @Test("X-55 X-56 X-57 X-58 X-63: the same event, the same bytes", arguments: recordings)
  func replay(_ recording: Recording) async throws {
    let gateway = StandInGateway()
    let port = try await gateway.start()
    let network = StandInNetwork()
    network.state.withLockedValue { $0.addresses = [.init(ip: IPAddress(ipv4: 0x7f00_0001), port: port)] }
    var configuration = Registrations.Configuration()
    configuration.push.gateway = PushGateway(host: "127.0.0.1", port: port)
    configuration.push.allowsLocalEndpoints = true
    configuration.push.release = recording.release == "2.4.12" ? .v2 : .v4
    let registrations = Registrations(network.network, configuration)
    try await registrations.start()
    let target = recording.head[0].split(separator: " ")[1]
    let isEndpoint = recording.platform == "unifiedpush"
    let key = try #require(recording.text("key").flatMap { InfoHash(hex: $0) })
    let token = isEndpoint ? "http://127.0.0.1:\(port)\(target)" : try #require(recording.text("tokens"))
    let context = PushContext(
      token: token, clientID: recording.text("to") ?? "", platform: PushPlatform(rawValue: recording.platform),
      sessionID: recording.text("s") ?? "", topic: isEndpoint ? "" : recording.text("topic") ?? "")
    #expect(try await registrations.subscribe(SubscribeBody(context), at: key) == .new)
    for change in changes(of: recording) { network.tell(change, at: key) }
    let request = try #require(await gateway.requests(1).first)
    #expect(masked(request.body) == masked(recording.body))
    #expect(head(request.head) == head(recording.head))
    await registrations.stop()
    await gateway.stop()
  }

  private func changes(of recording: Recording) -> [ListenChange] {
    let isExpired = recording.kind == "expired"
    // 2.4.12 does not tell the ids, but for what is gone.
    let ids = (recording.text("ids") ?? recording.text("exp") ?? "11").split(separator: ",").compactMap { UInt64($0) }
    return ids.map { id in
      let value = Value(
        id: id, content: .plain(.init(data: [])), priority: recording.kind == "normal" ? 1 : 0,
        pushTypeBytes: Array((ids.count == 1 ? recording.text("pt") ?? "" : "").utf8))
      return isExpired ? .expired(value) : .added(value)
    }
  }

  // Times differ from run to run.
  private func masked(_ body: String) -> String {
    body.replacing(/"t":\d+/, with: #""t":0"#).replacing(/"expiration":\d+/, with: #""expiration":0"#)
  }

  // The port differs, and with what it says the length; ours keeps the connection.
  private func head(_ head: [String]) -> [String] {
    head.filter { !$0.hasPrefix("Connection: ") }.map { line in
      line.hasPrefix("Host: ") ? "Host" : line.hasPrefix("Content-Length: ") ? "Content-Length" : line
    }
  }
}
