import DHTProxyMessages
import Foundation
import OpenDHT
import Testing

@testable import DHTProxyServer

/// Every conversation with a real server, held with ours: the same bytes are sent, and the answers compared.
///
/// Masked: ids that the server drew, node ids, ports, counters, times, signatures. Where ours answers otherwise on
/// purpose, `Deviation.all` says so; nothing else may differ.
@Suite struct ReplayTests {
  @Test(
    "X-2 X-3 X-5 X-6 X-7 X-8 X-9 X-13 X-17 X-18 X-20 X-21 X-22 X-23 X-33 X-34 X-35 X-36 X-43 X-44 X-46 X-47 X-48 X-66: as real servers answer",
    .timeLimit(.minutes(2)), arguments: Conversation.all.filter { !elsewhere.contains($0.name) })
  func replay(_ conversation: Conversation) async throws {
    let ours = try await Replay(conversation).run()
    let theirs = HTTPAnswer.all(in: conversation.expected)
    if let deviation = Deviation.of(conversation) {
      #expect(ours.map(\.status) == [deviation.status], "\(conversation): \(ours)")
      #expect(ours.first?.text.split(separator: "\n").sorted() == deviation.body.split(separator: "\n").sorted())
      #expect(ours.first.map(\.fields)?.first { $0.hasPrefix("Allow: ") } == deviation.allow, "\(conversation)")
    } else {
      #expect(
        ours.map { Mask($0, conversation).description } == theirs.map { Mask($0, conversation).description },
        "\(conversation)")
    }
  }

  /// Values encrypted for the server's node or another: ours forwards both, and a test of its own shows it.
  private static let elsewhere: Set = [
    "get-encrypted-for-proxy", "get-encrypted-other", "encrypt-get", "encrypt-long-id",
  ]

  @Test("the conversations are all there") func conversations() {
    #expect(Conversation.all.count == 228, "\(Conversation.all.count)")
    let replayed = Conversation.all.count { !Self.elsewhere.contains($0.name) }
    #expect(replayed == 224, "\(replayed)")
  }
}

/// An answer without what must differ.
private struct Mask: CustomStringConvertible {
  let description: String

  init(_ answer: HTTPAnswer, _ conversation: Conversation) {
    var text = answer.text
    let isReport = text.contains("\"node_id\"")
    if isReport {
      text.replace(/"(node_id|id)":"[0-9a-f]{40}"/) { "\"\($0.output.1)\":HASH" }
      text.replace(/,"network_size_estimation":[0-9]+|"table_depth":[0-9]+,/, with: "")
      text.replace(/":-?[0-9.e+-]+([,}])/) { "\":N\($0.output.1)" }
    }
    if conversation.sent.starts(with: Array("POST".utf8)) {
      let sent = String(decoding: conversation.sent, as: UTF8.self)
      text.replace(/"id":"([0-9]{10,20})"/) { sent.contains($0.output.1) ? String($0.output.0) : "\"id\":DRAWN" }
    }
    if conversation.name.hasPrefix("sign"), conversation.sent.starts(with: Array("POST".utf8)) {
      text.replace(/"(owner|sig)":"[^"]*"/) { "\"\($0.output.1)\":KEY" }
    }
    let isMasked = text != answer.text
    let fields = answer.fields.map { field in
      isMasked && field.hasPrefix("Content-Length: ")
        ? "Content-Length: \(field == "Content-Length: \(answer.body.count)")" : field
    }
    // Values stand in any order.
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).sorted().joined(separator: "\n")
    description = ([answer.statusLine] + fields + [answer.isComplete ? "whole" : "unfinished", lines])
      .joined(separator: "\n")
  }
}

/// Where ours answers better than a real server. (proxy.md §16)
struct Deviation {
  var status: Int
  var body: String
  var allow: String?
  /// Why; for readers.
  var reason: String
  /// The release whose answer is another; nil for both.
  var release: String?

  static func of(_ conversation: Conversation) -> Deviation? {
    guard let deviation = all[conversation.name], deviation.release ?? conversation.release == conversation.release
    else { return nil }
    return deviation
  }

  private static func refusal(_ status: Int, _ words: String, _ reason: String, _ release: String? = nil) -> Deviation {
    Deviation(status: status, body: "{\"err\":\"\(words)\"}", reason: reason, release: release)
  }
  private static func unreadable(_ reason: String) -> Deviation { refusal(400, "Malformed request", reason) }
  private static func preflight(_ release: String? = nil) -> Deviation {
    Deviation(status: 200, body: "", reason: "OPTIONS on every path", release: release)
  }
  private static func otherMethod(_ body: String = "{\"err\":\"Method not allowed\"}") -> Deviation {
    Deviation(
      status: 405, body: body, allow: "Allow: GET, POST, SUBSCRIBE, UNSUBSCRIBE, OPTIONS",
      reason: "says what is allowed")
  }
  private static func value(_ body: String, _ reason: String) -> Deviation {
    Deviation(status: 200, body: body + "\n", reason: reason, release: "2.4.12")
  }

  /// What a listen had told when the server stopped.
  private static let listened = """
    {"data":"Y2hhbmdlZA==","id":"1","type":0}
    {"data":"c2Vjb25k","id":"2","prio":3,"type":0,"utype":"text/plain"}
    {"data":"ZnJvbS1hLW5vZGU=","id":"3747207058101474052","type":0,"utype":"text/plain"}
    {"data":"dGhpcmQ=","id":"3","type":0}
    {"data":"Zm91cnRo","id":"4","type":0}

    """

  static let all: [String: Deviation] = [
    "bad-request-line": unreadable("an answer, not just a closed connection"),
    "h2c-preface": unreadable("an answer, not just a closed connection"),
    "method-encrypt": unreadable("X-16: refused with an answer"),
    "method-listen": unreadable("X-16: refused with an answer"),
    "method-sign": unreadable("X-16: refused with an answer"),
    "method-stats": unreadable("X-16: refused with an answer"),
    "listen-server-stop": Deviation(
      status: 200, body: listened, reason: "X-50: the last chunk comes, as from newer servers", release: "2.4.12"),
    "encrypt-bad-to": refusal(403, "The node's identity is not for clients", "there is such a route", "2.4.12"),
    "sign-no-identity": refusal(403, "The node's identity is not for clients", "there is such a route", "2.4.12"),
    "options-key": preflight(), "options-root": preflight(), "options-listen": preflight("2.4.12"),
    "ping-push": Deviation(status: 200, body: "{}", reason: "there is such a route, and it is answered"),
    "ping-push-android": Deviation(status: 200, body: "{}", reason: "there is such a route, and it is answered"),
    "ping-push-no-token": refusal(400, "No token", "there is such a route", "2.4.12"),
    "put-array": refusal(400, "The body must be a JSON object", "not our fault: 400, and why"),
    "put-string": refusal(400, "The body must be a JSON object", "not our fault: 400, and why"),
    "put-prio-negative": refusal(400, "The number 'prio' is out of range", "not our fault: 400, and why"),
    "put-type-string": refusal(400, "The member 'type' is of the wrong kind", "not our fault: 400, and why"),
    "put-owner-bad": refusal(400, "The member 'owner' is not a public key in PEM", "not our fault: 400, and why"),
    "put-b64-bad": refusal(400, "The member 'data' is not Base64", "not our fault: 400, and why"),
    "put-b64-nopad": value("{\"data\":\"aGVsbG8=\",\"id\":\"1\",\"type\":0}", "X-25: read, not zeroed"),
    "put-b64-space": value("{\"data\":\"aGVsbG8=\",\"id\":\"1\",\"type\":0}", "X-25: read, not zeroed"),
    "put-b64-url": Deviation(
      status: 200, body: "{\"data\":\"+/+/\",\"id\":\"1\",\"type\":0}\n", reason: "the URL-safe alphabet is read"),
    "put-type-big": value("{\"data\":\"\",\"id\":\"1\",\"type\":3}", "an empty text is no data"),
    "put-too-large": refusal(413, "The value is larger than 65536 bytes", "X-38: at once, not after 8 s"),
    "unmatched-delete": otherMethod(), "unmatched-patch": otherMethod(), "unmatched-put": otherMethod(),
    "unmatched-head": otherMethod(""),
    "unmatched-filter": Deviation(
      status: 405, body: "{\"err\":\"Method not allowed\"}", allow: "Allow: DELETE, OPTIONS",
      reason: "the path of a permanent put"),
    "unmatched-path": refusal(404, "Not found", "X-12: says what is wrong"),
    "unsubscribe-no-token": refusal(400, "No token", "says what is wrong"),
  ]
}
