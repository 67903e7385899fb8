import DHTText
import OpenDHT

/// A JSON value to be written. Keys stay in the order given, so that a line reads well and never changes its form.
///
/// Our own, forty lines: Foundation's encoder would double the size of a static binary and sort or shuffle the keys.
enum JSON {
  case null
  case bool(Bool)
  case integer(Int)
  /// A span of time, written as seconds with nanoseconds behind the point.
  case seconds(Duration)
  case string(String)
  case array([JSON])
  case object([(String, JSON)])
}

extension JSON: CustomStringConvertible {
  /// One line, no spaces.
  var description: String {
    var text = ""
    write(to: &text)
    return text
  }

  private func write(to text: inout String) {
    switch self {
    case .null: text += "null"
    case .bool(let flag): text += flag ? "true" : "false"
    case .integer(let number): text += String(number)
    case .seconds(let duration): text += numberText("%.9f", duration.inSeconds).trimmingZeros
    case .string(let string): Self.write(string, to: &text)
    case .array(let elements):
      text += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { text += "," }
        element.write(to: &text)
      }
      text += "]"
    case .object(let members):
      text += "{"
      for (index, (name, value)) in members.enumerated() {
        if index > 0 { text += "," }
        Self.write(name, to: &text)
        text += ":"
        value.write(to: &text)
      }
      text += "}"
    }
  }

  // U+2028 and U+2029 are escaped too: some readers of lines take them for line ends.
  private static func write(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\0"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}

extension String {
  /// `1.500000000` as `1.5`, `2.000000000` as `2`.
  fileprivate var trimmingZeros: String {
    var text = self[...]
    while text.last == "0" { text = text.dropLast() }
    if text.last == "." { text = text.dropLast() }
    return String(text)
  }
}
