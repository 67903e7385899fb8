internal import DHTModel
internal import DHTProxyMessages
internal import NIOCore
internal import OpenDHT

/// Carries out the routes that the network is asked for, each in the task of its request.
struct RouteHandlers: Sendable {
  let node: ProxyNode
  let report: NodeReport
  let configuration: ProxyServer.Configuration
  let parts: ProxyServerParts
  let registrations: Registrations
  let counters: RequestCounters
  let startTime = WallTime.now

  var dht: DHT { node.dht }
  var limits: ProxyServer.Limits { configuration.limits }
  var release: PeerRelease { configuration.release }

  init(
    dht: DHT, configuration: ProxyServer.Configuration, parts: ProxyServerParts, registrations: Registrations,
    counters: RequestCounters
  ) {
    node = ProxyNode(dht: dht)
    report = NodeReport(of: dht, for: configuration.release)
    self.configuration = configuration
    self.parts = parts
    self.registrations = registrations
    self.counters = counters
  }

  func carryOut(_ request: ProxyRequest, body: ByteBuffer, _ exchange: Exchange) async {
    let body = body
    switch request.route {
    case .get(let key): await get(key, exchange)
    case .put(let key): exchange.answer(await put(body, at: key, request))
    case .sign(let key): exchange.answer(await sign(body, at: key))
    case .encrypt(let key): exchange.answer(await encrypt(body, at: key))
    case .nodeInformation: exchange.answer(await information(for: request))
    case .nodeStatistics: exchange.answer(Answer(body: await currentStatistics().bytes()))
    case .subscribe(let key): await subscribe(body, at: key, request, exchange)
    case .unsubscribe(let key): exchange.answer(await unsubscribe(body, at: key))
    case .pingPush: exchange.answer(await pingPush(body, request))
    case .cancelPut(let key, let id): exchange.answer(await cancelPut(id, at: key, request, body))
    case .health, .readiness, .metrics, .openAPI, .events, .changeEvents:
      guard let operations = parts.operations else { return exchange.answer(.notImplemented) }
      await operations.carryOut(request, body: body, exchange)
    case .preflight: exchange.answer(.preflight(mayUseIdentity: configuration.mayUseIdentity))
    case .listen: exchange.answer(Answer(.internalError))  // Never here: the connection does it itself.
    }
  }
}

// What the node tells. (proxy.md §9)
extension RouteHandlers {
  private func information(for request: ProxyRequest) async -> Answer {
    let edition = await report.edition()
    return Answer(body: edition.bytes(publicAddress: request.address?.ipAddress ?? ""))
  }

  /// What is told of the server.
  func currentStatistics() async -> ServerStatistics {
    let kept = await registrations.statistics
    let since330 = ServerStatistics.Since330(
      android: kept.android, iOS: kept.iOS, unifiedPush: kept.unifiedPush,
      startTime: Int(startTime.seconds), updateTime: Int(WallTime.now.seconds))
    return ServerStatistics(
      listens: counters.listenCount, pushTokens: kept.pushTokens, permanentKeys: kept.permanentKeys,
      permanentPuts: kept.permanentPuts, requestRate: counters.rate(),
      node: await report.edition().information, since330: release == .v4 ? since330 : nil)
  }
}

extension RouteHandlers {
  /// Reads a body.
  func reading<Body>(
    _ body: ByteBuffer, _ read: ([UInt8]) throws(MessageError) -> Body
  ) -> Result<Body, MessageError> {
    Result { () throws(MessageError) in try read(Array(buffer: body)) }
  }
}

extension Result where Failure == MessageError {
  /// What to answer to a body that could not be read.
  var refusal: Answer {
    switch self {
    case .success: Answer(.internalError)
    case .failure(let error): Answer(ErrorAnswer(error))
    }
  }
}

extension Answer {
  static let notImplemented = Answer(status: 501, reason: "Not implemented")
}
