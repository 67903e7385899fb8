import Testing

@testable import DHTTools

/// An editor and the screen it draws on.
private struct Session {
  var editor: LineEditor
  var screen: Screen
  var events: [LineEditor.Event] = []

  init(columns: Int = 20, history: [String] = [], words: [String] = ["get", "log", "long", "lr"]) {
    editor = LineEditor(prompt: ">> ", columns: columns, history: History(history), words: words)
    screen = Screen(columns: columns)
    editor.begin()
    screen.show(editor.takeOutput())
  }

  /// Types text; after each line the prompt comes again, as in the shell.
  mutating func type(_ text: String) { type(Array(text.utf8)) }
  mutating func type(_ bytes: [UInt8]) {
    editor.feed(bytes)
    while let event = editor.next() {
      events.append(event)
      if case .line = event { editor.begin() }
    }
    screen.show(editor.takeOutput())
  }
  mutating func print(_ text: String) {
    editor.printAbove(Array(text.utf8))
    screen.show(editor.takeOutput())
  }
}

/// SplitMix64: the same keys for the same seed.
private struct Sequence64: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var x = state
    x = (x ^ (x >> 30)) &* 0xbf58_476d_1ce4_e5b9
    x = (x ^ (x >> 27)) &* 0x94d0_49bb_1331_11eb
    return x ^ (x >> 31)
  }
}

@Suite struct LineEditorTests {
  private static let escape = "\u{1b}"

  @Test(
    "Bytes of the keyboard in, the screen and its cursor out",
    arguments: [
      ("abc", ["\u{3e}\u{3e} abc"], 6),
      ("abc\u{7f}", [">> ab"], 5),
      ("abc\u{8}", [">> ab"], 5),
      ("abc\u{1}x", [">> xabc"], 4),
      ("abc\(escape)[Dx", [">> abxc"], 6),
      ("abc\(escape)[D\(escape)[Cx", [">> abcx"], 7),
      ("abc\(escape)[Hx\(escape)[Fy", [">> xabcy"], 8),
      ("abc\(escape)OHx\(escape)OFy", [">> xabcy"], 8),
      ("abc\(escape)[1~x\(escape)[4~y", [">> xabcy"], 8),
      ("abc\(escape)[D\(escape)[3~", [">> ab"], 5),
      ("abc\u{2}\u{4}", [">> ab"], 5),
      ("ab cd\u{17}", [">> ab"], 6),
      ("ab cd\u{17}\u{17}", [">>"], 3),
      ("ab cd\u{15}", [">>"], 3),
      ("ab cd\u{1}\u{b}", [">>"], 3),
      ("ab cd\u{15}\u{19}\u{19}", [">> ab cdab cd"], 13),
      ("ab cd\(escape)bx", [">> ab xcd"], 7),
      ("ab cd\(escape)[1;5D\(escape)[1;5Dx\(escape)fy", [">> xaby cd"], 7),
      ("ab\(escape)[200~c\(escape)[99zd", [">> abcd"], 7),
      ("a\u{0}\u{1c}b", [">> ab"], 5),
      ("é日本", [">> é日本"], 8),
      ("日本\(escape)[D\u{7f}", [">> 本"], 3),
      ("e\u{301}x\(escape)[D\u{7f}", [">> x"], 3),
      ("👩‍👩‍👧‍👦x", [">> 👩‍👩‍👧‍👦x"], 6),
    ])
  func editing(keys: String, rows: [String], column: Int) {
    var session = Session()
    session.type(keys)
    #expect(session.screen.text == rows)
    #expect(session.screen.column == column)
    // The same in single bytes: nothing depends on how they arrive.
    var slow = Session()
    for byte in keys.utf8 { slow.type([byte]) }
    #expect(slow.screen.text == rows && slow.screen.column == column)
  }

  @Test("Broken UTF-8 and broken sequences are swallowed") func broken() {
    var session = Session()
    session.type([0xff, 0xc3, 0x28, 0xe2, 0x82, 0x41, 0xf0, 0x9f, 0x0d])
    #expect(session.events == [.line("(A")])
    session.type(Array("\u{1b}[1;1;1;1;1;1;1;1;1;1;1;1;1;1Dx\u{1b}[\rz".utf8))
    #expect(session.events == [.line("(A"), .line("x")])
  }

  @Test("Lines, end of input and interrupt are told") func events() {
    var session = Session()
    session.type("one\rtwo\nrest")
    #expect(session.events == [.line("one"), .line("two")])
    #expect(session.screen.text == [">> one", ">> two", ">> rest"])
    session.type("\u{3}")
    #expect(session.events.last == .interrupt)
    var other = Session()
    other.type("a\u{4}\u{7f}\u{4}")
    #expect(other.events == [.endOfInput])
  }

  @Test("A long line wraps, and is edited across its rows") func wrapping() {
    var session = Session(columns: 10)
    session.type("abcdefg")  // with the prompt exactly a row
    #expect(session.screen.text == [">> abcdefg"])
    #expect(session.screen.row == 1 && session.screen.column == 0)
    session.type("hij")
    #expect(session.screen.text == [">> abcdefg", "hij"])
    session.type("\u{1}X")
    #expect(session.screen.text == [">> Xabcdef", "ghij"])
    #expect(session.screen.row == 0 && session.screen.column == 4)
    session.type("\u{5}\u{15}")
    #expect(session.screen.text == [">>"])
    session.type("abcdef日")  // a wide character does not fit the last column
    #expect(session.screen.text == [">> abcdef", "日"])
    session.type("\r")
    #expect(session.screen.text == [">> abcdef", "日", ">>"])
    session.type("\u{15}abcdefg\rx")
    #expect(session.screen.text == [">> abcdef", "日", ">> abcdefg", ">> x"])
  }

  @Test("T-6: what is printed meanwhile does not break the prompt") func printing() {
    var session = Session(columns: 10)
    session.type("abcdefghij\u{1b}[D")
    session.print("Get: done")
    #expect(session.screen.text == ["Get: done", ">> abcdefg", "hij"])
    #expect(session.screen.row == 2 && session.screen.column == 2)
    session.type("X\r")
    #expect(session.events == [.line("abcdefghiXj")])
    session.print("two\nlines\n")
    #expect(session.screen.text == ["Get: done", ">> abcdefg", "hiXj", "two", "lines", ">>"])
  }

  @Test("Another width draws the line anew") func resizing() {
    var session = Session(columns: 20)
    session.type("abcdefghij")
    // A terminal that cuts, as the simplest do: what counts is that the line is whole afterwards.
    session.editor.resize(columns: 30)
    session.screen.show(session.editor.takeOutput())
    #expect(session.screen.text == [">> abcdefghij"])
    session.type("k\r")
    #expect(session.events == [.line("abcdefghijk")])
  }

  @Test("History: up, down, back to what was being written") func history() {
    var session = Session(history: ["first", "second"])
    session.type("dra\u{1b}[A")
    #expect(session.screen.text == [">> second"])
    session.type("\u{10}\u{10}\u{10}")
    #expect(session.screen.text == [">> first"])
    session.type("\u{e}\u{1b}[B")
    #expect(session.screen.text == [">> dra"])
    session.type("\u{1b}[A!\r")
    #expect(session.events == [.line("second!")])
    #expect(session.editor.history.lines == ["first", "second", "second!"])
    session.type("second!\r secret\r\r")
    #expect(session.editor.history.lines == ["first", "second", "second!"])
  }

  @Test("History forgets the oldest") func historyBound() {
    var history = History()
    for number in 0..<(History.maximumCount + 5) { history.add("line \(number)") }
    #expect(history.lines.count == History.maximumCount && history.lines.first == "line 5")
  }

  @Test("Tab completes commands, and shows the choice the second time") func completion() {
    var session = Session()
    session.type("g\t")
    #expect(session.screen.text == [">> get"] && session.screen.column == 7)
    session.type("\u{15}lo\t")
    #expect(session.screen.text == [">> lo"])
    session.type("\t")
    #expect(session.screen.text == ["log  long", ">> lo"])
    session.type("n\t\t")
    #expect(session.screen.text == ["log  long", ">> long"])
    session.type("x\t\tz\t")
    #expect(session.screen.text.last == ">> long xz")
  }

  @Test("Clearing the screen keeps the line") func clearing() {
    var session = Session()
    session.type("one\rtwo\u{c}")
    #expect(session.screen.text == [">> two"])
  }

  @Test("Whatever is pressed, the screen shows the line", arguments: UInt64(1)...200)
  func randomKeys(seed: UInt64) {
    var random = Sequence64(state: seed)
    let keys = [
      "a", "é", "日", "😀", "e\u{301}", " ", "\u{7f}", "\u{1}", "\u{5}", "\u{b}", "\u{15}", "\u{17}", "\u{19}", "\u{4}",
      "\u{1b}[A", "\u{1b}[B", "\u{1b}[C", "\u{1b}[D", "\u{1b}[3~", "\u{1b}b", "\u{1b}f", "xyz日本xyz",
    ]
    let columns = Int.random(in: 4...16, using: &random)
    var session = Session(columns: columns, history: ["日 first", "second, which is longer than a row"])
    session.type("x")
    for _ in 0..<60 {
      session.type(keys.randomElement(using: &random) ?? "")
      if session.editor.text.isEmpty { session.type("x") }  // ^D on an empty line would end it
      session.type("\u{0}")
    }
    session.type("\u{5}")
    var fresh = Session(columns: columns)
    fresh.type(session.editor.text)
    #expect(session.screen.text == fresh.screen.text, "seed \(seed)")
    #expect(session.screen.row == fresh.screen.row && session.screen.column == fresh.screen.column, "seed \(seed)")
    session.print("up")
    #expect(session.screen.text == ["up"] + fresh.screen.text, "seed \(seed)")
  }

  @Test("A line has a bound") func bound() {
    var session = Session(columns: 80)
    session.type(String(repeating: "a", count: LineEditor.maximumCharacters + 10))
    session.type("\r")
    guard case .line(let line)? = session.events.first else { Issue.record("no line"); return }
    #expect(line.count == LineEditor.maximumCharacters)
  }

  @Test(
    "Columns of characters",
    arguments: [
      ("a", 1), ("é", 1), ("e\u{301}", 1), ("日", 2), ("ﾊ", 1), ("Ｗ", 2), ("😀", 2), ("❤\u{fe0f}", 2), ("한", 2),
      ("\u{200d}", 0),
    ])
  func width(text: Character, columns: Int) {
    #expect(displayWidth(text) == columns)
  }
}
