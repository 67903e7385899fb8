internal import AsyncHTTPClient
internal import DHTModel
internal import DHTProxyMessages
internal import DHTTransport
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import OpenDHT

/// The way to a proxy over one of its addresses: connections for requests, kept alive, one for looks, which must not wait
/// for slow requests, and one for each listen.
///
/// The address is chosen by us, since the client below cannot be held to a family of addresses; the name goes with the
/// request, and the certificate must be for it.
final class ProxyRoute: Sendable {
  /// How an answer ended that came line by line.
  enum StreamEnd: Sendable {
    /// Its last byte came. Lines that could not be read were among it, or not.
    case complete(malformedLines: Int)
    /// There was none, but a refusal.
    case refused(status: Int)
    /// Cut off, malformed, silent for too long, or never begun; why.
    case failed(String)
  }
  /// An answer in one piece.
  enum Answer: Sendable {
    case answer(status: Int, body: [UInt8])
    case failed(String)
  }

  /// What a request is for.
  enum Purpose: Sendable {
    /// An operation; the engine sees to it that there are not more than connections.
    case operation
    /// What goes on in the background. It waits for its turn.
    case background
    case listen
  }

  let address: DHTModel.SocketAddress
  private let configuration: ProxyConfiguration
  private let requests: HTTPClient
  private let looks: HTTPClient
  private let gate: RequestGate
  private let listens: HTTPClient

  /// Opens nothing yet. Must be closed.
  init(
    _ configuration: ProxyConfiguration, _ address: DHTModel.SocketAddress, _ tls: TLSConfiguration,
    on loop: any EventLoop
  ) {
    self.address = address
    self.configuration = configuration
    let limits = configuration.limits
    gate = RequestGate(width: limits.connections)
    var settings = HTTPClient.Configuration()
    settings.tlsConfiguration = tls
    if Resolver.literal(Host(name: configuration.url.host)) == nil {
      settings.dnsOverride = [configuration.url.host: "\(address.ip)"]
    }
    // We follow ourselves: a body may hold what only the proxy is to know.
    settings.redirectConfiguration = .disallow
    settings.timeout.connect = TimeAmount(limits.connecting)
    settings.decompression = .disabled
    // We pause and look again ourselves.
    settings.connectionPool.retryConnectionEstablishment = false
    settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 2 * limits.connections
    var patient = settings
    settings.timeout.read = TimeAmount(limits.silence)
    requests = HTTPClient(eventLoopGroupProvider: .shared(loop), configuration: settings)
    settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1
    looks = HTTPClient(eventLoopGroupProvider: .shared(loop), configuration: settings)
    patient.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = limits.listens
    // Over HTTP/2 a server lets about a hundred streams into a connection, and what is beyond waits unseen.
    patient.httpVersion = .http1Only
    patient.http1_1ConnectionDebugInitializer = { channel in KeepAlive.enable(channel, after: limits.keepAlive) }
    listens = HTTPClient(eventLoopGroupProvider: .shared(loop), configuration: patient)
  }

  /// Sends a request and takes its whole answer.
  func answer(to request: ProxyRequest, for purpose: Purpose) async -> Answer {
    await inTurn(purpose) {
      await answer(to: request, over: requests, within: configuration.limits.answering)
    }
  }

  private func inTurn<Result: Sendable>(_ purpose: Purpose, _ work: () async -> Result) async -> Result {
    if case .background = purpose { await gate.pass(work) } else { await work() }
  }

  /// Asks the proxy of its node; all of it within the limit, whatever the proxy does.
  func look(within limit: Duration) async -> Answer {
    await within(limit, else: .failed("no answer within \(limit)")) { [self] in
      let answer = await answer(to: .information, over: looks, within: limit)
      switch answer {
      case .answer(404, _), .answer(501, _): return await self.answer(to: .oldInformation, over: looks, within: limit)
      case .answer, .failed: return answer
      }
    }
  }

  private func answer(to request: ProxyRequest, over client: HTTPClient, within limit: Duration) async -> Answer {
    do {
      let response = try await send(request.http(configuration), over: client, deadline: .now() + TimeAmount(limit))
      let body = try await response.body.collect(upTo: MessageLimits.bodyBytes)
      return .answer(status: Int(response.status.code), body: Array(body.readableBytesView))
    } catch {
      return .failed("\(error)")
    }
  }

  /// Sends a request whose answer comes line by line. `hasBegun` is called once its head is there, `take` for each
  /// piece; further pieces wait until it returns.
  func stream(
    _ request: ProxyRequest, for purpose: Purpose, hasBegun: () async -> Void = {},
    take: (_ events: [ValueStream.Event], _ isBlank: Bool) async -> Void
  ) async -> StreamEnd {
    await inTurn(purpose) {
      await stream(request, over: purpose == .listen ? listens : requests, hasBegun: hasBegun, take: take)
    }
  }

  private func stream(
    _ request: ProxyRequest, over client: HTTPClient, hasBegun: () async -> Void,
    take: ([ValueStream.Event], Bool) async -> Void
  ) async -> StreamEnd {
    var http = request.http(configuration)
    if client === listens { http.headers.add(name: "Connection", value: "keep-alive") }
    do {
      let response = try await send(http, over: client, deadline: .now() + TimeAmount(configuration.limits.answering))
      guard response.status == .ok else { return .refused(status: Int(response.status.code)) }
      await hasBegun()
      var lines = ValueStream()
      for try await piece in response.body {
        try lines.append(piece.readableBytesView)
        await take(lines.takeEvents(), piece.readableBytesView.allSatisfy { $0 == UInt8(ascii: " ") })
      }
      if let last = lines.finish() { await take([last], false) }
      return .complete(malformedLines: lines.malformedLines)
    } catch {
      return .failed("\(error)")
    }
  }

  /// Sends a request to where the proxy is, or says that it is. (proxy.md §13.2)
  private func send(
    _ request: HTTPClientRequest, over client: HTTPClient, deadline: NIODeadline
  ) async throws -> HTTPClientResponse {
    var (request, place) = (request, configuration.url)
    var response = try await client.execute(request, deadline: deadline)
    for _ in 0..<Self.maximumRedirects {
      guard [.movedPermanently, .found].contains(response.status),
        let next = response.headers.first(name: "Location").flatMap({ place.redirected(to: $0) })
      else { break }
      // Read to its end, the connection can be used again.
      _ = try? await response.body.collect(upTo: MessageLimits.bodyBytes)
      place = next
      request.url = next.root
      response = try await client.execute(request, deadline: deadline)
    }
    return response
  }

  /// What peers follow.
  private static let maximumRedirects = 5

  /// Closes all connections; what runs fails.
  func close() async {
    try? await requests.shutdown().get()
    try? await looks.shutdown().get()
    try? await listens.shutdown().get()
  }
}

extension ValueStream {
  fileprivate mutating func takeEvents() -> [Event] {
    var events: [Event] = []
    while let event = next() { events.append(event) }
    return events
  }
}

extension TimeAmount {
  /// A span of time, cut to a year.
  init(_ duration: Duration) { self = .nanoseconds(min(duration.inNanoseconds, 365 * 86400 * 1_000_000_000)) }
}
