import DHTText

/// Takes a command line apart as GNU `getopt_long` does, so that every line written for the network's tools works.
///
/// `--name=value`, `--name value`, unambiguous abbreviations of long names, `-nvalue`, `-n value`, clusters of short
/// flags, options and operands in any order, `--` before operands only.
struct OptionParser<Name: Hashable & Sendable>: Sendable {
  struct Option: Sendable {
    var name: Name
    var long: String?
    var short: Character?
    var takesValue: Bool
  }
  struct Item: Equatable {
    var name: Name
    var value: String?
  }
  struct Line: Equatable {
    var items: [Item] = []
    var operands: [String] = []
  }

  let options: [Option]

  /// The options of a line in their order, and what is no option.
  func parse(_ arguments: [String]) throws(OptionError) -> Line {
    var line = Line()
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        line.operands += rest
        break
      } else if argument.hasPrefix("--") {
        line.items.append(try long(argument.dropFirst(2), &rest))
      } else if argument.hasPrefix("-"), argument != "-" {
        try shorts(argument.dropFirst(), &rest, &line)
      } else {
        line.operands.append(argument)
      }
    }
    return line
  }

  private func long(_ text: Substring, _ rest: inout ArraySlice<String>) throws(OptionError) -> Item {
    let equals = text.firstIndex(of: "=")
    let written = String(text[..<(equals ?? text.endIndex)])
    let option = try option(abbreviated: written)
    let inline = equals.map { String(text[text.index(after: $0)...]) }
    guard option.takesValue else {
      if inline != nil { throw .needlessValue("--\(option.long ?? written)") }
      return Item(name: option.name)
    }
    guard let value = inline ?? rest.popFirst() else { throw .missingValue("--\(option.long ?? written)") }
    return Item(name: option.name, value: value)
  }

  private func option(abbreviated written: String) throws(OptionError) -> Option {
    if let exact = options.first(where: { $0.long == written }) { return exact }
    let candidates = options.filter { $0.long?.hasPrefix(written) == true }
    guard let only = candidates.first, !written.isEmpty else { throw .unknown("--\(written)") }
    guard candidates.count == 1 else {
      throw .ambiguous("--\(written)", candidates.compactMap(\.long).map { "--\($0)" })
    }
    return only
  }

  private func shorts(_ text: Substring, _ rest: inout ArraySlice<String>, _ line: inout Line) throws(OptionError) {
    var letters = text
    while let letter = letters.popFirst() {
      guard let option = options.first(where: { $0.short == letter }) else { throw .unknown("-\(letter)") }
      guard option.takesValue else {
        line.items.append(Item(name: option.name))
        continue
      }
      // What follows the letter is its value, else the next argument, whatever that looks like.
      guard let value = letters.isEmpty ? rest.popFirst() : String(letters) else { throw .missingValue("-\(letter)") }
      line.items.append(Item(name: option.name, value: value))
      return
    }
  }
}

extension OptionParser.Item {
  init(name: Name) { self.init(name: name, value: nil) }
}

/// What is wrong with a command line, in one line.
enum OptionError: Error, Equatable, CustomStringConvertible {
  case unknown(String)
  case ambiguous(String, [String])
  case missingValue(String)
  case needlessValue(String)
  case badValue(String, String, expected: String)
  case unavailable(String)
  case unexpectedOperand(String)
  case contradiction(String)

  var description: String {
    switch self {
    case .unknown(let option): "unknown option '\(terminalSafe(option))'"
    case .ambiguous(let option, let candidates):
      "option '\(terminalSafe(option))' is ambiguous: \(candidates.joined(separator: ", "))"
    case .missingValue(let option): "option '\(option)' needs a value"
    case .needlessValue(let option): "option '\(option)' takes no value"
    case .badValue(let option, let value, let expected):
      "'\(terminalSafe(value))' is no value for \(option): \(expected)"
    case .unavailable(let option): "option '\(option)' is not available in this version"
    case .unexpectedOperand(let operand): "unexpected argument '\(terminalSafe(operand))'"
    case .contradiction(let text): text
    }
  }
}
