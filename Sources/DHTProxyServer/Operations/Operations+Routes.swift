internal import DHTJSON
internal import DHTModel
internal import DHTProxyMessages
internal import NIOCore
internal import NIOHTTP1
internal import OpenDHT

extension Operations: RouteService {
  func carryOut(_ request: ProxyRequest, body: ByteBuffer, _ exchange: Exchange) async {
    switch request.route {
    case .health: exchange.answer(Answer(.liveness(health.current, now: .monotonic)))
    case .readiness:
      let details = refusal(of: .operations, to: request) == nil
      exchange.answer(Answer(.readiness(health.current, details: details, now: .monotonic)))
    case .metrics: exchange.answer(await metrics())
    case .openAPI: exchange.answer(Answer(body: OpenAPIDocument.bytes))
    case .events: await events(request, body, exchange)
    case .changeEvents(let name): exchange.answer(await changeEvents(name, body))
    default: exchange.answer(.notFound)
    }
  }

  private func metrics() async -> Answer {
    var text = MetricsText()
    withFigures { $0.write(to: &text) }
    await ServerFigures(await counts(), connections: connections, events: hub.figures, health: health.current).write(
      to: &text)
    await NodeFigures(of: dht).write(to: &text)
    var answer = Answer(body: ByteBuffer(string: text.text))
    answer.contentType = MetricsText.contentType
    return answer
  }
}

// The stream of many keys.
extension Operations {
  private func events(_ request: ProxyRequest, _ body: ByteBuffer, _ exchange: Exchange) async {
    let wanted: EventRequest
    do throws(ErrorAnswerError) {
      wanted = try read(request, body)
    } catch {
      return exchange.answer(Answer(error.answer))
    }
    guard let stream = await hub.open(wanted, share: keyShare(of: request)) else {
      return exchange.answer(Answer(.tooManyKeys))
    }
    await write(stream, keys: wanted.keys.count, to: exchange)
    hub.close(stream)
    exchange.end()
  }

  private func read(_ request: ProxyRequest, _ body: ByteBuffer) throws(ErrorAnswerError) -> EventRequest {
    let most = settings.limits.keysPerStream
    var wanted =
      body.readableBytes > 0
      ? try EventRequest(body: Array(buffer: body), mostKeys: most)
      : try EventRequest(query: request.query ?? "", mostKeys: most)
    // A browser that comes back sends it; it is newer than what the page wrote into the address.
    if let text = request.headers.first(name: "last-event-id") { wanted.position = EventPosition(text) }
    return wanted
  }

  private func write(_ stream: EventHub.Stream, keys: Int, to exchange: Exchange) async {
    var head = Answer()
    head.contentType = EventText.contentType
    // What stands on the way must neither keep nor hold back anything.
    head.fields = [("Cache-Control", "no-store"), ("X-Accel-Buffering", "no")]
    exchange.begin(head)
    var opening = ByteBuffer()
    EventText.opening(stream: stream.name, keys: keys, isResumed: stream.isResumed, into: &opening)
    guard await exchange.send(opening) else { return }
    while let bytes = await hub.next(stream.id) {
      guard await exchange.send(bytes) else { return }
    }
  }

  private func changeEvents(_ name: String, _ body: ByteBuffer) async -> Answer {
    let limits = JSONLimits(
      byteCount: MessageLimits.bodyBytes, depth: 4, valueCount: 2 * settings.limits.keysPerStream + 64)
    guard let json = try? JSON(reading: Array(buffer: body), within: limits) else { return Answer(.incorrectJSON) }
    let (add, remove): ([InfoHash], [InfoHash])
    do throws(ErrorAnswerError) {
      (add, remove) = (try EventRequest.keys(json, "add"), try EventRequest.keys(json, "remove"))
    } catch {
      return Answer(error.answer)
    }
    switch await hub.change(name, add: add, remove: remove) {
    case .success(let count):
      var writer = JSONWriter(escaping: .notASCII)
      writer.object { $0.member("keys", count) }
      return Answer(body: writer.bytes + [UInt8(ascii: "\n")])
    case .failure(let refusal): return Answer(refusal)
    case nil: return .notFound
    }
  }
}

extension Answer {
  fileprivate init(_ health: HealthAnswer) { self.init(status: health.status, body: health.body) }
}
