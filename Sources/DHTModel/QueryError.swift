/// Why a text is no query.
public enum QueryError: Error, Hashable, Sendable {
  /// A filter names a field that does not exist.
  case unknownField(String)
}

extension QueryError: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch self {
    case .unknownField(let name): "Error parsing query. (WHERE) wrong token near: \(name)"
    }
  }
}
