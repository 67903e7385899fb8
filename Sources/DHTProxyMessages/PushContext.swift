internal import DHTJSON

/// Whom to push to: what a client tells of itself and of its device. (proxy.md §8.1)
public struct PushContext: Hashable, Sendable {
  /// Names the device to its platform. For UnifiedPush it is the URL to post to.
  public var token: String
  /// Names the node in the device: several may have one token. Comes back as `to`.
  public var clientID: String
  /// How to reach the device.
  public var platform: PushPlatform
  /// Names one run of the client. Comes back as `s`, so that the client knows pushes of an earlier one.
  public var sessionID: String
  /// On iOS the bundle's id, for UnifiedPush the keys to encrypt with; empty for the server's own.
  public var topic: String
  /// What whoever renews or ends this later must know; empty for nothing. Drawn at random by clients of ours; peers
  /// neither send nor read it.
  public var secret: String

  /// A client and its device.
  public init(
    token: String, clientID: String = "", platform: PushPlatform = .none, sessionID: String = "", topic: String = "",
    secret: String = ""
  ) {
    self.token = token
    self.clientID = clientID
    self.platform = platform
    self.sessionID = sessionID
    self.topic = topic
    self.secret = secret
  }

  /// Draws a session id, eight characters out of 90, as clients do at their start.
  public static func randomSessionID(using generator: inout some RandomNumberGenerator) -> String {
    let characters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&()*+,./:;<=>?@[]^_`{|}~")
    return String((0..<8).map { _ in characters[Int.random(in: 0..<characters.count, using: &generator)] })
  }
}

extension PushContext {
  init(_ json: JSON) throws(MessageError) {
    token = try json.text("key", limit: MessageLimits.tokenBytes)
    clientID = try json.text("client_id", limit: MessageLimits.textBytes)
    platform = PushPlatform(rawValue: try json.text("platform", limit: MessageLimits.textBytes))
    sessionID = try json.text("session_id", limit: MessageLimits.textBytes)
    topic = try json.text("topic", limit: MessageLimits.textBytes)
    secret = try json.text("secret", limit: MessageLimits.textBytes)
  }

  func writeMembers(refresh: Bool = false, to object: inout JSONWriter) {
    object.member("client_id", clientID)
    object.member("key", token)
    object.member("platform", platform.rawValue)
    if refresh { object.member("refresh", true) }
    if !secret.isEmpty { object.member("secret", secret) }
    object.member("session_id", sessionID)
    object.member("topic", topic)
  }
}
