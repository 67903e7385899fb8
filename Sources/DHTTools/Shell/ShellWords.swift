/// The words of a shell line, one after the other.
///
/// Words are split at white space. A word that begins with `"` goes to the closing quote; inside, `\"` and `\\` stand for
/// themselves, `\n` and `\t` for a line end and a tab. Elsewhere quotes are ordinary characters, as in the network's tools.
struct ShellWords {
  enum Failure: Error, Equatable { case unclosedQuote }
  private(set) var rest: Substring

  init(_ line: String) {
    rest = line[...]
    skipSpace()
  }

  var isAtEnd: Bool { rest.isEmpty }

  /// The next word; nil at the end.
  mutating func next() throws(Failure) -> String? {
    guard let first = rest.first else { return nil }
    defer { skipSpace() }
    if first == "\"" { return try quoted() }
    let word = rest.prefix { !$0.isWhitespace }
    rest = rest[word.endIndex...]
    return String(word)
  }

  private mutating func quoted() throws(Failure) -> String {
    var word = ""
    var escaped = false
    var index = rest.index(after: rest.startIndex)
    while index < rest.endIndex {
      let character = rest[index]
      index = rest.index(after: index)
      if escaped {
        switch character {
        case "\"", "\\": word.append(character)
        case "n": word.append("\n")
        case "t": word.append("\t")
        default: word += "\\\(character)"
        }
        escaped = false
      } else if character == "\\" {
        escaped = true
      } else if character == "\"" {
        rest = rest[index...]
        return word
      } else {
        word.append(character)
      }
    }
    throw .unclosedQuote
  }

  private mutating func skipSpace() { rest = rest.drop { $0.isWhitespace } }
}
