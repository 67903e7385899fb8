internal import DHTModel
internal import DHTProxyMessages
internal import OpenDHT

/// The push subscriptions of a server: whose they are, when they end, and what to push to whom. (proxy.md §8)
struct Subscriptions: Sendable {
  let limits: RegistrationLimits
  let defaultTopic: String
  private(set) var entries: [Subscription.ID: Subscription] = [:]
  private(set) var keys: [InfoHash: WatchedKey] = [:]
  private(set) var byteCount = 0
  private var countsByToken: [String: Int] = [:]
  private var countsByAddress: [IPAddress: Int] = [:]
  private var deadlines = Deadlines<Subscription.ID>()

  init(_ limits: RegistrationLimits, defaultTopic: String = "") {
    self.limits = limits
    self.defaultTopic = defaultTopic
  }

  /// Subscriptions that there are.
  var count: Int { entries.count }
  /// Tokens with a subscription.
  var tokenCount: Int { countsByToken.count }
  var nextDeadline: Instant? { deadlines.nextDeadline }

  /// A client subscribes, or renews. What is known of the key is pushed to a new subscriber.
  mutating func subscribe(
    _ body: SubscribeBody, at key: InfoHash, from address: IPAddress?, now: Instant
  ) throws(RegistrationRefusal) -> (SubscriptionOutcome, [RegistrationEffect]) {
    let id = Subscription.ID(token: body.context.token, key: key, clientID: body.context.clientID)
    let old = entries[id]
    guard old?.secret.allows(body.context.secret) ?? true else { throw .wrongSecret }
    let entry = Subscription(
      context: body.context.kept(defaultTopic: defaultTopic), end: now + limits.lifetime,
      secret: old?.secret ?? SecretDigest(of: body.context.secret), address: old?.address ?? address?.quotaPrefix)
    try admit(entry, as: id)
    if old != nil {
      insert(entry, as: id)
      return (body.isRefresh ? .refreshed : .known, [.saveSubscription(id), .renewPushes(id)])
    }
    return (.new, add(entry, as: id) + [.saveSubscription(id)])
  }

  /// A client wants to hear no more. That there is nothing is no failure.
  mutating func unsubscribe(_ body: UnsubscribeBody, at key: InfoHash) throws(RegistrationRefusal)
    -> [RegistrationEffect]
  {
    let id = Subscription.ID(token: body.token, key: key, clientID: body.clientID)
    guard let entry = entries[id] else { return [] }
    guard entry.secret.allows(body.secret) else { throw .wrongSecret }
    return end(id)
  }

  /// The values of a key changed. Every subscriber of it is pushed to.
  mutating func changed(_ change: ListenChange, at key: InfoHash) -> [RegistrationEffect] {
    guard let (value, isExpired) = note(change, at: key) else { return [] }
    return (keys[key]?.subscribers ?? []).compactMap { id in
      entries[id].map { .push(PushNotification(of: [value], areExpired: isExpired, at: key, to: $0.context)) }
    }
  }

  /// Nobody is reached by this token any more.
  mutating func dropToken(_ token: String) -> [RegistrationEffect] {
    guard countsByToken[token] != nil else { return [] }
    return entries.keys.filter { $0.token == token }.sorted(by: Subscription.ID.precedes).flatMap { end($0) }
  }

  /// Reminds of what ends soon, and ends what is over.
  mutating func advance(to now: Instant) -> [RegistrationEffect] {
    var effects: [RegistrationEffect] = []
    while let id = deadlines.popDue(now) {
      guard var entry = entries[id] else { continue }
      if entry.end <= now {
        effects += end(id)
        continue
      }
      if let reminder = entry.reminder(of: id, limits), reminder <= now {
        entry.isReminded = true
        entries[id] = entry
        effects.append(.push(PushNotification(timeoutAt: id.key, to: entry.context)))
      }
      deadlines.set(id, at: entry.reminder(of: id, limits) ?? entry.end)
    }
    return effects
  }

  /// Takes up what an earlier run saved.
  mutating func restore(_ entry: Subscription, as id: Subscription.ID) -> [RegistrationEffect] {
    entries[id] == nil ? add(entry, as: id) : []
  }
}

extension Subscriptions {
  private mutating func note(
    _ change: ListenChange, at key: InfoHash
  ) -> (value: WatchedKey.KnownValue, isExpired: Bool)? {
    switch change {
    case .added(let value), .updated(let value):
      guard let value = keys[key]?.add(value, limit: limits.valuesPerKey) else { return nil }
      return (value, false)
    case .expired(let value):
      guard let value = keys[key]?.remove(value) else { return nil }
      return (value, true)
    }
  }

  private func admit(_ entry: Subscription, as id: Subscription.ID) throws(RegistrationRefusal) {
    let old = entries[id]
    guard byteCount + entry.byteCount - (old?.byteCount ?? 0) <= limits.subscriptionBytes else {
      throw .full(.subscriptionBytes)
    }
    guard old == nil else { return }
    guard entries.count < limits.subscriptions else { throw .full(.subscriptions) }
    guard keys[id.key] != nil || keys.count < limits.subscribedKeys else { throw .full(.subscribedKeys) }
    guard keys[id.key]?.subscribers.count ?? 0 < limits.subscriptionsPerKey else { throw .full(.subscriptionsPerKey) }
    guard countsByToken[id.token, default: 0] < limits.subscriptionsPerToken else {
      throw .full(.subscriptionsPerToken)
    }
    if let address = entry.address {
      guard countsByAddress[address, default: 0] < limits.subscriptionsPerAddress else {
        throw .full(.subscriptionsPerAddress)
      }
    }
  }

  private mutating func add(_ entry: Subscription, as id: Subscription.ID) -> [RegistrationEffect] {
    insert(entry, as: id)
    let isWatched = keys[id.key] != nil
    keys[id.key, default: WatchedKey()].add(id)
    countsByToken[id.token, default: 0] += 1
    if let address = entry.address { countsByAddress[address, default: 0] += 1 }
    guard isWatched else { return [.listen(id.key)] }
    let values = keys[id.key]?.values ?? []
    return values.isEmpty
      ? [] : [.push(PushNotification(of: values, areExpired: false, at: id.key, to: entry.context))]
  }

  private mutating func insert(_ entry: Subscription, as id: Subscription.ID) {
    byteCount += entry.byteCount - (entries[id]?.byteCount ?? 0)
    entries[id] = entry
    deadlines.set(id, at: entry.reminder(of: id, limits) ?? entry.end)
  }

  private mutating func end(_ id: Subscription.ID) -> [RegistrationEffect] {
    guard let entry = entries.removeValue(forKey: id) else { return [] }
    byteCount -= entry.byteCount
    deadlines.remove(id)
    countsByToken.decrement(id.token)
    if let address = entry.address { countsByAddress.decrement(address) }
    keys[id.key]?.remove(id)
    let effects: [RegistrationEffect] = [.dropPushes(id), .saveSubscription(id)]
    guard keys[id.key]?.subscribers.isEmpty == true else { return effects }
    keys[id.key] = nil
    return effects + [.unlisten(id.key)]
  }
}
