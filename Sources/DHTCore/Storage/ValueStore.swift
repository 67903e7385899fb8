import DHTCollections
import DHTModel

/// The values we hold, our own and those of others. (node.md §5)
///
/// Each value has an id under its key, and a time to live. Values of others obey the policies of their types, and a
/// quota: one account per IPv4 address or IPv6 /64, and when all of them together are too large, the largest one
/// loses what expires first; or the largest IPv4 /24 or IPv6 /48, when no address alone has most. Our own values have a budget of their own, and are never pushed out.
///
///     let result = store.put(value, at: key, created: now, origin: .remote(sender), now: now)
///     while let change = store.takeChange() { tellListeners(of: change) }
struct ValueStore: Sendable {
  enum Origin: Sendable {
    case local(isPermanent: Bool)
    /// Of somebody else; with what the policy said, if it was asked before.
    case remote(NodeContact, Admission.Decision? = nil)
  }
  enum Put: Equatable, Sendable {
    case stored, edited, refreshed
    case refused(Refusal)
  }
  enum Refusal: Equatable, Sendable {
    /// The type's policy says no.
    case policy
    /// Its life is over already, by its creation time.
    case expired
    /// Too many keys, or values under the key.
    case full
    /// It alone is over the limit, or it was itself what had to go.
    case quota
    /// An unsigned or encrypted value over a signed one: no owner is another owner. (node.md W-20)
    case wouldReplaceSigned
    /// The id 0 names no value.
    case missingID
  }
  enum Refresh: Equatable, Sendable {
    case refreshed, unknownKey, unknownValue
  }

  struct Location: Hashable, Sendable {
    var key: InfoHash
    var id: Value.ID
  }

  /// A network's part of a key.
  struct Share: Hashable, Sendable {
    var key: InfoHash
    var range: IPAddress
  }

  var types: [UInt16: ValueType]
  let limits: Limits
  let ownerID: @Sendable ([UInt8]) -> InfoHash?
  private let unknownType: ValueType

  // Shared with the extensions; nobody else touches these.
  var values = Slab(vacant: StoredValue.vacant)
  var index: [Location: Int] = [:]
  var keys: [InfoHash: Chain] = [:]
  var expiries = DeadlineQueue<StorageAccounts.Entry>()
  var accounts = StorageAccounts()
  /// The same by network: addresses are cheap in one. (node.md W-23)
  var ranges = StorageAccounts()
  /// Bytes under each key by network, overhead included.
  var shares: [Share: Int] = [:]
  var changes = Queue<StoreChange>()
  var tickets: UInt64 = 0
  var localCharge = 0
  var counts = StorageStatistics()
  /// Values that the quota pushed out, since the start.
  var evictionCount = 0

  /// An empty store. `ownerID` hashes an owner's key; only the security layer knows how.
  init(
    types: [ValueType], unknownType: ValueType = .unknown, limits: Limits,
    ownerID: @escaping @Sendable ([UInt8]) -> InfoHash?
  ) {
    self.types = Dictionary(types.map { ($0.id, $0) }, uniquingKeysWith: { _, last in last })
    self.unknownType = unknownType
    self.limits = limits
    self.ownerID = ownerID
  }

  /// Stores a value, puts it in the place of the one with its id, or refreshes that one if it says the same.
  ///
  /// Policies bind the values of others only. A creation time in the future counts as now. (node.md §5.4, §5.5)
  mutating func put(_ value: Value, at key: InfoHash, created: Instant, origin: Origin, now: Instant) -> Put {
    guard value.id != 0 else { return .refused(.missingID) }
    advance(to: now)
    let created = min(created, now)
    if let place = index[Location(key: key, id: value.id)] {
      let old = values[place].value
      if old.hasSameContent(as: value) { return renew(place, created: created, origin: origin, now: now) }
      // Holds for every type and for ourselves: "no owner" is another owner.
      if old.signature != nil && value.signature == nil { return .refused(.wouldReplaceSigned) }
      return replace(place, with: value, created: created, origin: origin, now: now)
    }
    return add(value, at: key, created: created, origin: origin, now: now)
  }

  /// Restarts the lifetime of a value, and charges it to who asked for it. (node.md §5.6, W-26, W-27)
  mutating func refresh(_ id: Value.ID, at key: InfoHash, by source: NodeContact? = nil, now: Instant) -> Refresh {
    advance(to: now)
    guard let place = index[Location(key: key, id: id)] else {
      return hasKey(key) ? .unknownValue : .unknownKey
    }
    extend(place, created: now)
    if let source, values[place].source != nil { transfer(place, to: source) }
    emit(.refreshed(id), at: key)
    return .refreshed
  }

  /// Removes a value that this node put, since it no longer wants it kept.
  mutating func removeLocal(_ id: Value.ID, at key: InfoHash) -> Value? {
    guard let place = index[Location(key: key, id: id)], values[place].source == nil else { return nil }
    let value = remove(place).value
    emit(.expired([value]), at: key)
    return value
  }

  /// What changed, oldest first: every put, refresh, expiry, eviction and removal. Drain it after every call.
  mutating func takeChange() -> StoreChange? { changes.popFirst() }

  func type(_ id: UInt16) -> ValueType { types[id] ?? unknownType }
}

// MARK: Policies

extension ValueStore {
  /// The question whether a value of others may be stored, or may replace the one with its id.
  func admission(of value: Value, at key: InfoHash, _ origin: ValueType.Origin) -> Admission {
    let old = self.value(value.id, at: key)
    return Admission(value: value, old: old, type: type(old?.type ?? value.type), origin: origin)
  }

  /// Whether the answer to that question takes long. A value that we hold already is only renewed, and one without owner
  /// never replaces a signed one: neither needs a policy.
  func isSlowToAdmit(_ value: Value, at key: InfoHash) -> Bool {
    guard let old = self.value(value.id, at: key) else { return type(value.type).isSlow(value) }
    if old.hasSameContent(as: value) || (old.signature != nil && value.signature == nil) { return false }
    return type(old.type).isSlow(value)
  }
}

// MARK: The three ways of a put

extension ValueStore {
  private mutating func add(
    _ value: Value, at key: InfoHash, created: Instant, origin: Origin, now: Instant
  ) -> Put {
    var value = value
    if case .remote(let source, let decision) = origin {
      let chain = keys[key]
      if chain == nil && keys.count >= limits.storedKeys { return .refused(.full) }
      if let chain, chain.count >= limits.valuesPerKey { return .refused(.full) }
      let id = value.id
      let asked = decision ?? admission(of: value, at: key, source.origin(at: key)).decide()
      guard asked.old == nil, let accepted = asked.accepted else { return .refused(.policy) }
      value = accepted
      value.id = id
    }
    let life = life(of: value, created: created, origin: origin)
    if let end = life.expires, end <= now { return .refused(.expired) }
    guard hasRoom(for: value, at: key, insteadOf: nil, origin: origin) else { return .refused(.quota) }
    let stored = StoredValue(key: key, value: value, created: created, expires: life.expires, source: life.source)
    let place = insert(stored)
    return settle(place, as: .stored, change: .added(value))
  }

  private mutating func replace(
    _ place: Int, with value: Value, created: Instant, origin: Origin, now: Instant
  ) -> Put {
    let old = values[place]
    var value = value
    if case .remote(let source, let decision) = origin {
      let asked = decision ?? admission(of: value, at: old.key, source.origin(at: old.key)).decide()
      // A decision on another value than the one at hand says nothing about this one.
      guard asked.old == old.value, let accepted = asked.accepted else { return .refused(.policy) }
      value = accepted
      value.id = old.value.id
    }
    let life = life(of: value, created: created, origin: origin)
    if let end = life.expires, end <= now { return .refused(.expired) }
    guard hasRoom(for: value, at: old.key, insteadOf: old, origin: origin) else { return .refused(.quota) }
    discharge(place)
    values[place].value = value
    values[place].created = created
    values[place].source = life.source
    schedule(place, expires: life.expires)
    charge(place)
    return settle(place, as: .edited, change: .edited(value))
  }

  private mutating func renew(_ place: Int, created: Instant, origin: Origin, now: Instant) -> Put {
    let old = values[place]
    let life = life(of: old.value, created: created, origin: origin)
    if let end = life.expires, end <= now { return .refused(.expired) }
    switch origin {
    case .remote(let source, _):
      extend(place, created: created)
      if old.source != nil { transfer(place, to: source) }
    case .local:
      guard hasRoom(for: old.value, at: old.key, insteadOf: old, origin: origin) else { return .refused(.quota) }
      takeOver(place, created: created, expires: life.expires)
    }
    emit(.refreshed(old.value.id), at: old.key)
    return .refreshed
  }

  /// When a value ends and whose it is.
  private func life(
    of value: Value, created: Instant, origin: Origin
  ) -> (expires: Instant?, source: NodeContact?) {
    switch origin {
    case .local(isPermanent: true): (nil, nil)
    case .local(isPermanent: false): (created + lifetime(ofType: value.type), nil)
    case .remote(let source, _): (created + lifetime(ofType: value.type), source)
    }
  }

  /// Makes room for what was put, and tells of it. What had to go may be the value itself.
  private mutating func settle(_ place: Int, as result: Put, change: StoreChange.Kind) -> Put {
    let (key, id) = (values[place].key, values[place].value.id)
    var evicted = evict()
    if index[Location(key: key, id: id)] == nil {
      // Nobody has heard of a new value yet, so its end is no news either.
      if result == .stored { evicted.removeAll { $0.key == key && $0.value.id == id } }
      emitExpired(evicted)
      return .refused(.quota)
    }
    emit(change, at: key)
    emitExpired(evicted)
    return result
  }
}

extension NodeContact {
  fileprivate func origin(at key: InfoHash) -> ValueType.Origin {
    ValueType.Origin(key: key, sender: id, address: address)
  }
}
