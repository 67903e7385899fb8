/// Why a body is refused, in words for whoever sent it.
public enum MessageError: Error, Hashable, Sendable {
  /// There must be a body, and there is none.
  case missingBody
  /// The body is no JSON; why.
  case notJSON(String)
  /// The body is JSON, but no object.
  case notAnObject
  /// A member of a kind that cannot stand for what it is.
  case wrongKind(member: String)
  /// A number that is negative, or too large for its member.
  case outOfRange(member: String)
  /// A member that is not Base64.
  case badBase64(member: String)
  /// `owner` is not the PEM of a public key.
  case badOwner
  /// A member that must be there is not.
  case missing(member: String)
  /// No push token: no `key`, or an empty one.
  case noToken
  /// `to` names nobody to encrypt for.
  case noDestination
  /// A member with more bytes than it may have.
  case tooLong(member: String, limit: Int)
  /// A body, or a line of a stream, with more bytes than it may have.
  case bodyTooLong(limit: Int)
  /// A value larger than nodes store, in bytes.
  case valueTooLarge(limit: Int)
}

extension MessageError: CustomStringConvertible {
  /// One line.
  public var description: String {
    switch self {
    case .missingBody: "Missing parameters"
    case .notJSON: "Incorrect JSON"
    case .notAnObject: "The body must be a JSON object"
    case .wrongKind(let member): "The member '\(member)' is of the wrong kind"
    case .outOfRange(let member): "The number '\(member)' is out of range"
    case .badBase64(let member): "The member '\(member)' is not Base64"
    case .badOwner: "The member 'owner' is not a public key in PEM"
    case .missing(let member): "The member '\(member)' is missing"
    case .noToken: "No token"
    case .noDestination: "No destination found"
    case .tooLong(let member, let limit): "The member '\(member)' is longer than \(limit) bytes"
    case .bodyTooLong(let limit): "The body is longer than \(limit) bytes"
    case .valueTooLarge(let limit): "The value is larger than \(limit) bytes"
    }
  }
}
