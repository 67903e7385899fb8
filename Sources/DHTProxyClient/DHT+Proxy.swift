internal import NIOConcurrencyHelpers
public import OpenDHT

extension DHT.Backend {
  /// A proxy, which has a node and does what we ask of it over HTTP.
  ///
  ///     var configuration = DHT.Configuration()
  ///     configuration.backend = .proxy(try ProxyConfiguration("http://127.0.0.1:8000"))
  ///
  /// Signing, encrypting, verifying and opening stay here: the proxy never sees a key. It cannot trace or ping; fields are
  /// selected here from whole values. A value is stored when the proxy says so: `PutReceipt.proxy`.
  public static func proxy(_ configuration: ProxyConfiguration) -> DHT.Backend {
    // What the device's token became is known to the engines that come later, too.
    let pushToken = NIOLockedValueBox(configuration.push?.token)
    return DHT.Backend { context throws(DHTError) in
      var configuration = configuration
      if let token = pushToken.withLockedValue({ $0 }) { configuration.push?.token = token }
      return try ProxyEngine(configuration, context) { token in pushToken.withLockedValue { $0 = token } }
    }
  }
}

extension DHT {
  /// Hands on what the device was pushed: the data as a map of texts. Listens then tell what is new.
  ///
  ///     let result = await dht.pushNotificationReceived(["key": "0beec7b5…", "s": "…", "t": "1763750000000"])
  @discardableResult
  public func pushNotificationReceived(_ data: [String: String]) async -> PushResult {
    await withEngine { engine in (engine as? ProxyEngine)?.received(data) ?? .unsupported } ?? .stopped
  }

  /// The device has another push token from now on; all subscriptions are renewed with it.
  public func setPushToken(_ token: String) async {
    _ = await withEngine { engine in (engine as? ProxyEngine)?.setPushToken(token) }
  }
}
