public import DHTModel

/// What can be seen of a node from outside.
extension Node {
  /// What is known of a family at this moment; all zero and disconnected when there is no socket for it.
  public func statistics(_ family: AddressFamily, now: Instant) -> FamilyStatistics {
    var result = FamilyStatistics()
    guard let index = overlayIndex(family) else { return result }
    let overlay = overlays[index]
    result.status = overlay.status(now)
    for id in overlay.contacts.table.allNodes {
      guard let node = overlay.contacts.known[id] else { continue }
      switch node.state(at: now) {
      case .good:
        result.good += 1
        if node.heard > node.replied { result.incoming += 1 }
      case .dubious: result.dubious += 1
      case .expired: break
      }
    }
    result.cached = overlay.contacts.table.buckets.count { $0.candidate != nil }
    result.tableDepth = overlay.contacts.table.depth
    result.searches = overlay.searches.count
    result.knownNodes = overlay.contacts.known.count
    return result
  }

  /// What this node stores for itself and for others, at this moment.
  public var storageStatistics: StorageStatistics {
    var result = store.statistics
    result.listeners = listeners.count
    return result
  }

  /// Counters since the node started.
  public var counters: Counters {
    var result = context.counters
    result.valuesEvicted = store.evictionCount
    result.partsDropped += context.outbox.droppedParts
    return result
  }

  /// Operations that run or wait.
  public var operationCount: Int { operations.count }

  /// Values in our own storage under a key.
  public func localValues(at key: InfoHash, where filters: [Query.Filter] = []) -> [Value] {
    store.values(at: key, matching: Query(where: filters))
  }

  /// Values being announced under a key.
  public func announcedValues(at key: InfoHash) -> [Value] {
    (announcementsByKey[key] ?? []).compactMap { announcements[$0]?.value }
  }

  /// Values that are kept alive until they are cancelled, each with its key; in the order of their puts.
  public var permanentValues: [(key: InfoHash, value: Value)] {
    announcements.values.filter(\.isPermanent).sorted { $0.id < $1.id }.map { ($0.key, $0.value) }
  }

  /// Values that a running get delivered, or that a running listen told of and that have not expired since.
  public func knownValues(of operation: OperationID) -> [Value] {
    switch operations[operation] {
    case .get(let get): get.known
    case .listen(let listen):
      (groups[listen.group]?.view.values ?? []).filter {
        listen.query.matches($0, ownerID: configuration.ownerID)
      }
    case .put, .ping, nil: []
    }
  }

  /// Records that a running query delivered.
  public func knownRecords(of operation: OperationID) -> Set<FieldRecord> {
    if case .get(let get) = operations[operation] { get.knownRecords } else { [] }
  }

  /// Our address as peers see it, most reported first.
  public func reportedAddresses(_ family: AddressFamily) -> [IPAddress] { reported[family]?.sorted ?? [] }

  /// Good nodes, those of our own bucket first.
  public func goodNodes(_ family: AddressFamily, now: Instant) -> [NodeContact] {
    guard let index = overlayIndex(family) else { return [] }
    let contacts = overlays[index].contacts
    return contacts.table.allNodes.compactMap { contacts.known[$0] }.filter { $0.isGood(at: now) }.map(\.contact)
  }

  /// The routing table, for people.
  public func routingTableDescription(_ family: AddressFamily, now: Instant) -> [BucketDescription] {
    guard let index = overlayIndex(family) else { return [] }
    let contacts = overlays[index].contacts
    return contacts.table.buckets.enumerated().map { at, bucket in
      BucketDescription(
        first: contacts.table.firstID(ofBucket: at),
        nodes: bucket.nodes.compactMap { contacts.known[$0]?.description(at: now) },
        hasCandidate: bucket.candidate != nil, sinceUpdated: since(bucket.replied, now))
    }
  }

  /// The searches, for people; of one key, or of all.
  public func searchDescriptions(at key: InfoHash?, now: Instant) -> [SearchDescription] {
    overlays.flatMap { overlay in
      overlay.searches.keys.filter { key == nil || $0 == key }.sorted().compactMap { overlay.description(of: $0, now) }
    }
  }

  /// The storage, for people; of one key, or of all.
  public func storageDescriptions(at key: InfoHash?, now: Instant) -> [StorageDescription] {
    var result: [InfoHash: StorageDescription] = [:]
    for description in store.descriptions(at: key, now: now) { result[description.key] = description }
    for heard in listeners.keys + Array(groupsByKey.keys) where key == nil || heard == key {
      var description = result[heard] ?? StorageDescription(key: heard, values: [], listeners: [], localListeners: 0)
      description.listeners = listeners.listeners(at: heard).map(\.contact)
      description.localListeners = (groupsByKey[heard] ?? []).reduce(0) { $0 + (groups[$1]?.subscribers.count ?? 0) }
      result[heard] = description
    }
    return result.keys.sorted().compactMap { result[$0] }
  }
}

private func since(_ instant: Instant, _ now: Instant) -> Duration? { instant == .distantPast ? nil : now - instant }

extension KnownNode {
  func description(at now: Instant) -> NodeDescription {
    NodeDescription(
      contact: contact, state: state(at: now), sinceHeard: since(heard, now), sinceReplied: since(replied, now),
      roundTrip: roundTrip.estimate)
  }
}

extension Overlay {
  func description(of key: InfoHash, _ now: Instant) -> SearchDescription? {
    guard let search = searches[key] else { return nil }
    let entries = search.lookup.candidates.map { candidate in
      let known =
        contacts.known[candidate.id] ?? KnownNode(id: candidate.id, address: candidate.contact.address, isClient: false)
      return SearchDescription.Entry(
        node: known.description(at: now), commonBits: candidate.id.commonBits(with: key), isInTable: known.isInTable,
        isAsked: candidate.asks > 0, isLate: candidate.isLate, isSynced: candidate.isSynced(at: now),
        hasListen: search.listens.contains { $0.statuses[candidate.id]?.refresh != nil },
        hasAnnounce: search.announces.contains { announce in
          if case .acknowledged? = announce.statuses[candidate.id] { true } else { false }
        })
    }
    return SearchDescription(
      key: key, family: family, gets: search.gets.count, announced: search.announces.map(\.value),
      listens: search.listens.map(\.query), isDone: !search.isActive, isSynced: search.leadersAnswered(now),
      sinceStep: since(search.lastStep, now), entries: entries)
  }
}
