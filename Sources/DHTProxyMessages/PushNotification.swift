internal import DHTJSON
public import DHTModel

/// A push as it leaves a server: to a gateway, which is Gorush, or to an endpoint of UnifiedPush. (proxy.md §8.6)
public struct PushNotification: Hashable, Sendable {
  /// The device.
  public var token: String
  /// How to reach it.
  public var platform: PushPlatform
  /// On iOS the bundle's id; empty for none.
  public var topic: String
  /// What the client is told.
  public var data: PushData
  /// Whether the device is to wake up for it.
  public var isUrgent: Bool

  /// How long gateways and endpoints keep what they cannot deliver, in seconds: as long as a subscription lives.
  public static let timeToLive = 86400

  /// A push.
  public init(token: String, platform: PushPlatform, topic: String, data: PushData, isUrgent: Bool) {
    self.token = token
    self.platform = platform
    self.topic = topic
    self.data = data
    self.isUrgent = isUrgent
  }

  /// Tells of values that came, or are gone. It is urgent if one came whose priority is 0.
  ///
  /// - Parameters:
  ///   - time: now, in milliseconds since 1970.
  public init(of values: [Value], areExpired: Bool, at key: InfoHash, to context: PushContext, time: UInt64) {
    self.init(
      context, .values(PushedValues(values, areExpired: areExpired, of: key, time: time)), sessionID: context.sessionID,
      isUrgent: !areExpired && values.contains { $0.priority == 0 })
  }

  /// Reminds of a subscription, or of the permanent put of a value, that ends in two hours.
  public init(timeoutAt key: InfoHash, valueID: Value.ID? = nil, to context: PushContext) {
    self.init(context, .timeout(key: key, valueID: valueID), sessionID: context.sessionID, isUrgent: false)
  }

  /// Answers a test.
  public init(pongTo context: PushContext) {
    self.init(context, .pong, sessionID: nil, isUrgent: true)
  }

  private init(_ context: PushContext, _ subject: PushData.Subject, sessionID: String?, isUrgent: Bool) {
    self.init(
      token: context.token, platform: context.platform, topic: context.topic,
      data: PushData(subject, clientID: context.clientID, sessionID: sessionID), isUrgent: isUrgent)
  }
}

extension PushNotification {
  /// The header `Urgency` of a push by UnifiedPush.
  public var urgency: String { isUrgent ? "high" : "normal" }

  /// The body for Gorush's `POST /api/push`; without a line end. Every platform but Android is asked for as iOS.
  ///
  /// - Parameters:
  ///   - now: seconds since 1970.
  public func gatewayBody(now: UInt64, for release: PeerRelease = .v4) -> [UInt8] {
    var writer = JSONWriter(escaping: .notASCII)
    writer.object { body in
      body.name("notifications")
      body.array { list in
        list.object { notification in
          if platform == .android {
            writeAndroid(to: &notification, for: release)
          } else {
            writeIOS(to: &notification, now: now, for: release)
          }
        }
      }
    }
    return writer.bytes
  }

  // Members in byte order of their names.
  private func writeAndroid(to object: inout JSONWriter, for release: PeerRelease) {
    if release == .v4 {
      object.member("android") {
        $0.member("priority", urgency)
        $0.member("ttl", "\(Self.timeToLive)s")
      }
    }
    writeData(to: &object, for: release)
    object.member("platform", 2)
    if release == .v2 {
      object.member("priority", urgency)
      object.member("time_to_live", Self.timeToLive)
    }
    writeTokens(to: &object)
  }

  private func writeIOS(to object: inout JSONWriter, now: UInt64, for release: PeerRelease) {
    // Background pushes are dropped at the system's will, and a subscription lost so stays lost: 4.x shows an alert.
    let isAlert = isUrgent || release == .v4 && data.isTimeout
    if isAlert { object.member("alert") { $0.member("title", "hello") } }
    if !isAlert { object.member("content_available", true) }
    writeData(to: &object, for: release)
    object.member("expiration", now &+ UInt64(Self.timeToLive))
    if isAlert { object.member("mutable_content", true) }
    object.member("platform", 1)
    object.member("priority", isAlert ? "high" : "normal")
    object.member("push_type", isAlert ? "alert" : "background")
    writeTokens(to: &object)
    if !topic.isEmpty { object.member("topic", topic) }
  }

  private func writeData(to object: inout JSONWriter, for release: PeerRelease) {
    object.name("data")
    data.write(to: &object, for: release)
  }

  private func writeTokens(to object: inout JSONWriter) {
    object.name("tokens")
    object.array { $0.string(token) }
  }
}

extension PushData {
  fileprivate var isTimeout: Bool {
    if case .timeout = subject { true } else { false }
  }
}
