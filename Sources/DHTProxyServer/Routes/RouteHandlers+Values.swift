internal import DHTModel
internal import DHTProxyMessages
internal import DHTSecurity
internal import NIOCore
internal import OpenDHT

// Get and put, and with the node's identity. (proxy.md §5, §11.3)
extension RouteHandlers {
  func get(_ key: InfoHash, _ exchange: Exchange) async {
    let isConnected = await node.isConnected
    // The head waits for the first value, or for the next tick of a second: once it has gone out, there is no way to say
    // that the network could not be asked.
    if isConnected { exchange.begin(Answer()) }
    var isEmpty = true
    let values = node.values(at: key, deadline: isConnected ? limits.operationTime : limits.isolatedTime)
    for await value in values {
      exchange.begin(Answer())
      isEmpty = false
      guard await exchange.send(ByteBuffer(bytes: value.jsonLine(for: release))) else { return }
    }
    if isEmpty {
      let outcome = await values.outcome
      // Nobody who could say that there is nothing.
      if outcome.answered == 0, isConnected || outcome.ending.error != nil {
        return exchange.fail(outcome.ending.error.map { refusal(of: $0) } ?? .cutOff)
      }
      exchange.begin(Answer())
    }
    exchange.end()
  }

  func put(_ body: ByteBuffer, at key: InfoHash, _ request: ProxyRequest) async -> Answer {
    let read = reading(body) { bytes throws(MessageError) in try PutBody(reading: bytes) }
    guard case .success(let body) = read else { return read.refusal }
    do throws(DHTError) {
      guard body.permanence == nil else { return await putPermanent(body, at: key, request) }
      return try await put(await putRequest(body.value, at: key))
    } catch {
      return await refusalOfPut(error)
    }
  }

  private func put(_ request: PutRequest) async throws(DHTError) -> Answer {
    do throws(DHTError) {
      _ = try await dht.put(request)
      return answer(request.value)
    } catch {
      // A client that asks twice is told twice that its value is put, as by 4.x.
      guard case .replaced = error,
        let newer = await dht.announcedValues(at: request.key).first(where: { $0.id == request.value.id }),
        newer.hasSameContent(as: request.value)
      else { throw error }
      return answer(request.value)
    }
  }

  func sign(_ body: ByteBuffer, at key: InfoHash) async -> Answer {
    guard configuration.mayUseIdentity else { return .identityNotAllowed }
    let read = reading(body) { bytes throws(MessageError) in try SignBody(reading: bytes) }
    guard case .success(let body) = read else { return read.refusal }
    do throws(DHTError) {
      let receipt = try await dht.putSigned(await putRequest(body.value, at: key))
      let stored = await dht.announcedValues(at: key).first { $0.id == receipt.valueID }
      let local = await dht.localValues(at: key, where: [.id(receipt.valueID)]).first
      guard let signed = [stored, local].compactMap({ $0 }).first(where: { $0.signature != nil }) else {
        return Answer(.putFailed)
      }
      return answer(signed)
    } catch {
      return await refusalOfPut(error)
    }
  }

  func encrypt(_ body: ByteBuffer, at key: InfoHash) async -> Answer {
    guard configuration.mayUseIdentity else { return .identityNotAllowed }
    let read = reading(body) { bytes throws(MessageError) in try EncryptBody(reading: bytes) }
    guard case .success(let body) = read else { return read.refusal }
    guard let identity = dht.identity else { return Answer(.putFailed) }
    guard let recipient = Recipient(body.recipient) else { return Answer(ErrorAnswer(.noDestination)) }
    do throws(DHTError) {
      let request = await putRequest(body.value, at: key)
      let publicKey = try await dht.publicKey(of: recipient, deadline: await operationTime)
      _ = try await dht.putEncrypted(request, for: .key(publicKey))
      // In clear, as peers answer, but with the id that was really used. The signature is the same each time it is made.
      guard let clear = try? request.value.signed(by: identity.privateKey, recipient: publicKey.id) else {
        return Answer(.putFailed)
      }
      return answer(clear)
    } catch {
      return await refusalOfPut(error)
    }
  }

  func answer(_ value: Value) -> Answer { Answer(body: value.jsonLine(for: release)) }

  /// A put with an id; one that was chosen here costs no look at what stands under it.
  private func putRequest(_ value: Value, at key: InfoHash) async -> PutRequest {
    var value = value
    let hasDrawnID = value.id == 0
    if hasDrawnID { value.id = .random(in: 1 ... .max) }
    return PutRequest(value: value, key: key, deadline: await operationTime, hasDrawnID: hasDrawnID)
  }

  private var operationTime: Duration {
    get async { await node.isConnected ? limits.operationTime : limits.isolatedTime }
  }

  func refusalOfPut(_ error: DHTError) async -> Answer {
    switch error {
    case .isolated, .notRunning, .throttled: refusal(of: error)
    case .timedOut: await node.isConnected ? Answer(.putFailed) : refusal(of: error)
    case .invalid(.valueTooLarge): Answer(status: 413, reason: error.description)
    default: Answer(.putFailed)
    }
  }

  private func refusal(of error: DHTError) -> Answer {
    switch error {
    case .notRunning: Answer(.noNode)
    case .isolated, .timedOut: .cutOff
    case .throttled: Answer(status: 503, reason: error.description)
    default: Answer(status: 502, reason: error.description)
    }
  }
}

extension Recipient {
  fileprivate init?(_ recipient: EncryptBody.Recipient) {
    switch recipient {
    case .id(let id): self = .id(id)
    case .longID(let bytes):
      guard let longID = PublicKeyID(bytes: bytes) else { return nil }
      self = .longID(longID)
    }
  }
}

extension Answer {
  static let identityNotAllowed = Answer(status: 403, reason: "The node's identity is not for clients")
}
