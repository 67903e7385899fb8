/// The line at the prompt, as a state machine: bytes of the keyboard in, bytes for the screen out.
///
///     editor.begin()                         // draws the prompt
///     editor.feed(bytes)
///     while let event = editor.next() { … }  // after a line: run it, then begin() again
///     write(editor.takeOutput())
///
/// Reads nothing, writes nothing, knows no time; what is printed meanwhile goes through `printAbove`.
struct LineEditor {
  enum Event: Equatable {
    case line(String)
    /// ^D on an empty line.
    case endOfInput
    /// ^C.
    case interrupt
  }
  /// Longer lines are not taken; a pasted file stops here.
  static let maximumCharacters = 65536

  private(set) var prompt: String
  private(set) var history: History
  private let words: [String]
  private var columns: Int
  private var line = EditedLine()
  private var decoder = KeyDecoder()
  private var waiting: [UInt8] = []
  private var output: [UInt8] = []
  private var killed = ""
  private var tabs = 0
  /// Whether the prompt is on the screen, and on which of its rows the cursor stands.
  private var isDrawn = false
  private var cursorRow = 0
  /// Whether the line is no longer as it stands on the screen.
  private var isStale = false

  /// `words` are completed at the start of a line.
  init(prompt: String = "", columns: Int, history: History = History(), words: [String] = []) {
    self.prompt = prompt
    self.columns = columns
    self.history = history
    self.words = words
  }

  /// What stands at the prompt.
  var text: String { line.text }

  /// Shows the prompt for a new line: another one, if it is given.
  mutating func begin(prompt: String? = nil) {
    if let prompt { self.prompt = prompt }
    line = EditedLine()
    draw()
  }

  /// Takes bytes of the keyboard.
  mutating func feed(_ bytes: some Sequence<UInt8>) { waiting += bytes }

  /// What the bytes led to; nil when all are used. Bytes behind a finished line wait until the next `begin`.
  mutating func next() -> Event? {
    guard isDrawn else { return nil }
    var used = 0
    // One drawing for all that came at once: a pasted line is not drawn again for each of its characters.
    defer {
      waiting.removeFirst(used)
      if isDrawn, isStale { draw() }
    }
    while used < waiting.count {
      let byte = waiting[used]
      used += 1
      guard let key = decoder.take(byte) else { continue }
      tabs = key == .tab ? tabs + 1 : 0
      if let event = press(key) { return event }
    }
    return nil
  }

  /// Bytes for the screen since the last call.
  mutating func takeOutput() -> [UInt8] {
    defer { output = [] }
    return output
  }

  /// Prints above the prompt, which stays as it is. A missing line end is added.
  mutating func printAbove(_ text: [UInt8]) {
    let wasDrawn = isDrawn
    erase()
    output += text
    if text.last != 0x0a { output.append(0x0a) }
    if wasDrawn { draw() }
  }

  /// The terminal has other columns now. It moved the text by itself: the rows are counted anew.
  mutating func resize(columns: Int) {
    let wasDrawn = isDrawn
    self.columns = columns
    guard wasDrawn else { return }
    cursorRow = layout(upTo: line.cursor).cursor.row
    erase()
    draw()
  }

  /// Takes the prompt off the screen, at the end.
  mutating func finish() {
    guard isDrawn else { return }
    line.moveToEnd()
    draw()
    leave()
  }
}

// Keys.
extension LineEditor {
  private mutating func press(_ key: Key) -> Event? {
    switch key {
    case .enter: return enter()
    case .text(let scalar):
      guard line.characters.count < Self.maximumCharacters else { return nil }
      line.insert(scalar)
    case .tab: complete()
    case .backspace: line.deleteBackward()
    case .delete: line.deleteForward()
    case .left: line.moveLeft()
    case .right: line.moveRight()
    case .wordLeft: line.moveWordLeft()
    case .wordRight: line.moveWordRight()
    case .home: line.moveToStart()
    case .end: line.moveToEnd()
    case .up: if let older = history.older(than: line.text) { line = EditedLine(older) }
    case .down: if let newer = history.newer() { line = EditedLine(newer) }
    case .control(let letter): return control(letter)
    }
    isStale = true
    return nil
  }

  private mutating func control(_ letter: Character) -> Event? {
    switch letter {
    case "a": line.moveToStart()
    case "b": line.moveLeft()
    case "c":
      finish()
      return .interrupt
    case "d":
      guard !line.characters.isEmpty else {
        finish()
        return .endOfInput
      }
      line.deleteForward()
    case "e": line.moveToEnd()
    case "f": line.moveRight()
    case "k": killed = line.cutToEnd()
    case "l":
      output += "\u{1b}[H\u{1b}[2J".utf8
      cursorRow = 0
    case "n": return press(.down)
    case "p": return press(.up)
    case "u": killed = line.cutToStart()
    case "w": killed = line.cutWord()
    case "y": line.insert(killed)
    default: return nil
    }
    isStale = true
    return nil
  }

  private mutating func enter() -> Event {
    finish()
    let text = line.text
    history.add(text)
    return .line(text)
  }

  // The first tab completes as far as it is clear, the second shows the choice.
  private mutating func complete() {
    let start = line.textBeforeCursor
    guard !start.contains(where: \.isWhitespace) else { return }
    let candidates = words.filter { $0.hasPrefix(start) }
    guard let first = candidates.first else { return }
    if candidates.count == 1 {
      line.insert(String(first.dropFirst(start.count)) + " ")
      return
    }
    let common = candidates.dropFirst().reduce(first) { common, word in
      String(zip(common, word).prefix { $0 == $1 }.map(\.0))
    }
    if common.count > start.count {
      line.insert(String(common.dropFirst(start.count)))
      tabs = 0
    } else if tabs > 1 {
      printAbove(Array(candidates.joined(separator: "  ").utf8))
    }
  }
}

// The screen.
extension LineEditor {
  private func layout(upTo index: Int) -> LineLayout {
    var layout = LineLayout(columns: columns)
    layout.add(prompt)
    layout.add(line.characters[..<index])
    return layout
  }

  private mutating func erase() {
    guard isDrawn else { return }
    moveUp(cursorRow)
    output += "\r\u{1b}[J".utf8
    isDrawn = false
    cursorRow = 0
  }

  private mutating func draw() {
    erase()
    output += prompt.utf8
    output += line.text.utf8
    let end = layout(upTo: line.characters.count)
    // A full row leaves the terminal's cursor in the last column until something follows.
    if end.cursor != end.place { output += "\r\n".utf8 }
    let cursor = layout(upTo: line.cursor).cursor
    moveUp(end.cursor.row - cursor.row)
    output += "\r".utf8
    if cursor.column > 0 { output += "\u{1b}[\(cursor.column)C".utf8 }
    cursorRow = cursor.row
    isDrawn = true
    isStale = false
  }

  /// Leaves the line on the screen and goes below it. Below a full row the cursor stands already.
  private mutating func leave() {
    let end = layout(upTo: line.characters.count)
    if end.cursor == end.place { output += "\r\n".utf8 }
    isDrawn = false
    cursorRow = 0
  }

  private mutating func moveUp(_ rows: Int) {
    if rows > 0 { output += "\u{1b}[\(rows)A".utf8 }
  }
}
