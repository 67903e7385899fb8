/// What a scenario measured, in order: for people as lines, for programs as one JSON object.
struct Results {
  enum Entry {
    case number(Double)
    case text(String)
    case figures(Figures)
  }
  private var entries: [(name: String, entry: Entry)] = []

  mutating func add(_ name: String, _ number: Int) { entries.append((name, .number(Double(number)))) }
  mutating func add(_ name: String, _ number: Double) { entries.append((name, .number(number))) }
  mutating func add(_ name: String, _ text: String) { entries.append((name, .text(text))) }
  mutating func add(_ name: String, _ figures: Figures) { entries.append((name, .figures(figures))) }

  func print(asJSON: Bool) {
    if asJSON { return Swift.print(json) }
    let width = entries.map(\.name.count).max() ?? 0
    for (name, entry) in entries {
      Swift.print(name + String(repeating: " ", count: width + 2 - name.count) + text(of: entry))
    }
  }

  private func text(of entry: Entry) -> String {
    switch entry {
    case .number(let number): short(number)
    case .text(let text): text
    case .figures(let figures):
      "median \(short(figures.median))  p99 \(short(figures.p99))  max \(short(figures.greatest))"
    }
  }

  private var json: String {
    let fields = entries.map { name, entry in
      let key = name.split(whereSeparator: { !$0.isLetter && !$0.isNumber }).joined(separator: "_")
      switch entry {
      case .number(let number): return "\"\(key)\":\(short(number))"
      case .text(let text): return "\"\(key)\":\"\(text)\""
      case .figures(let figures):
        return "\"\(key)\":{\"median\":\(short(figures.median)),\"p99\":\(short(figures.p99)),"
          + "\"max\":\(short(figures.greatest)),\"count\":\(figures.count)}"
      }
    }
    return "{" + fields.joined(separator: ",") + "}"
  }
}

/// A number with at most two decimals.
func short(_ number: Double) -> String {
  guard number.isFinite else { return "0" }
  let hundredths = Int((number * 100).rounded())
  if hundredths % 100 == 0 { return "\(hundredths / 100)" }
  let fraction = abs(hundredths % 100)
  return "\(hundredths < 0 ? "-" : "")\(abs(hundredths) / 100).\(fraction < 10 ? "0" : "")\(fraction)"
}
