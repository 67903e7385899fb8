/// How much the server does, in all and for one client. Whoever asks for more is told so, and by when to come back.
///
///     var limits = ProxyLimits()
///     limits.exceptions.append(.init(addresses: office, limits: .none))
public struct ProxyLimits: Sendable {
  /// Other limits for some addresses: each address among them alone, by the first entry that fits. Ranges of IPv6 have
  /// 64 bits at most, since that much counts as one address.
  public struct Exception: Sendable {
    /// Whom it is for.
    public var addresses: AddressRange
    /// What each of them may use.
    public var limits: ClientLimits

    /// Limits for each of some addresses.
    public init(addresses: AddressRange, limits: ClientLimits) {
      self.addresses = addresses
      self.limits = limits
    }
  }

  /// What one address may use: an IPv4 address, or 64 bits of an IPv6 one, since that is the least that a household has.
  public var perAddress = ClientLimits()
  /// What the holder of a token may use, wherever it comes from, unless the file of tokens says otherwise.
  public var perToken = ClientLimits()
  /// Addresses with limits of their own. By default the machine itself has none: tests, collectors of statistics, and a
  /// reverse proxy, which passes on the requests of all others.
  public var exceptions: [Exception] = [
    Exception(addresses: .loopbackIPv4, limits: .none), Exception(addresses: .loopbackIPv6, limits: .none),
  ]
  // Listens, keys of streams and registrations are operations of the node, which has room for 65,536: together they leave
  // some thousands for gets and puts, as long as none is raised without raising that of the node.

  /// Running listens in all; each has a connection or a stream of HTTP/2.
  public var listens = 16_384
  /// Event streams in all.
  public var streams = 4_096
  /// Keys of one event stream. At most 4 kB each: 32 MB.
  public var keysPerStream = 8_192
  /// Keys of all event streams together, each counted in each of its streams.
  public var streamKeys = 16_384
  /// Addresses and tokens that are remembered. A stranger with many addresses pushes out those that were idle for longest,
  /// never one that has something open: there are more places than connections, and all that is open needs one. About
  /// 150 bytes each: 5 MB.
  public var rememberedClients = 32_768

  /// The defaults.
  public init() {}
}
