internal import DHTModel
internal import DHTSecurity
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import OpenDHT

/// What stands around the routes of the network: who may ask, how much, and what the server tells of itself.
///
///     request ──► access ──► limits ──► health ──► carried out ──► figures
final class Operations: Sendable {
  let settings: OperationsSettings
  let health: HealthWatch
  let hub: EventHub
  let dht: DHT
  let counts: @Sendable () async -> Counts
  private let usage: NIOLockedValueBox<UsageTable>
  private let figures: NIOLockedValueBox<RequestFigures>
  // What certificates open, by their hashes. Each connection asks again for each request; judging takes signatures.
  private let judged = NIOLockedValueBox<[TokenHash: Judgement]>([:])

  private struct Judgement {
    var groups: Set<RouteGroup>
    var until: Instant
  }
  /// Certificates that are remembered; when there are so many, all are judged anew. A few hundred bytes each.
  private static let mostJudged = 4_096
  /// How long a judgement holds: a revoked certificate counts no longer than that.
  private static let judgementTime = Duration.seconds(60)

  init(
    of dht: DHT, hub: EventHub, _ settings: OperationsSettings, counts: @escaping @Sendable () async -> Counts
  ) {
    self.dht = dht
    self.hub = hub
    self.settings = settings
    self.counts = counts
    health = HealthWatch(of: dht, settings.health)
    usage = NIOLockedValueBox(UsageTable(settings.limits))
    figures = NIOLockedValueBox(RequestFigures(routes: Route.names))
  }

  func start() {
    health.start()
    hub.start()
  }

  /// Ends every event stream.
  func stop() async {
    health.stop()
    await hub.stop()
  }

  /// Connections that are open.
  var connections: Int { usage.withLockedValue { $0.total(.connection) } }

  /// The figures of requests.
  func withFigures<Result>(_ body: (inout RequestFigures) -> Result) -> Result { figures.withLockedValue { body(&$0) } }
}

extension Operations: RequestGate {
  func connectionOpened(from address: NIOCore.SocketAddress?) -> Permit? {
    // A client that has reset its connection before it was accepted: what it sent would be of nobody.
    guard let ip = address?.ip else { return nil }
    return acquire(.connection, by: Client(ip), limits: nil)
  }

  func turnAway(from address: NIOCore.SocketAddress?) -> Answer? {
    guard let ip = address?.ip else { return nil }
    let refusal = usage.withLockedValue { $0.request(by: Client(ip), now: .monotonic) }
    guard let refusal else { return nil }
    figures.withLockedValue { $0.record(refusal) }
    return Answer(refusal)
  }

  func admit(_ request: ProxyRequest) -> Admission {
    // Balancers ask for the health of the server; many users may be behind their address.
    guard !request.route.isHealth else { return .admitted(nil) }
    // An address that has tried too many tokens is not listened to, whatever it shows next.
    if request.headers.contains(name: "authorization"), let ip = request.address?.ip,
      usage.withLockedValue({ $0.isTooFast(Client(ip), now: .monotonic) }),
      let refusal = turnAway(from: request.address)
    {
      return .refused(refusal)
    }
    let access = access(of: request)
    guard case .allowed(let client, let limits) = access else {
      if let refusal = turnAway(from: request.address) { return .refused(refusal) }
      if case .refused(let refusal) = access { return refuse(refusal, request) }
      return .admitted(nil)
    }
    if let refusal = usage.withLockedValue({ $0.request(by: client, limits: limits, now: .monotonic) }) {
      return refuse(refusal, request)
    }
    if request.route.needsNetwork, let refusal = health.current.refusal(now: .monotonic) {
      return refuse(refusal, request)
    }
    guard let resource = request.route.resource else { return .admitted(nil) }
    guard let permit = acquire(resource, by: client, limits: limits) else { return refuse(.tooMany(resource), request) }
    return .admitted(permit)
  }

  func release(_ permit: Permit) {
    guard let client = permit.client else { return }
    usage.withLockedValue { $0.release(permit.resource, by: client) }
  }

  func answered(_ route: Route?, status: Int, after duration: Duration) {
    let lasts = route?.resource != nil
    figures.withLockedValue {
      $0.record(route: route?.number ?? Route.names.count - 1, status: status, duration: lasts ? nil : duration)
    }
  }

  func refusal(of group: RouteGroup, to request: ProxyRequest) -> Answer? {
    guard let ip = request.address?.ip else { return Answer(.forbidden(group)) }
    guard case .refused(let refusal) = settings.access.decide(group, credentials(of: request, ip)) else { return nil }
    return Answer(refusal)
  }

  private func refuse(_ refusal: Refusal, _ request: ProxyRequest) -> Admission {
    figures.withLockedValue { $0.record(refusal) }
    return .refused(Answer(refusal))
  }

  private func acquire(_ resource: Resource, by client: Client, limits: ClientLimits?) -> Permit? {
    let refusal = usage.withLockedValue { $0.acquire(resource, by: client, limits: limits, now: .monotonic) }
    guard let refusal else { return Permit(client: client, resource: resource) }
    figures.withLockedValue { $0.record(refusal) }
    return nil
  }
}

// Who it is, and what it may do.
extension Operations {
  enum Access {
    case allowed(Client, limits: ClientLimits?)
    case refused(Refusal)
  }

  private func access(of request: ProxyRequest) -> Access {
    // Whoever cannot be counted gets nothing.
    guard let ip = request.address?.ip else { return .refused(.forbidden(request.route.group)) }
    // Balancers and browsers ask before they have anything to show.
    guard request.route.isRestricted else { return .allowed(Client(ip), limits: nil) }
    switch settings.access.decide(request.route.group, credentials(of: request, ip)) {
    case .allowed(let client, let limits): return .allowed(client, limits: limits)
    case .refused(let refusal): return .refused(refusal)
    }
  }

  /// How many keys the streams of a request's sender may have.
  func keyShare(of request: ProxyRequest) -> EventFeeds.KeyShare? {
    guard case .allowed(let client, let limits) = access(of: request) else { return nil }
    return EventFeeds.KeyShare(client: client, most: (limits ?? settings.limits.limits(of: client)).streamKeys)
  }

  private func credentials(of request: ProxyRequest, _ ip: IPAddress) -> AccessRules.Credentials {
    AccessRules.Credentials(
      address: ip, authorization: request.headers.first(name: "authorization").map { Array($0.utf8) },
      certificateGroups: request.certificate.map(groups) ?? [])
  }

  private func groups(of certificate: NIOSSLCertificate) -> Set<RouteGroup> {
    guard !settings.access.certificates.isEmpty, let der = try? certificate.toDERBytes() else { return [] }
    let hash = TokenHash(hashing: der)
    let now = Instant.monotonic
    if let known = judged.withLockedValue({ $0[hash] }), now < known.until { return known.groups }
    guard let certificate = try? Certificate(decoding: der) else { return [] }
    let groups = settings.access.groups(of: certificate)
    judged.withLockedValue { judged in
      if judged.count >= Self.mostJudged { judged = [:] }
      judged[hash] = Judgement(groups: groups, until: now + Self.judgementTime)
    }
    return groups
  }
}

extension NIOCore.SocketAddress {
  /// The IP address, as the socket has it.
  var ip: IPAddress? { ipAddress.flatMap { AddressRange(parsing: $0)?.first } }
}

extension Answer {
  static let tooManyConnections = Answer(.tooMany(.connection))

  init(_ refusal: Refusal) {
    self.init(refusal.answer)
    if let header = refusal.header { fields = [header] }
  }
}
