/// How a device is reached. Any text is a platform to peers; those without a name here are treated like `none`.
public struct PushPlatform: RawRepresentable, Hashable, Sendable {
  /// The text that names it.
  public var rawValue: String

  /// A platform of this text.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// Android, by the gateway.
  public static let android = PushPlatform(rawValue: "android")
  /// iOS, by the gateway.
  public static let iOS = PushPlatform(rawValue: "ios")
  /// UnifiedPush: the token is a URL to post to.
  public static let unifiedPush = PushPlatform(rawValue: "unifiedpush")
  /// None is told; the gateway is asked as for iOS.
  public static let none = PushPlatform(rawValue: "")
}
