/// Lines entered before, and the walk through them.
struct History {
  /// Older lines than this are forgotten.
  static let maximumCount = 1000
  private(set) var lines: [String]
  /// While walking: which line is shown, and what was being written before.
  private var walk: (index: Int, draft: String)?

  init(_ lines: [String] = []) { self.lines = lines.suffix(Self.maximumCount) }

  /// Remembers a line; not an empty one, nor one like the last, nor one that begins with a space. Returns whether it did.
  @discardableResult
  mutating func add(_ line: String) -> Bool {
    walk = nil
    guard !line.isEmpty, line.first != " ", line != lines.last else { return false }
    lines.append(line)
    if lines.count > Self.maximumCount { lines.removeFirst() }
    return true
  }

  /// The line before the one shown; nil at the oldest. `current` is what is being written.
  mutating func older(than current: String) -> String? {
    let index = (walk?.index ?? lines.count) - 1
    guard index >= 0 else { return nil }
    walk = (index, walk?.draft ?? current)
    return lines[index]
  }

  /// The line after the one shown, in the end what was being written; nil when that is shown.
  mutating func newer() -> String? {
    guard let (index, draft) = walk else { return nil }
    guard index + 1 < lines.count else {
      walk = nil
      return draft
    }
    walk = (index + 1, draft)
    return lines[index + 1]
  }
}
