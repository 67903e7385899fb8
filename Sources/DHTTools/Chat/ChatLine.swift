import OpenDHT

/// A line of `dhtchat`, understood. (tools.md §5)
enum ChatLine: Equatable {
  /// Nothing was written.
  case nothing
  case join(KeyArgument)
  case exit
  case leave
  /// A message for all, signed.
  case say(String)
  /// A message for one; its text keeps the space before it.
  case whisper(Recipient, String)
  /// Not understood, and nothing is sent; what the person is told.
  case wrong(String)

  /// Reads a line, outside or inside a channel.
  init(_ line: String, isInside: Bool) {
    guard line.contains(where: { !$0.isWhitespace }) else {
      self = .nothing
      return
    }
    self = isInside ? Self.inside(line) : Self.outside(line)
  }

  private static func outside(_ line: String) -> ChatLine {
    let words = line.split(whereSeparator: \.isWhitespace)
    switch words.first {
    case "x", "q", "exit", "quit": return .exit
    case "c":
      guard words.count > 1 else { return .wrong("Syntax: c {hash}") }
      return .join(KeyArgument(String(words[1])))
    default: return .wrong("Unknown command. Type 'c {hash}' to join a channel")
    }
  }

  private static func inside(_ line: String) -> ChatLine {
    let words = line.split(maxSplits: 2, omittingEmptySubsequences: true, whereSeparator: \.isWhitespace)
    switch words.first {
    case "d" where words.count == 1: return .leave
    // Whatever begins so was meant for one alone: it is never said to all.
    case "e":
      guard words.count == 3, let recipient = Recipient(hex: words[1]), recipient.id != .zero else {
        return .wrong("Syntax: e [id of the recipient, 40 or 64 digits] [text]. Nothing was sent.")
      }
      return .whisper(recipient, String(line[words[1].endIndex...]))
    default: return .say(line)
    }
  }
}
