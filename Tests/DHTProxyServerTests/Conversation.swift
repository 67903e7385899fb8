import Foundation

/// One conversation of a real peer as it can be held again: what the client sends and does, what the server answers.
///
///     @ SECONDS C->S N bytes         N bytes from client to server follow; S->C the other way
///     > …, < …                       the bytes, split at LF; a line that ends with \c has no LF
///     @ SECONDS note: …              what else happened
struct Conversation: Sendable, CustomStringConvertible {
  enum Step: Sendable {
    case send([UInt8])
    case expect([UInt8])
    case note(String)
  }

  let release: String
  let name: String
  let hasIdentity: Bool
  let steps: [Step]

  var description: String { "\(release) \(name)" }
  var expected: [UInt8] {
    steps.flatMap { (step: Step) -> [UInt8] in if case .expect(let bytes) = step { bytes } else { [] } }
  }
  var sent: [UInt8] {
    steps.flatMap { (step: Step) -> [UInt8] in if case .send(let bytes) = step { bytes } else { [] } }
  }

  /// The conversations with real servers. They stand with the tests of the messages.
  static let all: [Conversation] = ["2.4.12", "4.3.1"].flatMap { (release: String) -> [Conversation] in
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "DHTProxyMessagesTests/Vectors/\(release)")
    let names = try! FileManager.default.contentsOfDirectory(atPath: folder.path)
    return names.filter { $0.hasSuffix(".txt") && !$0.hasPrefix("client-") && !$0.hasPrefix("push-") }.sorted().map {
      let text = try! String(contentsOf: folder.appending(path: $0), encoding: .utf8)
      return Conversation(release: release, name: String($0.dropLast(4)), text: text)
    }
  }

  init(release: String, name: String, text: String) {
    self.release = release
    self.name = name
    hasIdentity = text.contains("proxy server with an identity")
    var steps: [Step] = []
    for line in text.split(separator: "\n") {
      let bytes = Self.bytes(line.dropFirst(2))
      if line.hasPrefix("> ") {
        if case .send(let earlier)? = steps.last {
          steps[steps.count - 1] = .send(earlier + bytes)
        } else {
          steps.append(.send(bytes))
        }
      } else if line.hasPrefix("< ") {
        if case .expect(let earlier)? = steps.last {
          steps[steps.count - 1] = .expect(earlier + bytes)
        } else {
          steps.append(.expect(bytes))
        }
      } else if line.hasPrefix("@ "), let note = line.range(of: "note: ") {
        steps.append(.note(String(line[note.upperBound...])))
      } else if line.hasPrefix("@ "), line.contains("C->S") {
        steps.append(.send([]))
      } else if line.hasPrefix("@ "), line.contains("S->C") {
        steps.append(.expect([]))
      }
    }
    self.steps = steps
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
}
