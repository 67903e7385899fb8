/// Why bytes are not read as JSON.
package enum JSONError: Error, Hashable, Sendable {
  /// More bytes than the reader was told to take.
  case tooLong(limit: Int)
  /// More arrays and objects in one another.
  case tooDeep(limit: Int)
  /// More values in all.
  case tooManyValues(limit: Int)
  /// The bytes end within a value.
  case truncated
  /// A byte that cannot stand there.
  case unexpectedByte(offset: Int)
  /// An escape that there is none of, or half of a surrogate pair.
  case badEscape(offset: Int)
}

extension JSONError: CustomStringConvertible {
  /// One line.
  package var description: String {
    switch self {
    case .tooLong(let limit): "longer than \(limit) bytes"
    case .tooDeep(let limit): "nested deeper than \(limit)"
    case .tooManyValues(let limit): "more than \(limit) values"
    case .truncated: "ends too early"
    case .unexpectedByte(let offset): "unexpected byte at \(offset)"
    case .badEscape(let offset): "bad escape at \(offset)"
    }
  }
}
