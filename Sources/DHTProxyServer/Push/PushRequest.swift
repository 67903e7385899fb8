internal import DHTJSON
internal import DHTProxyMessages
internal import DHTSecurity

/// A request to a gateway or an endpoint, ready to be sent. (proxy.md §8.6)
struct PushRequest: Equatable, Sendable {
  var endpoint: HTTPEndpoint
  /// In the order peers send them; the length of the body comes last.
  var headers: [(name: String, value: String)]
  var body: [UInt8]

  /// For a gateway: one notification.
  ///
  /// - Parameters:
  ///   - now: seconds since 1970.
  init?(_ notification: PushNotification, to gateway: PushGateway, now: UInt64, release: PeerRelease) {
    guard let endpoint = HTTPEndpoint("\(gateway)/api/push") else { return nil }
    self.endpoint = endpoint
    headers = [
      ("Accept", "*/*"), ("Content-Type", "application/json"), ("Host", gateway.hostAndPort),
      ("User-Agent", Self.userAgent),
    ]
    body = notification.gatewayBody(now: now, for: release)
  }

  /// For an endpoint of UnifiedPush: the data itself, encrypted where the topic holds keys. Nil when the token is no URL,
  /// or what looks like keys cannot be used: nothing is sent then.
  init?(unifiedPush notification: PushNotification, release: PeerRelease) {
    guard let endpoint = HTTPEndpoint(notification.token) else { return nil }
    self.endpoint = endpoint
    body = notification.data.bytes(for: release)
    headers = [("Accept", "*/*")]
    if notification.topic.contains("|") {
      guard let receiver = WebPushReceiver(topic: notification.topic), let cypher = try? receiver.encrypt(body) else {
        return nil
      }
      body = cypher
      headers.append(("Content-Encoding", "aes128gcm"))
    }
    headers += [("Content-Type", "application/json"), ("Host", endpoint.hostHeader)]
    if release == .v4 {
      headers += [("TTL", String(PushNotification.timeToLive)), ("Urgency", notification.urgency)]
    }
    headers.append(("User-Agent", Self.userAgent))
  }

  // Gateways and endpoints have seen no other from proxies.
  private static let userAgent = "RESTinio client"

  static func == (x: PushRequest, y: PushRequest) -> Bool {
    x.endpoint == y.endpoint && x.body == y.body && x.headers.elementsEqual(y.headers, by: ==)
  }
}

extension WebPushReceiver {
  /// The keys of a topic: `P256DH|AUTH`, both in Base64, standard or for URLs, padded or not. (proxy.md §8.6)
  init?(topic: String) {
    let parts = topic.split(separator: "|", omittingEmptySubsequences: false)
    guard parts.count == 2, let key = base64Bytes(String(parts[0])), let auth = base64Bytes(String(parts[1])) else {
      return nil
    }
    guard let receiver = try? WebPushReceiver(p256dh: key, auth: auth) else { return nil }
    self = receiver
  }
}
