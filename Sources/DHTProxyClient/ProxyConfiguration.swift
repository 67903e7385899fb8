public import DHTProxyMessages
internal import DHTTransport
public import OpenDHT

/// How a proxy is used.
///
///     var proxy = try ProxyConfiguration("https://proxy.example.org")
///     proxy.trust = .file("/etc/ssl/our-ca.pem")
public struct ProxyConfiguration: Sendable {
  /// Whose certificates a server is to have.
  public enum Trust: Sendable, Hashable {
    /// Those of the file that the environment names as `CA_ROOT_FILE`, else of the folder named as `CA_ROOT_PATH`, else
    /// those that the system trusts.
    case standard
    /// Those of a file in PEM, and nobody else.
    case file(String)
    /// These, in PEM, and nobody else.
    case certificates([UInt8])
  }

  /// Where pushes go. With it a listen holds no connection; the application hands on what it is pushed, with
  /// `pushNotificationReceived`.
  public struct Push: Hashable, Sendable {
    /// Names the device to its platform; for UnifiedPush it is the URL to post to.
    public var token: String
    /// Names this node in the device, which may have several; comes back as `to`.
    public var clientID: String
    /// How the device is reached.
    public var platform: PushPlatform
    /// On iOS the bundle's id, for UnifiedPush the keys to encrypt with; empty for the server's own.
    public var topic: String

    /// A device.
    public init(token: String, clientID: String, platform: PushPlatform, topic: String = "") {
      self.token = token
      self.clientID = clientID
      self.platform = platform
      self.topic = topic
    }
  }

  /// Where the proxy is.
  let url: ProxyURL
  /// Where its name is looked up; tests put other names there.
  var resolver = Resolver.shared
  /// What we say who we are.
  public var userAgent = "opendht-swift/\(DHT.version)"
  /// Whose certificates the server is to have, over `https`.
  public var trust = Trust.standard
  /// Offered when the server asks for a certificate of ours.
  public var identity: Identity?
  /// Sent with each request as `Authorization: Bearer`; nil for none.
  public var bearerToken: String?
  /// What nobody else knows, and what our servers bind our permanent puts and subscriptions to: only who knows it renews or
  /// ends them before their time. Keep it from run to run: with another one they can be renewed no more. Nil for none;
  /// then a cancelled permanent put is announced for up to 24 h.
  public var secret: String?
  /// Where pushes go; nil keeps a connection for each key that is listened to.
  public var push: Push?
  /// Times and sizes.
  public var limits = ProxyLimits()

  /// A proxy: `http://host:port`, `https://host`, `host:port`.
  ///
  /// Throws `.cannotUseProxy` for what is no such URL.
  public init(_ url: String) throws(DHTError) {
    guard let url = ProxyURL(url) else { throw .cannotUseProxy("'\(url.prefix(100))' is no URL of http or https") }
    self.url = url
  }
}
