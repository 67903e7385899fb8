internal import DHTJSON
internal import DHTModel
internal import DHTProxyMessages
internal import NIOCore
internal import NIOHTTP1
internal import OpenDHT

// Permanent puts and pushes. (proxy.md §6, §8)
extension RouteHandlers {
  func putPermanent(_ body: PutBody, at key: InfoHash, _ request: ProxyRequest) async -> Answer {
    if let refusal = parts.gate?.refusal(of: .permanent, to: request) { return refusal }
    do throws(RegistrationRefusal) {
      return answer(try await registrations.put(body, at: key, from: request.address?.ip))
    } catch {
      guard case .notStored(let reason) = error else { return Answer(error.answer) }
      return await refusalOfPut(reason)
    }
  }

  /// Ends a permanent put. Its secret comes in a field of the head, or as the member `secret` of the body.
  func cancelPut(_ id: Value.ID, at key: InfoHash, _ request: ProxyRequest, _ body: ByteBuffer) async -> Answer {
    var secret = request.headers.first(name: "x-put-secret")
    if secret == nil, body.readableBytes > 0 {
      guard let json = try? JSON(reading: Array(buffer: body), within: Self.secretLimits) else {
        return Answer(.incorrectJSON)
      }
      secret = json["secret"]?.string
    }
    return await registered { registrations throws(RegistrationRefusal) in
      try await registrations.cancelPut(id, at: key, secret: secret ?? "")
      return Answer()
    }
  }

  /// A body that holds a secret holds nothing else.
  private static let secretLimits = JSONLimits(byteCount: 4096, depth: 4, valueCount: 16)

  func subscribe(_ body: ByteBuffer, at key: InfoHash, _ request: ProxyRequest, _ exchange: Exchange) async {
    let read = reading(body) { bytes throws(MessageError) in try SubscribeBody(reading: bytes) }
    guard case .success(let body) = read else { return exchange.answer(read.refusal) }
    do throws(RegistrationRefusal) {
      switch try await registrations.subscribe(body, at: key, from: request.address?.ip) {
      case .new: exchange.answer(Answer(body: SubscribeBody.answer))
      case .refreshed:
        exchange.begin(Answer())
        guard await exchange.send(ByteBuffer(bytes: SubscribeBody.answer)) else { return }
        exchange.end()
      case .known: await get(key, exchange)
      }
    } catch {
      exchange.answer(Answer(error.answer))
    }
  }

  func unsubscribe(_ body: ByteBuffer, at key: InfoHash) async -> Answer {
    let read = reading(body) { bytes throws(MessageError) in try UnsubscribeBody(reading: bytes) }
    guard case .success(let body) = read else { return read.refusal }
    return await registered { registrations throws(RegistrationRefusal) in
      try await registrations.unsubscribe(body, at: key)
      return Answer()
    }
  }

  func pingPush(_ body: ByteBuffer, _ request: ProxyRequest) async -> Answer {
    let read = reading(body) { bytes throws(MessageError) in try PingPushBody(reading: bytes) }
    guard case .success(let body) = read else { return read.refusal }
    return await registered { registrations in
      await registrations.ping(body, from: request.address?.ip)
      return Answer(body: SubscribeBody.answer)
    }
  }

  private func registered(_ work: (Registrations) async throws(RegistrationRefusal) -> Answer) async -> Answer {
    do throws(RegistrationRefusal) { return try await work(registrations) } catch { return Answer(error.answer) }
  }
}
