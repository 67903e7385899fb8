/// What registrations, that is permanent puts and push subscriptions, may take. Deployed servers bound nothing but time.
/// (proxy.md §6, §8, §16)
public struct RegistrationLimits: Hashable, Sendable {
  /// How long a registration lives after its last renewal. Clients count on it: they renew after 22 h. (proxy.md §8.1)
  public var lifetime: Duration = .seconds(86_400)
  /// How long before its end the client is reminded. (proxy.md §6, §8.5)
  public var reminderLead: Duration = .seconds(7200)
  /// By how much at most a reminder comes earlier, each registration by its own part of it: what was registered at once,
  /// as after a restart, is not renewed at once.
  public var reminderSpread: Duration = .seconds(600)

  /// Permanent puts. Each is a search that the node keeps, and renews every few minutes; it has room for 65,536
  /// for these, listens and streams together.
  public var permanentPuts = 12_000
  /// Permanent puts of one address: IPv4, or the first 64 bits of IPv6. Many devices stand behind one address of a
  /// carrier; each puts a handful.
  public var permanentPutsPerAddress = 1000
  /// Permanent puts of one push token: a device with several accounts.
  public var permanentPutsPerToken = 256
  /// Permanent puts of one key: a put without an id is compared with each.
  public var permanentPutsPerKey = 1024
  /// Of a key that is full, puts that a token or an address has all the same if it has one there already: whoever fills a
  /// key does not close it to its owners. All in all a quarter more than `permanentPutsPerKey`.
  public var reservedPutsPerKey = 16
  /// Bytes of all permanent puts, with what they say of their clients.
  public var permanentPutBytes = 256 << 20

  /// Subscriptions.
  public var subscriptions = 100_000
  /// Keys of subscriptions. Each is a listen of the node, which has room for 65,536 operations.
  public var subscribedKeys = 10_000
  /// Subscriptions from one address, as for puts. A client subscribes to some keys for each of its contacts.
  public var subscriptionsPerAddress = 4096
  /// Subscriptions of one push token.
  public var subscriptionsPerToken = 1024
  /// Subscriptions of one key: each change of the key is a push to each.
  public var subscriptionsPerKey = 4096
  /// Bytes of all tokens and names of subscriptions.
  public var subscriptionBytes = 128 << 20
  /// Values of a key that are remembered to be told to the next subscriber. Of more, the first are told.
  public var valuesPerKey = 1024

  /// By how many bytes the journal may outgrow the file before all is written anew. Small files are not written all the
  /// time, and a start does not read for long.
  public var journalAllowance = 4 << 20

  /// Limits of a server for some ten thousand devices.
  public init() {}
}
