extension DHT {
  /// What the node knows of one family; all zero when it does not run.
  public func statistics(_ family: AddressFamily) async -> FamilyStatistics {
    await withEngine { engine in engine.statistics(family) } ?? FamilyStatistics()
  }
  /// What stands in storage.
  public var storageStatistics: StorageStatistics {
    get async { await read(or: StorageStatistics()) { node, _ in node.storageStatistics } }
  }
  /// Counters of messages, bytes and everything that was dropped, since the node started.
  public var counters: Counters {
    get async { await read(or: Counters()) { node, _ in node.counters } }
  }
  /// Counters since the last call of this function, or since the node started. Each caller of it resets them for all.
  public func takeCounters() async -> Counters {
    await onLoop { session in session.takeCounters() }
  }
  /// Counters of the sockets, below the protocol.
  public var socketCounters: SocketCounters {
    get async { await onLoop { session in session.socketCounters } }
  }
  /// Gets, queries, puts and pings that run or wait. Listens and permanent values do not count.
  public var ongoingOperations: Int {
    get async { await onLoop { session in session.ongoingOperations } }
  }
  /// Values in our own storage under a key, without asking anybody.
  public func localValues(at key: InfoHash, where filters: [Query.Filter] = []) async -> [Value] {
    await read(or: []) { node, _ in node.localValues(at: key, where: filters) }
  }
  /// Values that this node is putting, or keeps alive, under a key.
  public func announcedValues(at key: InfoHash) async -> [Value] {
    await withEngine { engine in engine.announcedValues(at: key) } ?? []
  }
  /// Our address as peers see it, most reported first.
  public func reportedAddresses(_ family: AddressFamily) async -> [IPAddress] {
    await read(or: []) { node, _ in node.reportedAddresses(family) }
  }
  /// Nodes that are known to work, those of our own bucket first: a list worth saving for the next start.
  public func goodNodes(_ family: AddressFamily) async -> [NodeContact] {
    await read(or: []) { node, now in node.goodNodes(family, now: now) }
  }
  /// The routing table, for people.
  public func routingTable(_ family: AddressFamily) async -> [BucketDescription] {
    await read(or: []) { node, now in node.routingTableDescription(family, now: now) }
  }
  /// The searches of a key, or all of them, for people.
  public func searches(at key: InfoHash? = nil) async -> [SearchDescription] {
    await read(or: []) { node, now in node.searchDescriptions(at: key, now: now) }
  }
  /// What is stored under a key, or under all of them, for people.
  public func storage(at key: InfoHash? = nil) async -> [StorageDescription] {
    await read(or: []) { node, now in node.storageDescriptions(at: key, now: now) }
  }
}
