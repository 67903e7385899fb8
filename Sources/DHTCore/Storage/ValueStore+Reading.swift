import DHTModel

extension ValueStore {
  /// Values under a key that pass the query's tests, in the order in which they came.
  func values(at key: InfoHash, matching query: Query) -> [Value] {
    // Peers fetch values one by one, by id: that must not cost a walk.
    for case .id(let id) in query.filters {
      return value(id, at: key).flatMap { query.matches($0, ownerID: ownerID) ? [$0] : nil } ?? []
    }
    var found: [Value] = []
    values.forEach(in: keys[key]) { stored in
      if query.matches(stored.value, ownerID: ownerID) { found.append(stored.value) }
    }
    return found
  }

  /// The value with an id under a key.
  func value(_ id: Value.ID, at key: InfoHash) -> Value? {
    index[Location(key: key, id: id)].map { values[$0].value }
  }

  /// Whether any value stands under a key.
  func hasKey(_ key: InfoHash) -> Bool { keys[key] != nil }

  /// How long a value of a type lives after its creation or last refresh.
  func lifetime(ofType type: UInt16) -> Duration { self.type(type).lifetime }

  /// Counts of keys, values and payload bytes; listeners are counted elsewhere.
  var statistics: StorageStatistics {
    var statistics = counts
    statistics.keys = keys.count
    return statistics
  }

  /// What is stored under one key, or under all, ordered by key; for people. Listeners are for the caller to add.
  func descriptions(at key: InfoHash?, now: Instant) -> [StorageDescription] {
    let wanted = key.map { hasKey($0) ? [$0] : [] } ?? keys.keys.sorted()
    return wanted.map { key in
      var entries: [StorageDescription.Entry] = []
      values.forEach(in: keys[key]) { stored in
        entries.append(
          StorageDescription.Entry(
            value: stored.value, age: now - stored.created,
            remaining: stored.expires.map { max(.zero, $0 - now) }, source: stored.source?.address.ip))
      }
      return StorageDescription(key: key, values: entries, listeners: [], localListeners: 0)
    }
  }

  /// Every value that still lives, ordered by key, then as they came.
  func exported(now: Instant) -> [ExportedValue] {
    var exported: [ExportedValue] = []
    exported.reserveCapacity(values.count)
    for key in keys.keys.sorted() {
      values.forEach(in: keys[key]) { stored in
        if let end = stored.expires, end <= now { return }
        exported.append(
          ExportedValue(
            key: key, value: stored.value, created: stored.created, expires: stored.expires,
            source: stored.source?.address))
      }
    }
    return exported
  }
}
