import DHTCollections
import DHTModel
import DHTWire

/// The network as seen over one address family: remote nodes, the table of them, and the searches.
///
/// There is one of these per family; nothing in it asks which.
struct Overlay {
  var contacts: Contacts
  var searches: [InfoHash: Search] = [:]
  /// When searches are due by themselves. Stale entries are skipped.
  private var searchDeadlines = DeadlineQueue<InfoHash>()
  /// The earliest entry of each search in `searchDeadlines`.
  private var scheduled: [InfoHash: Instant] = [:]
  /// Searches that something happened to during this input.
  private(set) var touchedKeys: [InfoHash] = []
  private var isTouched: Set<InfoHash> = []

  var upkeep: Upkeep
  /// Until when there is no use in looking for idle searches: there were none just now, and looking takes a walk over all.
  private var noneIdleUntil: Instant?
  private var exploration = Exploration()
  var isStable = false
  /// Pings to bootstrap addresses that are not answered yet.
  var bootstrapPings = 0

  init(family: AddressFamily, context: inout Context) {
    contacts = Contacts(family: family, context: context)
    upkeep = Upkeep(now: context.now, random: &context.random)
  }

  var family: AddressFamily { contacts.family }
  /// Entries that wait for their time, stale ones included.
  var scheduledCount: Int { searchDeadlines.count }

  /// How well this family is connected. (node.md §2.7)
  func status(_ now: Instant) -> Status {
    var isDubious = false
    for bucket in contacts.table.buckets {
      for id in bucket.nodes {
        switch contacts.known.look(id, { $0.state(at: now) }) {
        case .good: return .connected
        case .dubious: isDubious = true
        case .expired, nil: continue
        }
      }
    }
    return isDubious || bootstrapPings > 0 ? .connecting : .disconnected
  }

  var nextDeadline: Instant {
    var next = upkeep.nextDeadline
    if let requests = contacts.requests.nextDeadline { next = min(next, requests) }
    if let search = searchDeadlines.nextDeadline { next = min(next, search) }
    if let pause = exploration.nextDeadline { next = min(next, pause) }
    return next
  }

  /// Lets everything that is due happen.
  mutating func advance(otherTable: RoutingTable?, _ context: inout Context) {
    while let timeout = contacts.requests.nextTimeout(now: context.now, random: &context.random) {
      handle(timeout, &context)
    }
    while let key = searchDeadlines.popDue(context.now) {
      // A stale entry must not be replaced by another, or they would never become fewer.
      guard let earliest = scheduled[key], earliest <= context.now else { continue }
      scheduled[key] = nil
      guard let due = searches[key]?.nextStep else { continue }
      due <= context.now ? touch(key) : schedule(key, due)
    }
    if let target = exploration.advance(to: context.now, own: context.id) {
      explore(target, &context)
    }
    maintain(otherTable: otherTable, &context)
    settle(&context)
  }

  /// Marks a search for a step at the end of this input.
  mutating func touch(_ key: InfoHash) {
    if isTouched.insert(key).inserted { touchedKeys.append(key) }
  }

  /// Runs the steps that this input called for.
  mutating func settle(_ context: inout Context) {
    var index = 0
    while index < touchedKeys.count {
      let key = touchedKeys[index]
      index += 1
      isTouched.remove(key)
      guard searches[key] != nil else { continue }
      searches[key]!.step(&contacts, &context)
      if let due = searches[key]!.nextStep { schedule(key, due) }
    }
    touchedKeys.removeAll(keepingCapacity: true)
  }

  private mutating func schedule(_ key: InfoHash, _ due: Instant) {
    if let earlier = scheduled[key], earlier <= due { return }
    scheduled[key] = due
    searchDeadlines.push(key, at: due)
  }
}

// MARK: Searches

extension Overlay {
  /// An idle search is forgotten after this: what it knows is stale by then. (node.md §0.2 keeps it 62 min; nodes and
  /// tokens outlive it here.)
  private static let idleSearchAge: Duration = .seconds(600)

  /// The search of a key, made when there is none; false when there is no room for another.
  mutating func prepareSearch(_ key: InfoHash, _ context: inout Context) -> Bool {
    if searches[key] == nil {
      if searches.count >= context.configuration.limits.searches {
        makeRoomForSearch(now: context.now)
        guard searches.count < context.configuration.limits.searches else { return false }
      }
      searches[key] = Search(key: key, limits: context.configuration.limits, now: context.now)
    }
    searches[key]!.refill(contacts, now: context.now)
    touch(key)
    return true
  }

  mutating func forgetIdleSearches(now: Instant) { forgetIdleSearches(before: now - Self.idleSearchAge) }

  /// How long it is remembered that no search was idle.
  private static let noneIdleTime = Duration.seconds(1)

  private mutating func makeRoomForSearch(now: Instant) {
    if let noneIdleUntil, now < noneIdleUntil { return }
    let count = searches.count
    forgetIdleSearches(before: now)
    noneIdleUntil = searches.count == count ? now + Self.noneIdleTime : nil
  }

  private mutating func forgetIdleSearches(before limit: Instant) {
    let idle = searches.filter { !$0.value.isActive && $0.value.lastUsed <= limit }
    for key in idle.keys { searches[key] = nil }
  }

  /// The first good node is there: get to know the network.
  mutating func join(_ context: inout Context) {
    explore(exploration.begin(own: context.id), &context)
  }

  mutating func explored(_ key: InfoHash, _ context: inout Context) {
    let next = exploration.explored(
      key, table: contacts.table, known: contacts.known.count, now: context.now, random: &context.random)
    if let next { explore(next, &context) }
  }

  /// Looks for the nodes around a key.
  private mutating func explore(_ key: InfoHash, _ context: inout Context) {
    guard prepareSearch(key, &context) else {
      return exploration.refused(known: contacts.known.count, now: context.now)
    }
    searches[key]!.explores = true
  }

  mutating func startGet(_ get: SearchGet, at key: InfoHash, _ context: inout Context) -> Bool {
    guard prepareSearch(key, &context) else { return false }
    searches[key]!.gets.append(get)
    return true
  }

  /// Sealed values of a get were opened: nobody else need be asked for them.
  mutating func noteSeen(_ values: [Value], by operation: OperationID, at key: InfoHash) {
    guard let get = searches[key]?.gets.firstIndex(where: { $0.operation == operation }) else { return }
    for value in values { searches[key]?.gets[get].see(value) }
  }

  mutating func startAnnounce(_ announce: Announce, at key: InfoHash, _ context: inout Context) -> Bool {
    guard prepareSearch(key, &context) else { return false }
    // What lingers of an older put under the same id must not reach anybody after this one.
    searches[key]!.announces.removeAll { $0.isReported && !$0.isPermanent && $0.value.id == announce.value.id }
    searches[key]!.announces.append(announce)
    return true
  }

  mutating func startListen(_ listen: NetworkListen, at key: InfoHash, _ context: inout Context) -> Bool {
    guard prepareSearch(key, &context) else { return false }
    searches[key]!.listens.append(listen)
    return true
  }

  /// Ends a get early and tells what it achieved.
  mutating func stopGet(_ operation: OperationID, at key: InfoHash) -> SearchGet.End? {
    guard searches[key] != nil else { return nil }
    return searches[key]!.stopGet(operation)
  }

  mutating func stopAnnounce(_ id: Announce.ID, at key: InfoHash) -> Announce? {
    guard let index = searches[key]?.announceIndex(id) else { return nil }
    return searches[key]!.announces.remove(at: index)
  }

  /// A put joined that wants its value shown by those who store it.
  mutating func verifyAnnounce(_ id: Announce.ID, at key: InfoHash) {
    guard let index = searches[key]?.announceIndex(id) else { return }
    searches[key]?.announces[index].wantsVerify = true
    touch(key)
  }

  mutating func stopListen(_ id: NetworkListen.ID, at key: InfoHash) {
    guard searches[key] != nil else { return }
    searches[key]!.removeListen(id, &contacts)
  }

  /// Whether every node that serves a listen has confirmed it, so that its cache is complete.
  func isListenSynced(_ id: NetworkListen.ID, at key: InfoHash) -> Bool {
    guard let listen = searches[key]?.listens.first(where: { $0.id == id }) else { return false }
    return !listen.statuses.isEmpty && listen.statuses.values.allSatisfy { $0.refresh != nil }
  }

  /// Keys of searches at work, in order, so that what follows is the same in each run.
  func activeKeys(where test: (Search) -> Bool) -> [InfoHash] {
    var keys: [InfoHash] = []
    for search in searches.values where search.isActive && test(search) { keys.append(search.key) }
    return keys.sorted()
  }

  /// Steps every search that has work: new nodes are known, or the network is back.
  mutating func touchActive() {
    for key in activeKeys(where: { _ in true }) { touch(key) }
  }

  /// A node proved itself: searches at work that are nearer to it than to their eighth node want it.
  mutating func offer(_ contact: NodeContact) {
    let interested = activeKeys { search in
      guard search.lookup[contact.id] == nil else { return false }
      let front = search.lookup.first(Lookup.width) { !$0.isFailed }
      return front.count < Lookup.width || contact.id.isCloser(to: search.key, than: front[front.count - 1].id)
    }
    for key in interested {
      searches[key]?.lookup.insert(contact, hop: 0)
      touch(key)
    }
  }
}

extension Overlay {
  /// Whether something is left to tell or to do.
  var isUnsettled: Bool { !contacts.effects.isEmpty || !touchedKeys.isEmpty }

  /// Whether another push may wait for a listener's confirmation.
  func mayPush(to address: SocketAddress, _ limits: Limits) -> Bool {
    contacts.requests.totalPushBytes < limits.pushBytes
      && contacts.requests.pushBytes(to: address) < limits.pushBytesPerAddress
  }

  /// Whether this is a good node, where it says it is.
  func isGood(_ contact: NodeContact, now: Instant) -> Bool {
    contacts.known.look(contact.id) { $0.address == contact.address && $0.isGood(at: now) } ?? false
  }

  /// The good nodes nearest to a target, nearest first.
  func closestGood(to target: InfoHash, count: Int, now: Instant) -> [NodeContact] {
    contacts.table.closestGood(to: target, count: count, known: contacts.known, now: now)
  }
}

extension Overlay {
  /// Nodes that confirmed a listen, nearest first.
  func listeningNodes(_ id: NetworkListen.ID, at key: InfoHash) -> [NodeContact] {
    guard let search = searches[key], let listen = search.listens.first(where: { $0.id == id }) else { return [] }
    return search.lookup.candidates.map(\.contact).filter { listen.statuses[$0.id]?.refresh != nil }
  }
}
