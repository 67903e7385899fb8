internal import AsyncHTTPClient
internal import DHTModel
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// Carries requests to the gateway, which is trusted, and to endpoints of UnifiedPush, which strangers name: those only to
/// public addresses, and to the very address that was looked at.
actor PushTransport {
  /// Finds the addresses of a name. Ends when its task is cancelled.
  typealias Resolve = @Sendable (_ host: String, _ port: UInt16) async -> [DHTModel.SocketAddress]
  /// The addresses by which this machine is known outside.
  typealias Reported = @Sendable () async -> [IPAddress]
  /// How an exchange went.
  enum Reply: Equatable, Sendable {
    case answered(status: Int, body: [UInt8])
    /// No answer in time.
    case silent
    /// Not sent: the host is not one to send to.
    case forbidden
  }
  private struct KeptHost {
    let client: HTTPClient
    let address: IPAddress
    var users = 0
    var lastUse: UInt64
  }

  private let configuration: PushConfiguration
  private let resolve: Resolve
  private let reported: Reported
  /// Made for the first push: what is never used need not be stopped.
  private var gateway: HTTPClient?
  private var isStopped = false
  private let clientConfiguration: HTTPClient.Configuration
  private var hosts: [String: KeptHost] = [:]
  private var uses: UInt64 = 0

  /// - Parameters:
  ///   - tls: what certificates are trusted; nil for those of the system.
  init(
    _ configuration: PushConfiguration, tls: TLSConfiguration? = nil, reported: @escaping Reported = { [] },
    resolve: @escaping Resolve
  ) {
    self.configuration = configuration
    self.resolve = resolve
    self.reported = reported
    var client = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
    client.timeout = .init(connect: .seconds(5), read: .seconds(10))
    // The queue tries again, and pauses longer than the pool would.
    client.connectionPool.retryConnectionEstablishment = false
    client.connectionPool.idleTimeout = .seconds(30)
    client.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = configuration.limits.requestsPerHost
    client.httpVersion = .http1Only
    clientConfiguration = client
  }

  /// Sends to the gateway.
  func send(_ request: PushRequest) async -> Reply {
    guard !isStopped else { return .silent }
    let client = gateway ?? HTTPClient(eventLoopGroupProvider: .singleton, configuration: clientConfiguration)
    gateway = client
    return await exchange(request, by: client)
  }

  /// Sends to an endpoint that a stranger named.
  func send(unifiedPush request: PushRequest) async -> Reply {
    let host = request.endpoint.host
    if let allowed = configuration.unifiedPushHosts, !allowed.contains(host) { return .forbidden }
    let (resolve, port) = (resolve, request.endpoint.port)
    let found = await within(configuration.limits.requestTimeout) { await resolve(host, port) } ?? []
    guard !found.isEmpty, !isStopped else { return .silent }
    // One address that is not public among public ones is no accident.
    if !configuration.allowsLocalEndpoints {
      guard found.allSatisfy(\.ip.isPublic), await !areOurs(found.map(\.ip)) else { return .forbidden }
    }
    guard !isStopped else { return .silent }
    let client = client(of: host, at: found.map(\.ip))
    let reply = await exchange(request, by: client)
    release(host, client)
    return reply
  }

  /// Closes every connection. Nothing may be sent any more.
  func stop() async {
    isStopped = true
    let clients = hosts.values.map(\.client) + [gateway].compactMap { $0 }
    (hosts, gateway) = ([:], nil)
    for client in clients { try? await client.shutdown() }
  }
}

extension PushTransport {
  /// Whether some of these are this machine's own: what goes there passes by its firewall.
  private func areOurs(_ addresses: [IPAddress]) async -> Bool {
    let own = Set(Self.interfaceAddresses() + (await reported()).map(\.unmapped))
    return addresses.contains { own.contains($0.unmapped) }
  }

  /// The addresses of this machine's interfaces, now.
  static func interfaceAddresses() -> [IPAddress] {
    let devices = (try? System.enumerateDevices()) ?? []
    return devices.compactMap { $0.address?.ipAddress.flatMap { IPAddress(parsing: $0) }?.unmapped }
  }

  private func exchange(_ request: PushRequest, by client: HTTPClient) async -> Reply {
    let limits = configuration.limits
    let reply = await within(limits.requestTimeout) { () async throws -> Reply in
      var outgoing = HTTPClientRequest(url: request.endpoint.url)
      outgoing.method = .POST
      for (name, value) in request.headers { outgoing.headers.add(name: name, value: value) }
      outgoing.body = .bytes(request.body)
      let answer = try await client.execute(outgoing, timeout: .nanoseconds(limits.requestTimeout.inNanoseconds))
      // What is said beyond the limit is not read; its connection is closed.
      var body: [UInt8] = []
      for try await part in answer.body {
        body += Array(buffer: part).prefix(limits.answerBytes - body.count)
        if body.count >= limits.answerBytes { break }
      }
      return .answered(status: Int(answer.status.code), body: body)
    }
    return reply ?? .silent
  }

  /// A client whose connections to a host go to one of these addresses, whatever its name becomes.
  private func client(of host: String, at addresses: [IPAddress]) -> HTTPClient {
    uses += 1
    if let kept = hosts[host], addresses.contains(kept.address) {
      hosts[host]?.users += 1
      hosts[host]?.lastUse = uses
      return kept.client
    }
    var configuration = clientConfiguration
    let address = addresses[0]
    configuration.dnsOverride = [host: "\(address)"]
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    // The client of the host's former address, if in use, is shut down by its last user.
    if hosts[host]?.users ?? 1 == 0 { evict(host) }
    if hosts[host] == nil { hosts[host] = KeptHost(client: client, address: address, users: 1, lastUse: uses) }
    return client
  }

  private func release(_ host: String, _ client: HTTPClient) {
    guard hosts[host]?.client === client else { return shutDown(client) }
    hosts[host]?.users -= 1
    while hosts.count > configuration.limits.keptHosts {
      let idle = hosts.filter { $0.value.users == 0 }.min { $0.value.lastUse < $1.value.lastUse }
      guard let idle else { return }
      evict(idle.key)
    }
  }

  private func evict(_ host: String) {
    if let kept = hosts.removeValue(forKey: host) { shutDown(kept.client) }
  }

  // Has nothing to wait for but connections that close.
  private func shutDown(_ client: HTTPClient) { client.shutdown { _ in } }
}

/// What some work gives; nil when it fails, or takes longer. Its task is then cancelled.
func within<T: Sendable>(_ limit: Duration, _ work: @escaping @Sendable () async throws -> T) async -> T? {
  await withTaskGroup(of: T?.self) { group in
    group.addTask { try? await work() }
    group.addTask {
      try? await Task.sleep(for: limit)
      return nil
    }
    let first = await group.next() ?? nil
    group.cancelAll()
    return first
  }
}
