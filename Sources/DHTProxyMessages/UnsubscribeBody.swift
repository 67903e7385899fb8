internal import DHTJSON

/// What a client sends to end a subscription: `UNSUBSCRIBE /key/KEY`. (proxy.md §8.3)
public struct UnsubscribeBody: Hashable, Sendable {
  /// The device's token.
  public var token: String
  /// The node in the device; others with the same token stay.
  public var clientID: String
  /// The secret that the subscription was made with; empty for none.
  public var secret: String

  /// The end of a subscription.
  public init(token: String, clientID: String, secret: String = "") {
    self.token = token
    self.clientID = clientID
    self.secret = secret
  }

  /// Reads a body.
  ///
  /// - Throws: what cannot be read, or that there is no token.
  public init(reading body: [UInt8]) throws(MessageError) {
    let context = try PushContext(try JSON(body: body))
    guard !context.token.isEmpty else { throw .noToken }
    self.init(token: context.token, clientID: context.clientID, secret: context.secret)
  }

  /// The body as clients write it; without a line end.
  public func bytes() -> [UInt8] {
    var writer = JSONWriter(escaping: .notASCII)
    writer.object { object in
      object.member("client_id", clientID)
      object.member("key", token)
      if !secret.isEmpty { object.member("secret", secret) }
    }
    return writer.bytes
  }
}
