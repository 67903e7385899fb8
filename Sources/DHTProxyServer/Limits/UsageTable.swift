internal import DHTModel

/// Who uses how much: decides what a client may do next. Its size is fixed.
///
///     unused ── acquire ──► held (has something open: keeps its place)
///        ▲                    │
///        └─── last release ───┘        the one unused for longest makes room for a new client
struct UsageTable {
  private struct Usage {
    var client: Client
    var limits: ClientLimits
    var requests: RateBucket
    var held: [3 of Int] = [0, 0, 0]
    // Places of the neighbours among those that hold nothing, oldest first; -1 for none.
    var older = -1, newer = -1
    var holdsNothing: Bool { held[0] == 0 && held[1] == 0 && held[2] == 0 }
  }

  private let limits: ProxyLimits
  private var places: [Client: Int] = [:]
  private var usages: [Usage] = []
  private var oldest = -1, newest = -1
  private var totals: [3 of Int] = [0, 0, 0]

  init(_ limits: ProxyLimits) { self.limits = limits }

  /// Clients that are remembered.
  var count: Int { usages.count }

  /// What all clients hold.
  func total(_ resource: Resource) -> Int { totals[resource.index] }

  /// What one client holds.
  func held(_ resource: Resource, by client: Client) -> Int {
    places[client].map { usages[$0].held[resource.index] } ?? 0
  }

  /// Counts a request; nil when it may be carried out. A token may bring limits of its own.
  mutating func request(by client: Client, limits own: ClientLimits? = nil, now: Instant) -> Refusal? {
    guard let place = place(of: client, own, now: now) else { return .tooMany(.connection) }
    let rate = usages[place].limits
    let wait = usages[place].requests.take(perSecond: rate.requestsPerSecond, burst: rate.requestBurst, now: now)
    if usages[place].holdsNothing { touch(place) }
    return wait.map { .tooFast(retryAfter: $0) }
  }

  /// Whether a client has no request left.
  func isTooFast(_ client: Client, now: Instant) -> Bool {
    guard let place = places[client] else { return false }
    let rate = usages[place].limits
    return usages[place].requests.isEmpty(perSecond: rate.requestsPerSecond, burst: rate.requestBurst, now: now)
  }

  /// Takes a resource; nil when it may be opened. Each must be released once.
  mutating func acquire(
    _ resource: Resource, by client: Client, limits own: ClientLimits? = nil, now: Instant
  ) -> Refusal? {
    guard totals[resource.index] < limits.total(resource), let place = place(of: client, own, now: now),
      usages[place].held[resource.index] < usages[place].limits.most(resource)
    else { return .tooMany(resource) }
    if usages[place].holdsNothing { unlink(place) }
    usages[place].held[resource.index] += 1
    totals[resource.index] += 1
    return nil
  }

  /// Gives a resource back.
  mutating func release(_ resource: Resource, by client: Client) {
    guard let place = places[client], usages[place].held[resource.index] > 0 else { return }
    usages[place].held[resource.index] -= 1
    totals[resource.index] -= 1
    if usages[place].holdsNothing { append(place) }
  }
}

extension UsageTable {
  /// The place of a client, a new one if need be; nil when all places are held.
  private mutating func place(of client: Client, _ own: ClientLimits?, now: Instant) -> Int? {
    if let known = places[client] { return known }
    let allowed = own ?? limits.limits(of: client)
    let usage = Usage(
      client: client, limits: allowed, requests: RateBucket(burst: allowed.requestBurst, now: now))
    let place: Int
    if usages.count < limits.rememberedClients {
      place = usages.count
      usages.append(usage)
    } else {
      guard oldest >= 0 else { return nil }
      place = oldest
      unlink(place)
      places[usages[place].client] = nil
      usages[place] = usage
    }
    places[client] = place
    append(place)
    return place
  }

  private mutating func touch(_ place: Int) {
    guard place != newest else { return }
    unlink(place)
    append(place)
  }

  private mutating func append(_ place: Int) {
    usages[place].older = newest
    usages[place].newer = -1
    if newest >= 0 { usages[newest].newer = place } else { oldest = place }
    newest = place
  }

  private mutating func unlink(_ place: Int) {
    let (older, newer) = (usages[place].older, usages[place].newer)
    if older >= 0 { usages[older].newer = newer } else { oldest = newer }
    if newer >= 0 { usages[newer].older = older } else { newest = older }
  }

  /// Whether the chain of those that hold nothing is whole, for tests.
  func checkInvariants() -> Bool {
    var place = oldest, last = -1, linked = 0
    while place >= 0, linked <= usages.count {
      guard usages[place].older == last, usages[place].holdsNothing else { return false }
      (last, place, linked) = (place, usages[place].newer, linked + 1)
    }
    return last == newest && linked == usages.count(where: \.holdsNothing) && places.count == usages.count
  }
}

extension Resource {
  fileprivate var index: Int {
    switch self {
    case .connection: 0
    case .listen: 1
    case .stream: 2
    }
  }
}

extension ClientLimits {
  fileprivate func most(_ resource: Resource) -> Int {
    switch resource {
    case .connection: connections
    case .listen: listens
    case .stream: streams
    }
  }
}

extension ProxyLimits {
  fileprivate func total(_ resource: Resource) -> Int {
    switch resource {
    // Counted where they are accepted.
    case .connection: .max
    case .listen: listens
    case .stream: streams
    }
  }

  func limits(of client: Client) -> ClientLimits {
    switch client {
    case .token: perToken
    case .address(let address): exceptions.first { $0.addresses.contains(address) }?.limits ?? perAddress
    }
  }
}
