/// How long we wait for a proxy, and how much we take from it.
public struct ProxyLimits: Sendable, Hashable {
  /// Until a connection stands, TLS included.
  public var connecting: Duration = .seconds(10)
  /// Until the head of an answer comes. A put is answered when the proxy's node is done with it, which takes up to 10 s
  /// among silent nodes.
  public var answering: Duration = .seconds(30)
  /// Silence within an answer that is to end. A search that finds nothing is silent for some seconds.
  public var silence: Duration = .seconds(30)
  /// A get in all; it ends with what came until then.
  public var getting: Duration = .seconds(120)
  /// Until the proxy tells of its node.
  public var checking: Duration = .seconds(10)
  /// Between two looks at a proxy that is connected. Peers do the same. (proxy.md §12.2)
  public var checkInterval: Duration = .seconds(15 * 60)
  /// The same while a listen is open at a server that sends no heartbeat, or values are kept alive: that it hangs, or was
  /// started anew, is noticed by nothing else.
  public var watchInterval: Duration = .seconds(45)
  /// Between attempts at least, while they fail.
  public var shortestPause: Duration = .seconds(1)
  /// Between attempts at most, while they fail: so that a server that is back is found within a minute.
  public var longestPause: Duration = .seconds(45)
  /// After a connection of a listen was silent so long, the system asks the other end whether it is still there, three
  /// times, ten seconds apart.
  public var keepAlive: Duration = .seconds(25)
  /// After so long a subscription or a permanent put is renewed, or up to `renewalSpread` before. Servers forget them
  /// after 24 h.
  public var renewal: Duration = .seconds(22 * 3600)
  /// Keeps all of them from being renewed at once.
  public var renewalSpread: Duration = .seconds(3600)
  /// How long a subscription outlives its last listen: many come back. Peers wait as long.
  public var parting: Duration = .seconds(60)
  /// Requests that end something at the server and may be under way; beyond, it ends there by itself, after 24 h.
  public var farewells = 1024
  /// Operations that may run or wait; beyond, they are throttled.
  public var operations = 16384
  /// Keys that may be listened to, each over a connection of its own; beyond, listens are throttled. Our servers take 4096
  /// connections from one client, of which requests and looks need some.
  public var listens = 4000
  /// Connections for gets and puts of the application, kept alive and used in turn, and as many again for what goes on
  /// in the background: values put once more, subscriptions, looks for what is gone.
  public var connections = 16
  /// Bytes of the values that one get delivers; what comes beyond is dropped and counted as incomplete.
  public var getBytes = 128 << 20
  /// Values kept alive for the application; beyond, permanent puts are throttled.
  public var permanentPuts = 65536

  /// The defaults.
  public init() {}
}
