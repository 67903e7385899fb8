import DHTJSON
import DHTText
import OpenDHT

/// A search drawn line by line.
///
///     hop bits  round trip  node                                      answer
///      0    3     1.23 ms   f03f2c… 127.0.0.1:4222                    8 nodes, token
struct TraceReport {
  let key: InfoHash
  let isColored: Bool

  let head = "hop bits  round trip  node and answer"

  /// A line for everything but a question; questions are told by their answers.
  func line(for step: TraceStep) -> String? {
    let text: String
    switch step.kind {
    case .asked: return nil
    case .answered(let nodes, let values, let hasToken):
      var parts = [Self.count(nodes.count, "node")]
      if values > 0 { parts.append(painted(Paint.green, Self.count(values, "value"))) }
      if hasToken { parts.append("token") }
      text = parts.joined(separator: ", ")
    case .late: text = painted(Paint.yellow, "late, the next is asked")
    case .silent: text = painted(Paint.red, "silent")
    case .refused(let code): text = painted(Paint.red, "refused with \(code)")
    }
    let bits = key.commonBits(with: step.node.id)
    let trip = step.roundTrip.map(durationText) ?? "-"
    let indent = step.hop == 0 ? "" : String(repeating: "  ", count: min(step.hop, 20) - 1) + "└ "
    return
      "\(Self.padded(step.hop, 3)) \(Self.padded(bits, 4))  \(Self.padded(trip, 10))  \(indent)\(step.node)  \(text)"
  }

  func foot(_ outcome: GetOutcome, elapsed: Duration) -> String {
    let ending = outcome.ending == .completed ? "done" : outcome.ending.name
    return """
      \(ending) in \(durationText(elapsed)): \(outcome.answered) of the \(outcome.closest) closest nodes answered, \
      \(Self.count(outcome.delivered, "value")) found
      """
  }

  func members(of step: TraceStep, since begin: Instant) -> [(String, JSON)] {
    var members: [(String, JSON)] = [("at", .seconds(step.at - begin)), ("step", .string(step.kind.name))]
    members += [("hop", .integer(step.hop)), ("bits", .integer(key.commonBits(with: step.node.id)))]
    members += JSON.members(of: step.node)
    if let trip = step.roundTrip { members.append(("roundTrip", .seconds(trip))) }
    switch step.kind {
    case .asked(let attempt): members.append(("attempt", .integer(attempt)))
    case .answered(let nodes, let values, let hasToken):
      members += [
        ("nodes", .array(nodes.map { .object(JSON.members(of: $0)) })), ("values", .integer(values)),
        ("token", .bool(hasToken)),
      ]
    case .refused(let code): members.append(("code", .integer(Int(code))))
    case .late, .silent: break
    }
    return members
  }

  func members(of outcome: GetOutcome, elapsed: Duration) -> [(String, JSON)] {
    [
      ("step", .string("done")), ("ending", .string(outcome.ending.name)), ("answered", .integer(outcome.answered)),
      ("closest", .integer(outcome.closest)), ("values", .integer(outcome.delivered)), ("elapsed", .seconds(elapsed)),
    ]
  }

  private func painted(_ paint: (String) -> String, _ text: String) -> String { isColored ? paint(text) : text }
  private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
  private static func padded(_ text: some CustomStringConvertible, _ width: Int) -> String {
    let text = text.description
    return String(repeating: " ", count: max(0, width - text.count)) + text
  }
}

extension TraceStep.Kind {
  fileprivate var name: String {
    switch self {
    case .asked: "asked"
    case .answered: "answered"
    case .late: "late"
    case .silent: "silent"
    case .refused: "refused"
    }
  }
}

extension Ending {
  /// The case in a word, for JSON.
  var name: String {
    switch self {
    case .completed: "completed"
    case .isolated: "isolated"
    case .throttled: "throttled"
    case .timedOut: "timedOut"
    case .cancelled: "cancelled"
    case .replaced: "replaced"
    case .invalid: "invalid"
    }
  }
}
