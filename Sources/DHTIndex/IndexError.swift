public import OpenDHT

/// Why an index could not do what it was asked. Each has one clear line of description.
public enum IndexError: Error, Hashable, Sendable {
  /// An index needs a field.
  case noFields
  /// Two fields have this name.
  case fieldTwice(String)
  /// The fields, at their longest, take more bytes than a value of the network holds.
  case fieldsTooLong(limit: Int)
  /// The key lacks this field of the index.
  case missingField(String)
  /// The index has no such field.
  case unknownField(String)
  /// The key's value for a field has more bytes than the index gave it.
  case valueTooLong(field: String, limit: Int)
  /// The entry was made more than ten minutes ago: nodes would not keep it.
  case expired
  /// There is more under the prefix, or in the range, than is read at once.
  case tooMuch
  /// The network's reason.
  case network(DHTError)
}

extension IndexError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noFields: "An index needs at least one field."
    case .fieldTwice(let name): "Two fields are named \(name)."
    case .fieldsTooLong(let limit): "The fields of the index take more than \(limit) bytes."
    case .missingField(let name): "The key lacks the field \(name)."
    case .unknownField(let name): "The index has no field \(name)."
    case .valueTooLong(let name, let limit): "The value of the field \(name) has more than \(limit) bytes."
    case .expired: "The entry was made more than ten minutes ago."
    case .tooMuch: "More is stored there than is read at once."
    case .network(let error): error.description
    }
  }
}
