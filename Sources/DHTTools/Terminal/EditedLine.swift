/// A line being written, and the place of the cursor in it. Works on what a reader sees as one character.
struct EditedLine: Equatable {
  private(set) var characters: [Character] = []
  /// 0 … `characters.count`.
  private(set) var cursor = 0

  init(_ text: String = "") {
    characters = Array(text)
    cursor = characters.count
  }

  var text: String { String(characters) }
  var textBeforeCursor: String { String(characters[..<cursor]) }

  /// Types a scalar. One that joins the character before, as an accent does, becomes part of it.
  mutating func insert(_ scalar: Unicode.Scalar) {
    if cursor > 0 {
      let joined = String(characters[cursor - 1]) + String(Character(scalar))
      if let only = joined.first, joined.count == 1 {
        characters[cursor - 1] = only
        return
      }
    }
    characters.insert(Character(scalar), at: cursor)
    cursor += 1
  }

  mutating func insert(_ text: String) {
    for scalar in text.unicodeScalars { insert(scalar) }
  }

  mutating func deleteBackward() {
    guard cursor > 0 else { return }
    cursor -= 1
    characters.remove(at: cursor)
  }

  mutating func deleteForward() {
    guard cursor < characters.count else { return }
    characters.remove(at: cursor)
  }

  mutating func moveLeft() { cursor = max(0, cursor - 1) }
  mutating func moveRight() { cursor = min(characters.count, cursor + 1) }
  mutating func moveToStart() { cursor = 0 }
  mutating func moveToEnd() { cursor = characters.count }
  mutating func moveWordLeft() { cursor = wordStart }

  mutating func moveWordRight() {
    while cursor < characters.count, characters[cursor].isWhitespace { cursor += 1 }
    while cursor < characters.count, !characters[cursor].isWhitespace { cursor += 1 }
  }

  /// Cuts to the end; returns what was cut. So do the other two.
  mutating func cutToEnd() -> String { cut(cursor..<characters.count) }
  mutating func cutToStart() -> String { cut(0..<cursor) }
  mutating func cutWord() -> String { cut(wordStart..<cursor) }

  private mutating func cut(_ range: Range<Int>) -> String {
    let text = String(characters[range])
    characters.removeSubrange(range)
    cursor = range.lowerBound
    return text
  }

  private var wordStart: Int {
    var index = cursor
    while index > 0, characters[index - 1].isWhitespace { index -= 1 }
    while index > 0, !characters[index - 1].isWhitespace { index -= 1 }
    return index
  }
}
