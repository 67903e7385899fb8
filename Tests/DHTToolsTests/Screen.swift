@testable import DHTTools

/// A terminal for tests: interprets what the editor sends, wraps as terminals do, and shows its rows.
struct Screen {
  let columns: Int
  private(set) var rows: [[Character?]] = [[]]
  private(set) var row = 0
  private(set) var column = 0
  private var isWrapPending = false

  init(columns: Int) { self.columns = columns }

  /// The rows as text, without empty ones at the end; the second half of a wide character is left out.
  var text: [String] {
    var lines = rows.map { String($0.compactMap { $0 }.reversed().drop { $0 == " " }.reversed()) }
    while lines.last == "" { lines.removeLast() }
    return lines
  }

  mutating func show(_ bytes: [UInt8]) {
    var rest = Array(String(decoding: bytes, as: UTF8.self))[...]
    while let character = rest.popFirst() {
      switch character {
      case "\r\n":
        column = 0
        lineFeed()
      case "\r":
        column = 0
        isWrapPending = false
      case "\n":  // as a terminal in its usual output mode shows it
        column = 0
        lineFeed()
      case "\u{1b}": escape(&rest)
      default: put(character)
      }
    }
  }

  private mutating func escape(_ rest: inout ArraySlice<Character>) {
    guard rest.popFirst() == "[" else { return put("?") }
    let digits = rest.prefix { $0.isNumber }
    rest = rest.dropFirst(digits.count)
    let number = Int(String(digits)) ?? 1
    isWrapPending = false
    switch rest.popFirst() {
    case "A": row = max(0, row - number)
    case "C": column = min(columns - 1, column + number)
    case "H": (row, column) = (0, 0)
    case "J" where digits == ["2"]: rows = [[]] + Array(repeating: [], count: row)
    case "J":
      rows[row] = Array(rows[row].prefix(column))
      rows = Array(rows.prefix(row + 1))
    default: put("?")  // no sequence that a terminal of this kind knows: the test sees it
    }
    while rows.count <= row { rows.append([]) }
  }

  private mutating func lineFeed() {
    isWrapPending = false
    row += 1
    if rows.count <= row { rows.append([]) }
  }

  private mutating func put(_ character: Character) {
    let width = displayWidth(character)
    if isWrapPending || column + width > columns {
      column = 0
      lineFeed()
    }
    while rows[row].count < column + width { rows[row].append(" ") }
    rows[row][column] = character
    if width == 2 { rows[row][column + 1] = nil }
    column += width
    if column == columns {
      column = columns - 1
      isWrapPending = true
    }
  }
}
