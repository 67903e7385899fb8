import DHTProxyMessages
import Foundation

/// One conversation of a real peer: `Vectors/RELEASE/NAME.txt`.
///
///     @ SECONDS C->S N bytes         N bytes from client to server follow; S->C the other way
///     > …, < …                       the bytes, split at LF; a line that ends with \c has no LF
struct Transcript: Sendable, CustomStringConvertible {
  struct Request: Sendable {
    let method, path: String
    let body: [UInt8]
  }
  struct Answer: Sendable {
    let status: Int
    let isStream: Bool
    let body: [UInt8]
  }

  let release: PeerRelease
  let name: String
  let requests: [Request]
  let answers: [Answer]

  var description: String { "\(release) \(name)" }
  /// Whether the requests are those of a real client, or of a real server to its gateway; else they were made by hand.
  var hasPeersRequests: Bool { name.hasPrefix("client-") || name.hasPrefix("push-") }
  /// A request with its answer, when there is one.
  var exchanges: [(Request, Answer?)] {
    requests.enumerated().map { ($1, $0 < answers.count ? answers[$0] : nil) }
  }

  static let all: [Transcript] = [(PeerRelease.v2, "2.4.12"), (.v4, "4.3.1")].flatMap { release, folder in
    let url = Bundle.module.resourceURL!.appending(path: "Vectors/\(folder)")
    return try! FileManager.default.contentsOfDirectory(atPath: url.path).filter { $0.hasSuffix(".txt") }.sorted().map {
      let text = try! String(contentsOf: url.appending(path: $0), encoding: .utf8)
      return Transcript(release: release, name: String($0.dropLast(4)), text: text)
    }
  }

  init(release: PeerRelease, name: String, text: String) {
    self.release = release
    self.name = name
    var sent: [UInt8] = [], received: [UInt8] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
      if line.hasPrefix("> ") { sent += Self.bytes(line.dropFirst(2)) }
      if line.hasPrefix("< ") { received += Self.bytes(line.dropFirst(2)) }
    }
    requests = Self.messages(sent).compactMap { head, body in
      let words = head[0].split(separator: " ").map(String.init)
      guard words.count == 3, words[1].hasPrefix("/") else { return nil }
      return Request(method: words[0], path: words[1], body: body)
    }
    answers = Self.messages(received).map { head, body in
      let isStream = head.contains("Transfer-Encoding: chunked")
      return Answer(status: Int(head[0].split(separator: " ")[1])!, isStream: isStream, body: body)
    }
  }

  private static func bytes(_ line: Substring) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = Array(line.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        bytes.append(byte)
        continue
      }
      switch rest.popFirst() {
      case UInt8(ascii: "r"): bytes.append(13)
      case UInt8(ascii: "t"): bytes.append(9)
      case UInt8(ascii: "c"): return bytes
      case UInt8(ascii: "x"):
        bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)!)
        rest = rest.dropFirst(2)
      default: bytes.append(UInt8(ascii: "\\"))
      }
    }
    return bytes + [10]
  }

  /// The messages of one direction: the lines of the head, and the body.
  private static func messages(_ bytes: [UInt8]) -> [(head: [String], body: [UInt8])] {
    var found: [(head: [String], body: [UInt8])] = []
    var rest = bytes[...]
    while let line = rest.popLine() {
      var head = [line]
      while let line = rest.popLine(), !line.isEmpty { head.append(line) }
      if head.contains(where: { $0.lowercased() == "transfer-encoding: chunked" }) {
        var body: [UInt8] = []
        while let size = rest.popLine().flatMap({ Int($0, radix: 16) }) {
          body += rest.prefix(size)
          rest = rest.dropFirst(size)
          _ = rest.popLine()
          if size == 0 { break }
        }
        found.append((head, body))
      } else {
        let length = head.compactMap { $0.hasPrefix("Content-Length: ") ? Int($0.dropFirst(16)) : nil }.first ?? 0
        found.append((head, Array(rest.prefix(length))))
        rest = rest.dropFirst(length)
      }
    }
    return found
  }
}

extension ArraySlice<UInt8> {
  /// Takes a line off, without its CR and LF; nil when there is none.
  fileprivate mutating func popLine() -> String? {
    guard let end = firstIndex(of: 10) else { return nil }
    var line = self[startIndex..<end]
    if line.last == 13 { line.removeLast() }
    self = self[(end + 1)...]
    return String(decoding: line, as: UTF8.self)
  }
}
