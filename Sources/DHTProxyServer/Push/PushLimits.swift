/// What pushes may take. Deployed servers send each at once, once, over a connection of its own. (proxy.md §8.6)
public struct PushLimits: Hashable, Sendable {
  /// Pushes that wait or are being sent; of one client and key at most one waits. Beyond it new ones are dropped, and
  /// counted.
  public var waiting = 20_000
  /// Of these to endpoints of UnifiedPush: strangers name those hosts, and leave the gateway as much.
  public var waitingUnifiedPush = 10_000
  /// Of these to one host of UnifiedPush: one that is silent does not take all the room.
  public var waitingPerHost = 2_500
  /// Of these tests, which need no subscription, asked for from one address: IPv4, or the first 64 bits of IPv6.
  public var testsPerAddress = 64
  /// How long a push waits for others of the same client and key, to be sent as one.
  public var mergeWindow: Duration = .milliseconds(200)
  /// Ids that one push names. Android and iOS take 4 KiB for a whole push, and a client looks at the key anyway.
  public var idsPerPush = 64
  /// Requests to one host at a time: the gateway, or one host of UnifiedPush.
  public var requestsPerHost = 8
  /// Requests at a time to all hosts of UnifiedPush. Strangers name those hosts; the gateway never waits for them.
  public var requests = 64
  /// Tries of one push; a test is tried once. With the pauses below the last is made an hour after the first.
  public var attempts = 10
  /// Pause after the first try that failed; four times as long after each further one.
  public var firstPause: Duration = .seconds(1)
  /// The longest pause. Up to a quarter is added to each at random.
  public var longestPause: Duration = .seconds(600)
  /// How long a try may take, from the look-up of the host's name to the end of the answer.
  public var requestTimeout: Duration = .seconds(15)
  /// Bytes of an answer that are read. Those of a gateway name the tokens that failed.
  public var answerBytes = 16_384
  /// Hosts of UnifiedPush to which connections are kept.
  public var keptHosts = 64

  /// Limits of a server for some ten thousand devices.
  public init() {}
}
