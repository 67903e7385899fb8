internal import DHTJSON

/// What a client sends to be told of changes by pushes: `SUBSCRIBE /key/KEY`. (proxy.md §8.2)
public struct SubscribeBody: Hashable, Sendable {
  /// Whom to push to.
  public var context: PushContext
  /// Whether the client knows the values: a subscription that the server has is then renewed without sending them.
  public var isRefresh: Bool

  /// The answer to a new subscription, and the only line of the answer to a refresh.
  public static let answer = Array("{}\n".utf8)

  /// A subscription, or its renewal.
  public init(_ context: PushContext, isRefresh: Bool = false) {
    self.context = context
    self.isRefresh = isRefresh
  }

  /// Reads a body. An empty one is no JSON, as peers say of it here.
  ///
  /// - Throws: what cannot be read, or that there is no token.
  public init(reading body: [UInt8]) throws(MessageError) {
    let json = try JSON(body: body)
    context = try PushContext(json)
    isRefresh = if case .bool(true) = json["refresh"] { true } else { false }
    guard !context.token.isEmpty else { throw .noToken }
  }

  /// The body as clients write it, a space after it and no line end.
  public func bytes() -> [UInt8] {
    var writer = JSONWriter(escaping: .notASCII)
    writer.object { context.writeMembers(refresh: isRefresh, to: &$0) }
    return writer.bytes + [UInt8(ascii: " ")]
  }
}
