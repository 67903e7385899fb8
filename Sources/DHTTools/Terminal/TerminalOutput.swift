/// A terminal with a prompt: keys go to the line editor, results are printed above it.
actor TerminalOutput: ShellOutput {
  nonisolated let isTerminal = true
  private var editor: LineEditor
  private let file: HistoryFile?

  init(words: [String], columns: Int, file: HistoryFile?) {
    self.file = file
    editor = LineEditor(columns: columns, history: History(file?.load() ?? []), words: words)
  }

  func result(_ text: [UInt8]) { print(text) }
  /// Where standard error is a file, a message belongs there.
  func message(_ text: String) {
    if Descriptor.standardError.isTerminal {
      print(Array(text.utf8))
    } else {
      Descriptor.standardError.write((text + "\n").utf8)
    }
  }

  private func print(_ text: [UInt8]) {
    editor.printAbove(text)
    flush()
  }

  func begin(prompt: String) {
    editor.begin(prompt: prompt)
    flush()
  }

  func feed(_ bytes: [UInt8]) { editor.feed(bytes) }

  /// What the bytes led to; nil when all are used.
  func next() -> LineEditor.Event? {
    let remembered = editor.history.lines
    let event = editor.next()
    flush()
    if case .line(let line) = event, editor.history.lines != remembered { file?.append(line) }
    return event
  }

  func resize(columns: Int) {
    editor.resize(columns: columns)
    flush()
  }

  /// Takes the prompt away; what is printed afterwards stands alone.
  func finish() {
    editor.finish()
    flush()
  }

  private func flush() { Descriptor.standardOutput.write(editor.takeOutput()) }
}
