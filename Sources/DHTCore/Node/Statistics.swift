/// What a node knows of one family. (node.md §9.6)
public struct FamilyStatistics: Hashable, Sendable {
  /// How well the family is connected.
  public var status: Status = .disconnected
  /// Nodes of the routing table that answered within 120 min and were heard within 10 min.
  public var good = 0
  /// Nodes of the table that are neither good nor expired.
  public var dubious = 0
  /// Buckets with a candidate waiting for a place.
  public var cached = 0
  /// Good nodes whose last news was not a reply.
  public var incoming = 0
  /// Depth of our own bucket.
  public var tableDepth = 0
  /// Searches, running or kept for reuse.
  public var searches = 0
  /// Nodes remembered, in the table and beyond.
  public var knownNodes = 0
  /// Estimated from the depth: 8 · 2^depth.
  public var networkSizeEstimate: Int { 8 << min(tableDepth, 48) }
  /// All zero, disconnected.
  public init() {}
}

/// What stands in storage.
public struct StorageStatistics: Hashable, Sendable {
  /// Keys under which values are stored.
  public var keys = 0
  /// Values stored, those put by this node included.
  public var values = 0
  /// Bytes of the values stored, counted as for quotas: `Value.size`.
  public var bytes = 0
  /// Values stored that this node itself put.
  public var localValues = 0
  /// Bytes of `localValues`, counted the same way.
  public var localBytes = 0
  /// Listens of other nodes that are held here.
  public var listeners = 0
  /// Nothing stored.
  public init() {}
}

/// Counters since the node started. Nothing that is dropped is dropped in silence.
public struct Counters: Hashable, Sendable {
  /// Messages of one direction by request name.
  public struct Requests: Hashable, Sendable {
    /// Messages by the request that they carry.
    public var ping = 0, find = 0, get = 0, put = 0, listen = 0, refresh = 0, update = 0
    /// All zero.
    public init() {}
  }
  /// Requests sent, each counted once, however often it was repeated.
  public var sent = Requests()
  /// Requests of others, understood and within the rate limit.
  public var received = Requests()
  /// UDP datagrams handed to the driver, and by the driver. Each part of a large message counts.
  public var datagramsSent = 0, datagramsReceived = 0
  /// Bytes of these datagrams, without IP and UDP headers.
  public var bytesSent = 0, bytesReceived = 0
  /// Requests sent again for want of an answer, and requests given up after three sends.
  public var retransmissions = 0, requestsExpired = 0
  /// Datagrams that were not understood.
  public var malformed = 0
  /// Datagrams of another network.
  public var otherNetwork = 0
  /// Datagrams from impossible or black-listed sources, or with our own or the zero id.
  public var refusedSources = 0
  /// Requests over the rate limit.
  public var rateLimited = 0
  /// Replies and updates that nothing waited for, or from an address that was not asked.
  public var unexpected = 0
  /// Reassemblies given up, and parts that belonged to none.
  public var partsDropped = 0
  /// Pushes that a listener did not get, since it or others have not confirmed those before.
  public var pushesDropped = 0
  /// Values that were skipped, each alone, in packets that were understood: no value, or an owner without signature.
  public var malformedValues = 0
  /// Values that storage refused, by policy, distance, age or quota.
  public var valuesRefused = 0
  /// Puts that were dropped unanswered, since too many waited for their signatures to be verified.
  public var checksDropped = 0
  /// News of a listen that were dropped, since too many waited for their values to be verified or decrypted.
  public var newsDropped = 0
  /// Values not delivered, since their signature is wrong.
  public var badSignatures = 0
  /// Values not delivered, since they are encrypted for somebody else, or damaged.
  public var notForUs = 0
  /// Values pushed out by the quota.
  public var valuesEvicted = 0
  /// All zero.
  public init() {}
}
