public import DHTProxyMessages

/// Where pushes go.
public struct PushConfiguration: Hashable, Sendable {
  /// The Gorush gateway, for every platform but UnifiedPush. Without one nothing is sent to those, and nothing fails.
  public var gateway: PushGateway?
  /// The topic of clients that name none: the bundle's id on iOS.
  public var defaultTopic = ""
  /// Whose form notifications have; gateways of 2.4.12's time want the older one.
  public var release = PeerRelease.v4
  /// Names that endpoints of UnifiedPush may have; nil for any. In lower case.
  public var unifiedPushHosts: Set<String>?
  /// Whether endpoints of UnifiedPush may be in this machine or its network. Then every client can make the server send
  /// requests there: for tests, and for networks without strangers.
  public var allowsLocalEndpoints = false
  /// What pushes may take.
  public var limits = PushLimits()

  /// No gateway; UnifiedPush to any public address.
  public init(gateway: PushGateway? = nil) { self.gateway = gateway }
}
