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
  let counters: RequestCounters
  let startTime = WallTime.now

  var dht: DHT { node.dht }
  var limits: ProxyServer.Limits { configuration.limits }
  var release: PeerRelease { configuration.release }

  init(dht: DHT, configuration: ProxyServer.Configuration, parts: ProxyServerParts, counters: RequestCounters) {
    node = ProxyNode(dht: dht)
    report = NodeReport(of: dht, for: configuration.release)
    self.configuration = configuration
    self.parts = parts
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
    case .subscribe(let key): await subscribe(body, at: key, exchange)
    case .unsubscribe(let key): exchange.answer(await unsubscribe(body, at: key))
    case .pingPush: exchange.answer(await pingPush(body))
    case .cancelPut(let key, let id): exchange.answer(await cancelPut(id, at: key, request))
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
    var statistics =
      await parts.registrations?.statistics
      ?? ServerStatistics(
        listens: 0, pushTokens: 0, permanentKeys: 0, permanentPuts: 0, requestRate: 0, node: nil, since330: nil)
    statistics.listens = counters.listenCount
    statistics.requestRate = counters.rate()
    statistics.node = await report.edition().information
    if release == .v4 {
      statistics.since330 = statistics.since330 ?? .init(startTime: 0, updateTime: 0)
      statistics.since330?.startTime = Int(startTime.seconds)
      statistics.since330?.updateTime = Int(WallTime.now.seconds)
    } else {
      statistics.since330 = nil
    }
    return statistics
  }
}

// Permanent puts and pushes. (proxy.md §6, §8)
extension RouteHandlers {
  private func subscribe(_ body: ByteBuffer, at key: InfoHash, _ exchange: Exchange) async {
    guard let registrations = parts.registrations else { return exchange.answer(.notImplemented) }
    let read = reading(body) { bytes throws(MessageError) in try SubscribeBody(reading: bytes) }
    guard case .success(let body) = read else { return exchange.answer(read.refusal) }
    switch await registrations.subscribe(body, at: key) {
    case .subscribed: exchange.answer(Answer(body: SubscribeBody.answer))
    case .refused(let status, let reason): exchange.answer(Answer(status: status, reason: reason))
    case .refreshed: await stream([SubscribeBody.answer], exchange)
    case .known(let values): await stream(values.lazy.map { $0.jsonLine(for: release) }, exchange)
    }
  }

  private func stream(_ lines: some Sequence<[UInt8]>, _ exchange: Exchange) async {
    exchange.begin(Answer())
    for line in lines {
      guard await exchange.send(ByteBuffer(bytes: line)) else { return }
    }
    exchange.end()
  }

  private func unsubscribe(_ body: ByteBuffer, at key: InfoHash) async -> Answer {
    guard let registrations = parts.registrations else { return .notImplemented }
    let read = reading(body) { bytes throws(MessageError) in try UnsubscribeBody(reading: bytes) }
    guard case .success(let body) = read else { return read.refusal }
    await registrations.unsubscribe(body, at: key)
    return Answer()
  }

  private func pingPush(_ body: ByteBuffer) async -> Answer {
    guard let registrations = parts.registrations else { return .notImplemented }
    let read = reading(body) { bytes throws(MessageError) in try PingPushBody(reading: bytes) }
    guard case .success(let body) = read else { return read.refusal }
    await registrations.ping(body)
    return Answer()
  }

  private func cancelPut(_ id: Value.ID, at key: InfoHash, _ request: ProxyRequest) async -> Answer {
    guard let registrations = parts.registrations else { return .notImplemented }
    return await registrations.cancelPut(id, at: key, request)
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
