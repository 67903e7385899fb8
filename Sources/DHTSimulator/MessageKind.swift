public import DHTWire

/// What a datagram is about, without its content.
public enum MessageKind: Hashable, Sendable, CaseIterable {
  /// Requests, by their names in the protocol. (wire.md §3)
  case ping, find, get, put, listen, refresh, update
  /// What is no request: a reply, an error, a push to a listener of version 0, a part of a large value.
  case reply, failure, legacyPush, part
  /// Bytes that are no message.
  case undecodable

  /// Whether it asks for an answer.
  public var isRequest: Bool {
    switch self {
    case .ping, .find, .get, .put, .listen, .refresh, .update: true
    case .reply, .failure, .legacyPush, .part, .undecodable: false
    }
  }
}

extension Request {
  /// Its kind.
  public var kind: MessageKind {
    switch self {
    case .ping: .ping
    case .find: .find
    case .get: .get
    case .put: .put
    case .listen: .listen
    case .refresh: .refresh
    case .update: .update
    }
  }
}

extension Message {
  /// Its kind.
  public var kind: MessageKind {
    switch body {
    case .request(_, let request): request.kind
    case .reply: .reply
    case .failure: .failure
    case .legacyPush: .legacyPush
    case .part: .part
    }
  }
}
