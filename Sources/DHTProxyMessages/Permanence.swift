import DHTJSON

/// How a put is kept alive: for 24 hours after the last refresh, and with whom to remind of that. (proxy.md §6)
public enum Permanence: Hashable, Sendable {
  /// The client comes back by itself.
  case unreminded
  /// A push goes to the client two hours before the end. Its token may be empty: then it only tells clients apart.
  case reminding(PushContext)
}

extension Permanence {
  private static let name = "permanent"

  /// Whatever the member's value is: that it is there makes a put permanent. Only an object says more.
  init?(_ json: JSON) throws(MessageError) {
    switch json[Self.name] {
    case nil: return nil
    case .object?: self = .reminding(try PushContext(json[Self.name] ?? .null))
    case .null, .bool, .number, .string, .array: self = .unreminded
    }
  }

  func write(to object: inout JSONWriter) {
    switch self {
    case .unreminded: object.member(Self.name, true)
    case .reminding(let context): object.member(Self.name, object: { context.writeMembers(to: &$0) })
    }
  }
}
