internal import DHTModel
internal import DHTProxyMessages

/// The permanent puts of a server: whose they are, when they end, and whom to remind of that. (proxy.md §6)
struct PermanentPuts: Sendable {
  /// What a client asks for.
  struct Request {
    var value: Value
    var key: InfoHash
    /// What it says of itself; nil when nothing.
    var context: PushContext?
    var address: IPAddress?
  }
  /// What to do about a request.
  enum Decision: Equatable {
    /// Announce this value, and answer with it.
    case put(Value)
    /// It is announced already; answer with it at once.
    case known(Value)
  }

  let limits: RegistrationLimits
  let defaultTopic: String
  private(set) var entries: [PermanentPut.ID: PermanentPut] = [:]
  private(set) var byteCount = 0
  private var idsByKey: [InfoHash: [Value.ID]] = [:]
  private var countsByToken: [String: Int] = [:]
  private var countsByAddress: [IPAddress: Int] = [:]
  private var deadlines = Deadlines<PermanentPut.ID>()

  init(_ limits: RegistrationLimits, defaultTopic: String = "") {
    self.limits = limits
    self.defaultTopic = defaultTopic
  }

  /// Puts that there are.
  var count: Int { entries.count }
  /// Keys with a permanent put.
  var keyCount: Int { idsByKey.count }
  var nextDeadline: Instant? { deadlines.nextDeadline }

  /// A client puts. The entry is made at once, and stays if nobody stores the value.
  ///
  /// - Parameters:
  ///   - drawnID: for a value without an id.
  mutating func put(
    _ request: Request, drawing drawnID: Value.ID, now: Instant
  ) throws(RegistrationRefusal) -> (Decision, [RegistrationEffect]) {
    if request.value.id == 0, let id = equal(of: request) {
      refresh(id, by: request, now: now)
      return (.known(entries[id]?.value ?? request.value), [.savePut(id)])
    }
    var value = request.value
    if value.id == 0 { value.id = drawnID }
    let id = PermanentPut.ID(key: request.key, valueID: value.id)
    guard entries[id]?.secret.allows(request.secret) ?? true else { throw .wrongSecret }
    var entry = entries[id] ?? PermanentPut(value: value, end: now, address: request.address?.quotaPrefix)
    entry.value = value
    if entries[id] == nil { entry.secret = SecretDigest(of: request.secret) }
    renew(&entry, by: request, now: now)
    try admit(entry, as: id)
    insert(entry, as: id)
    return (.put(value), [.savePut(id)])
  }

  /// A client wants its put no longer to be announced.
  mutating func cancel(_ id: PermanentPut.ID, secret: String) throws(RegistrationRefusal) -> [RegistrationEffect] {
    guard let entry = entries[id] else { throw .unknown }
    // Whoever knows the id of a put without a secret could end it, and ids are public.
    guard let digest = entry.secret, digest.matches(secret) else { throw .wrongSecret }
    return end(id)
  }

  /// What nobody can store is not kept for a day. The node has refused it: there is nothing to cancel.
  mutating func forget(_ id: PermanentPut.ID) -> [RegistrationEffect] {
    guard entries[id] != nil else { return [] }
    remove(id)
    deadlines.remove(id)
    return [.savePut(id)]
  }

  /// Nobody is reached by this token any more. The puts stay to their end.
  mutating func dropToken(_ token: String) -> [RegistrationEffect] {
    guard countsByToken[token] != nil else { return [] }
    let ids = entries.filter { $0.value.context?.token == token }.keys.sorted(by: PermanentPut.ID.precedes)
    for id in ids {
      guard var entry = entries[id] else { continue }
      entry.context = nil
      insert(entry, as: id)
    }
    return ids.map { .savePut($0) }
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
      if let reminder = entry.reminder(of: id, limits), reminder <= now, let context = entry.context {
        entry.isReminded = true
        entries[id] = entry
        effects.append(.push(PushNotification(timeoutAt: id.key, valueID: id.valueID, to: context)))
      }
      deadlines.set(id, at: entry.reminder(of: id, limits) ?? entry.end)
    }
    return effects
  }

  /// Takes up what an earlier run saved.
  mutating func restore(_ entry: PermanentPut, as id: PermanentPut.ID) { insert(entry, as: id) }
}

extension PermanentPuts {
  /// The put of an earlier request of the same client with the same content. (proxy.md §6, rule 2)
  private func equal(of request: Request) -> PermanentPut.ID? {
    for valueID in idsByKey[request.key] ?? [] {
      let id = PermanentPut.ID(key: request.key, valueID: valueID)
      guard let entry = entries[id], entry.value.hasSameContent(as: request.value),
        entry.context?.token ?? "" == request.context?.token ?? "",
        entry.context?.clientID ?? "" == (request.hasToken ? request.context?.clientID ?? "" : ""),
        entry.secret.allows(request.secret)
      else { continue }
      return id
    }
    return nil
  }

  private mutating func refresh(_ id: PermanentPut.ID, by request: Request, now: Instant) {
    guard var entry = entries[id] else { return }
    renew(&entry, by: request, now: now)
    insert(entry, as: id)
  }

  // Unlike the reference, a renewal moves the reminder too, and a new token takes the old one's place.
  private func renew(_ entry: inout PermanentPut, by request: Request, now: Instant) {
    entry.end = now + limits.lifetime
    entry.isReminded = false
    // Ids are public: without a token whoever comes later could lock out whoever made the put.
    if request.hasToken, entry.context?.token == request.context?.token {
      entry.secret = entry.secret ?? SecretDigest(of: request.secret)
    }
    if request.hasToken, var context = request.context?.kept(defaultTopic: defaultTopic) {
      if context.sessionID.isEmpty { context.sessionID = entry.context?.sessionID ?? "" }
      entry.context = context
    } else if let sessionID = request.context?.sessionID, !sessionID.isEmpty {
      entry.context?.sessionID = sessionID
    }
  }

  private func admit(_ entry: PermanentPut, as id: PermanentPut.ID) throws(RegistrationRefusal) {
    let old = entries[id]
    guard byteCount + entry.byteCount - (old?.byteCount ?? 0) <= limits.permanentPutBytes else {
      throw .full(.permanentPutBytes)
    }
    if let token = entry.context?.token, token != old?.context?.token {
      guard countsByToken[token, default: 0] < limits.permanentPutsPerToken else { throw .full(.permanentPutsPerToken) }
    }
    guard old == nil else { return }
    guard entries.count < limits.permanentPuts else { throw .full(.permanentPuts) }
    guard hasRoom(at: id.key, for: entry) else { throw .full(.permanentPutsPerKey) }
    if let address = entry.address {
      guard countsByAddress[address, default: 0] < limits.permanentPutsPerAddress else {
        throw .full(.permanentPutsPerAddress)
      }
    }
  }

  private func hasRoom(at key: InfoHash, for entry: PermanentPut) -> Bool {
    let ids = idsByKey[key] ?? []
    if ids.count < limits.permanentPutsPerKey { return true }
    guard ids.count < limits.permanentPutsPerKey + limits.permanentPutsPerKey / 4 else { return false }
    let own = ids.count { entries[PermanentPut.ID(key: key, valueID: $0)]?.hasSameClient(as: entry) == true }
    return (1..<max(1, limits.reservedPutsPerKey)).contains(own)
  }

  private mutating func insert(_ entry: PermanentPut, as id: PermanentPut.ID) {
    remove(id)
    entries[id] = entry
    byteCount += entry.byteCount
    idsByKey[id.key, default: []].append(id.valueID)
    if let token = entry.context?.token { countsByToken[token, default: 0] += 1 }
    if let address = entry.address { countsByAddress[address, default: 0] += 1 }
    deadlines.set(id, at: entry.reminder(of: id, limits) ?? entry.end)
  }

  private mutating func end(_ id: PermanentPut.ID) -> [RegistrationEffect] {
    remove(id)
    deadlines.remove(id)
    return [.cancel(id), .savePut(id)]
  }

  // The deadline stays: it is moved, or removed, by whoever calls.
  private mutating func remove(_ id: PermanentPut.ID) {
    guard let entry = entries.removeValue(forKey: id) else { return }
    byteCount -= entry.byteCount
    idsByKey[id.key]?.removeAll { $0 == id.valueID }
    if idsByKey[id.key]?.isEmpty == true { idsByKey[id.key] = nil }
    if let token = entry.context?.token { countsByToken.decrement(token) }
    if let address = entry.address { countsByAddress.decrement(address) }
  }
}

extension PermanentPuts.Request {
  fileprivate var secret: String { context?.secret ?? "" }
  fileprivate var hasToken: Bool { context?.token.isEmpty == false }
}

extension PermanentPut.ID {
  /// By key, then by value id: the order of what is written.
  static func precedes(_ x: PermanentPut.ID, _ y: PermanentPut.ID) -> Bool {
    x.key != y.key ? x.key < y.key : x.valueID < y.valueID
  }
}

extension Dictionary where Value == Int {
  /// Counts one less, and forgets what there is none of.
  mutating func decrement(_ key: Key) {
    guard let count = self[key] else { return }
    self[key] = count > 1 ? count - 1 : nil
  }
}
