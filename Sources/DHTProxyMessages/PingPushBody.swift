internal import DHTJSON

/// What a client sends to be pushed to once, as a test: `POST /node/pingPush`. (proxy.md §8.4)
public struct PingPushBody: Hashable, Sendable {
  /// Whom to push to. There is no session in it.
  public var context: PushContext

  /// A test.
  public init(_ context: PushContext) { self.context = context }

  /// Reads a body. An empty one is no JSON.
  ///
  /// - Throws: what cannot be read, or that there is no token.
  public init(reading body: [UInt8]) throws(MessageError) {
    context = try PushContext(try JSON(body: body))
    guard !context.token.isEmpty else { throw .noToken }
  }

  /// The body; without a line end.
  public func bytes() -> [UInt8] {
    var writer = JSONWriter(escaping: .notASCII)
    writer.object { object in
      object.member("client_id", context.clientID)
      object.member("key", context.token)
      object.member("platform", context.platform.rawValue)
      object.member("topic", context.topic)
    }
    return writer.bytes
  }
}
