/// A JSON value. Members stay in the order given, so that what is written reads well and never changes its form.
///
/// Our own, not Foundation's: its encoder would double the size of a static binary and sort or shuffle the members, and
/// the proxy's messages are fixed to the byte.
package enum JSON: Sendable {
  case null
  case bool(Bool)
  /// A number as its text: neither 64-bit ids nor decimals lose digits on the way.
  case number(String)
  case string(String)
  case array([JSON])
  case object([(String, JSON)])

  /// A whole number.
  package static func integer(_ number: Int) -> JSON { .number(String(number)) }
}

extension JSON {
  /// The last member of a name, as peers read it; nil when there is none, or this is no object.
  package subscript(name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.0 == name }?.1
  }

  /// The text of a string; nil for anything else.
  package var string: String? {
    if case .string(let text) = self { text } else { nil }
  }
}

extension JSON: CustomStringConvertible {
  /// One line, no spaces, fit for a terminal.
  package var description: String {
    var writer = JSONWriter(escaping: .unprintable)
    writer.write(self)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}
