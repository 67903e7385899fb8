/// What one client may use: an address, a range of addresses, or the holder of a token.
public struct ClientLimits: Hashable, Sendable {
  /// Requests per second, in the long run. A client in a loop without pause, as deployed ones are when an operation fails
  /// again and again (proxy.md §12.4), makes thousands; 5,000 users behind one address that each ask twice a minute, 170.
  public var requestsPerSecond: Double
  /// Requests at once, before the rate counts. A phone that comes back subscribes to, or asks for, each of its keys: some
  /// hundreds; several behind one address do so together when their network returns.
  public var requestBurst: Int
  /// Open connections. Deployed clients need one for each listen: some hundreds for a phone.
  public var connections: Int
  /// Running listens, each with a connection or a stream of HTTP/2 of its own.
  public var listens: Int
  /// Event streams. One is enough for all keys of an application.
  public var streams: Int
  /// Keys of its event streams together. Each is a listen of the node, which has a bounded number of them for all.
  public var streamKeys: Int

  /// Limits that are not given are the defaults.
  public init(
    requestsPerSecond: Double = 500, requestBurst: Int = 5_000, connections: Int = 4_096, listens: Int = 4_096,
    streams: Int = 256, streamKeys: Int = 8_192
  ) {
    self.requestsPerSecond = requestsPerSecond
    self.requestBurst = requestBurst
    self.connections = connections
    self.listens = listens
    self.streams = streams
    self.streamKeys = streamKeys
  }

  /// No limit but those of the whole server.
  public static let none = ClientLimits(
    requestsPerSecond: .infinity, requestBurst: .max, connections: .max, listens: .max, streams: .max, streamKeys: .max)
}
