public import DHTModel

/// How a node behaves. Defaults are what deployed peers do.
public struct Configuration: Sendable {
  /// Our id; nil draws a random one.
  public var nodeID: NodeID?
  /// Keeps networks apart; 0 is the public one.
  public var network: NetworkID = 0
  /// Families that we have a socket for.
  public var families: Set<AddressFamily> = [.ipv4, .ipv6]
  /// A client is answered but never given to others, and stores nothing for others.
  public var isClient = false
  /// An entry point that holds more nodes of far regions.
  public var isBootstrap = false
  /// Whether our address is known to stay: listens are renewed every 290 s instead of 20 s, and a search
  /// that finds nobody is not taken for a lost network.
  public var isPublicStable = false
  /// Whether values kept for others are passed on to nodes that are nearer to their keys, every ten minutes and at the end.
  public var maintainsStorage = false
  /// Types with a lifetime or policies of their own. Unknown types live 10 min and are never replaced.
  public var types: [ValueType] = ValueType.builtIn
  /// Lifetime and policies of types that are not among these; the security layer supplies one that looks at owners.
  public var unknownType = ValueType.unknown
  /// SHA-1 of an owner's DER key; supplied by the security layer, since the core has no hash functions.
  public var ownerID: @Sendable (_ owner: [UInt8]) -> InfoHash? = { _ in nil }
  /// Verifies and decrypts what gets and listens deliver; nil delivers signed and encrypted values as they came.
  public var opener: ValueOpener?
  /// The same for gets and listens whose values are passed on: verifies, and leaves encrypted what is encrypted, also for
  /// ourselves; nil takes `opener`.
  public var forwardingOpener: ValueOpener?
  /// Caps on what others can make this node hold or do.
  public var limits = Limits()

  /// The defaults.
  public init() {}

  func opener(isForwarded: Bool) -> ValueOpener? { isForwarded ? forwardingOpener ?? opener : opener }
}

/// Caps on everything that others can grow. Each has its unit in its name and its reason beside it.
public struct Limits: Sendable {
  /// Requests accepted per second from all sources; nil for no limit. (wire.md §8.4)
  public var requestsPerSecond: Int? = 8192
  /// Requests accepted per second from one IPv4 address or IPv6 /64: an eighth of all. (wire.md §8.4)
  public var requestsPerSecondAndAddress: Int? = 1024
  /// One in so many of these may be a get, put or listen, which cost most: a flood of them leaves room for the requests
  /// that keep the network together. Deployed peers admit all alike, and repeat after a second what was refused. (node.md W-30)
  public var costlyRequestShare = 2
  /// Requests per second that known good nodes have for themselves when all others used up the total. (node.md W-30)
  public var requestsPerSecondOfGoodNodes = 1024
  /// Nodes of one IPv4 /24 or IPv6 /64 that a full bucket keeps and a search asks before those of other networks; more
  /// only where there are no others. Local networks do not count. (node.md W-41)
  public var nodesPerSite = 2
  /// Bytes of values stored for others; nil for no limit. (node.md §0.1)
  public var storageBytes: Int? = 64 << 20
  /// Bytes of values that this node itself put; nil for no limit. (node.md §5.5)
  public var localStorageBytes: Int? = nil
  /// Keys with stored values or listeners; an empty key costs about 200 bytes.
  public var storedKeys = 1 << 20
  /// Values under one key. (node.md §0.1)
  public var valuesPerKey = 65536
  /// Bytes of values under one key from one IPv4 /24 or IPv6 /48: as much as one get gives. (node.md W-23)
  public var storageBytesPerKeyAndRange = 4 << 20
  /// Listeners of others per IPv4 address or IPv6 /64; a busy client has a few hundred. (node.md W-24)
  public var listenersPerAddress = 512
  /// Listeners of others, in all.
  public var listeners = 65536
  /// Searches per family, running or kept for reuse. Operations beyond are refused as throttled.
  public var searches = 1 << 16
  /// Operations of the application that run or wait. Beyond it they are refused as throttled.
  public var operations = 1 << 16
  /// Nodes remembered per family beyond the routing table. Knowing more saves round trips; one costs about 200 bytes.
  public var knownNodes = 1024
  /// Bytes of unfinished reassemblies, in all: room for 128 of the largest values.
  public var reassemblyBytes = 8 << 20
  /// Unfinished reassemblies per IPv4 address or IPv6 /64.
  public var reassembliesPerAddress = 64
  /// Bytes of values in a reply to an address that has proved nothing: as much as one packet holds. (node.md W-21)
  public var unprovenValueBytes = 1400
  /// Addresses remembered for ten minutes that used a token of ours; about 100 bytes each. Others answer a ping first.
  public var provenAddresses = 8192
  /// Gets that wait until their address answered a ping, at most 3 s; about 1 KiB each with its query. (node.md W-21)
  public var withheldAnswers = 1024
  /// Bytes of parts that leave for one address at once; the next portion follows after 10 ms. The largest value, of
  /// 64 KiB, goes in one. (node.md W-22: 64 kB)
  public var portionBytes = 80 << 10
  /// Bytes of parts that wait for their turn, in all.
  public var waitingPartBytes = 64 << 20
  /// The same for one address: what waits longer than a second is asked for again. Two full answers.
  public var waitingPartBytesPerAddress = 8 << 20
  /// Bytes of pushes to listeners that wait for confirmation, in all: a slow crowd must not fill our memory.
  public var pushBytes = 64 << 20
  /// The same for one IPv4 address or IPv6 /64: twice what a key's first values take.
  public var pushBytesPerAddress = 8 << 20
  /// Pushes to listeners per second, in all: what peers accept from all addresses together. nil for no limit. (node.md W-25)
  public var pushesPerSecond: Int? = 8192
  /// The same for one IPv4 address or IPv6 /64: peers refuse more from us. (wire.md §8.4)
  public var pushesPerSecondAndAddress: Int? = 1024
  /// Values of a listen kept per storing node. (node.md §0.1)
  public var listenedValuesPerNode = 4096
  /// Puts of others that wait for their signatures to be verified, in all: half a second's work of one thread.
  public var pendingPuts = 4096
  /// The same for one IPv4 address or IPv6 /64.
  public var pendingPutsPerAddress = 256
  /// Values in such puts, in all: one packet can bring hundreds.
  public var pendingPutValues = 16384
  /// Bytes of values in such puts.
  public var pendingPutBytes = 16 << 20
  /// Bytes of news of one listen that wait for their values to be verified or decrypted, for the application to be told.
  public var listenBacklogBytes = 16 << 20
  /// The same in messages.
  public var listenBacklogSteps = 16384
  /// Bytes of them: four times what we ourselves push at once, so that four nodes of a listen hold 64 MiB at most.
  public var listenedBytesPerNode = 16 << 20
  /// Entries of the black list; the oldest goes first. (node.md W-44)
  public var blacklistEntries = 1000
  /// Different addresses of ours that are counted, per family. (node.md §7.2)
  public var reportedAddresses = 32

  /// The defaults.
  public init() {}
}

/// What the generator of a node starts from. The product fills it from the system; the simulator from its own seed.
public struct Seed: Sendable {
  /// The two halves of the 128 bits.
  public var k0, k1: UInt64
  /// 128 bits that nobody else knows, or, in a simulation, that everybody knows.
  public init(_ k0: UInt64, _ k1: UInt64) {
    self.k0 = k0
    self.k1 = k1
  }
  /// A seed drawn from a generator.
  public init(using generator: inout some RandomNumberGenerator) {
    self.init(generator.next(), generator.next())
  }
}
