import DHTModel

@testable import DHTCore

/// What `ValueStore` must do, as one list that is scanned for everything.
struct NaiveStore {
  struct Entry {
    var key: InfoHash
    var value: Value
    var created: Instant
    var expires: Instant?
    var source: NodeContact?
    var prefix: IPAddress? { source?.address.ip.quotaPrefix }
  }
  let limits: Limits
  let types: [ValueType]
  var entries: [Entry] = []
  /// Sources with values, in the order in which they got their first.
  var accounts: [IPAddress] = []
  var changes: [StoreChange] = []

  private func type(of value: Value) -> ValueType {
    types.first { $0.id == value.type } ?? ValueType(id: 0, name: "", lifetime: .seconds(600))
  }
  private func index(_ id: Value.ID, _ key: InfoHash) -> Int? {
    entries.firstIndex { $0.key == key && $0.value.id == id }
  }

  mutating func put(
    _ value: Value, at key: InfoHash, created: Instant, origin: ValueStore.Origin, now: Instant
  ) -> ValueStore.Put {
    advance(to: now)
    let created = min(created, now)
    var source: NodeContact?
    var isPermanent = false
    switch origin {
    case .local(let permanent): isPermanent = permanent
    case .remote(let contact, _): source = contact
    }
    let old = index(value.id, key)
    let isRefresh = old.map { entries[$0].value.hasSameContent(as: value) } ?? false
    var value = value
    if !isRefresh {
      if let old, entries[old].value.signature != nil, value.signature == nil { return .refused(.wouldReplaceSigned) }
      if let source {
        let inKey = entries.count { $0.key == key }
        if old == nil, inKey == 0, Set(entries.map(\.key)).count >= limits.storedKeys { return .refused(.full) }
        if old == nil, inKey >= limits.valuesPerKey { return .refused(.full) }
        let asked = ValueType.Origin(key: key, sender: source.id, address: source.address)
        let accepted =
          old.map { type(of: entries[$0].value).mayEdit(entries[$0].value, value, asked) }
          ?? type(of: value).mayStore(value, asked)
        guard let accepted else { return .refused(.policy) }
        value = accepted
      }
    } else if let old {
      value = entries[old].value
    }
    let end = isPermanent ? nil : created + type(of: value).lifetime
    if let end, end <= now { return .refused(.expired) }
    let charge = StoredValue.charge(of: value)
    if source == nil {
      let others = entries.enumerated().filter { $0.offset != old && $0.element.source == nil }
      let sum = others.reduce(charge) { $0 + StoredValue.charge(of: $1.element.value) }
      if sum > limits.localStorageBytes ?? .max { return .refused(.quota) }
    } else if !isRefresh && charge > limits.storageBytes ?? .max {
      return .refused(.quota)
    }
    guard let old else {
      entries.append(Entry(key: key, value: value, created: created, expires: end, source: source))
      open(source)
      return settle(.stored, .added(value), key, value.id)
    }
    if isRefresh {
      keepAlive(old, created: created, source: source, isLocalPut: source == nil, end: end)
      changes.append(StoreChange(key: key, kind: .refreshed(value.id)))
      return .refreshed
    }
    let oldPrefix = entries[old].prefix
    entries[old] = Entry(key: key, value: value, created: created, expires: end, source: source)
    reopen(from: oldPrefix, to: source, excluding: old)
    return settle(.edited, .edited(value), key, value.id)
  }

  mutating func refresh(
    _ id: Value.ID, at key: InfoHash, by source: NodeContact, now: Instant
  ) -> ValueStore.Refresh {
    advance(to: now)
    guard let old = index(id, key) else { return entries.contains { $0.key == key } ? .unknownValue : .unknownKey }
    keepAlive(old, created: now, source: source, isLocalPut: false, end: now + type(of: entries[old].value).lifetime)
    changes.append(StoreChange(key: key, kind: .refreshed(id)))
    return .refreshed
  }

  mutating func removeLocal(_ id: Value.ID, at key: InfoHash) -> Value? {
    guard let old = index(id, key), entries[old].source == nil else { return nil }
    changes.append(StoreChange(key: key, kind: .expired([entries[old].value])))
    return entries.remove(at: old).value
  }

  mutating func advance(to now: Instant) {
    let due = entries.filter { $0.expires.map { $0 <= now } ?? false }
      .sorted { ($0.expires ?? now) < ($1.expires ?? now) }
    entries.removeAll { $0.expires.map { $0 <= now } ?? false }
    tellGone(due)
    closeEmpty()
  }

  private mutating func keepAlive(_ old: Int, created: Instant, source: NodeContact?, isLocalPut: Bool, end: Instant?) {
    let before = entries[old]
    entries[old].created = max(before.created, created)
    if isLocalPut {
      entries[old].source = nil
      entries[old].expires = end.map { max($0, before.expires ?? $0) }
    } else {
      if let end, let current = before.expires { entries[old].expires = max(end, current) }
      if before.source != nil { entries[old].source = source }
    }
    if before.prefix != entries[old].prefix || isLocalPut {
      reopen(from: before.prefix, to: entries[old].source, excluding: old)
    }
  }

  /// A value leaves an account, which ends if it was the last, and comes to another.
  private mutating func reopen(from prefix: IPAddress?, to source: NodeContact?, excluding index: Int) {
    if let prefix, !entries.enumerated().contains(where: { $0.offset != index && $0.element.prefix == prefix }) {
      accounts.removeAll { $0 == prefix }
    }
    open(source)
  }
  private mutating func open(_ source: NodeContact?) {
    guard let prefix = source?.address.ip.quotaPrefix, !accounts.contains(prefix) else { return }
    accounts.append(prefix)
  }
  private mutating func closeEmpty() {
    accounts.removeAll { prefix in !entries.contains { $0.prefix == prefix } }
  }

  private mutating func settle(
    _ result: ValueStore.Put, _ kind: StoreChange.Kind, _ key: InfoHash, _ id: Value.ID
  ) -> ValueStore.Put {
    var gone: [Entry] = []
    while let limit = limits.storageBytes {
      let sums = accounts.map { prefix in
        entries.filter { $0.prefix == prefix }.reduce(0) { $0 + StoredValue.charge(of: $1.value) }
      }
      guard sums.reduce(0, +) > limit, let most = sums.max(), let largest = sums.firstIndex(of: most) else { break }
      let candidates = entries.indices.filter { entries[$0].prefix == accounts[largest] }
      let victim = candidates.min { (entries[$0].expires ?? .distantFuture) < (entries[$1].expires ?? .distantFuture) }
      guard let victim else { break }
      gone.append(entries.remove(at: victim))
      closeEmpty()
    }
    if index(id, key) == nil {
      tellGone(gone.filter { result == .edited || !($0.key == key && $0.value.id == id) })
      return .refused(.quota)
    }
    changes.append(StoreChange(key: key, kind: kind))
    tellGone(gone)
    return result
  }

  private mutating func tellGone(_ gone: [Entry]) {
    var keys: [InfoHash] = []
    for entry in gone where !keys.contains(entry.key) { keys.append(entry.key) }
    for key in keys {
      changes.append(StoreChange(key: key, kind: .expired(gone.filter { $0.key == key }.map(\.value))))
    }
  }
}
