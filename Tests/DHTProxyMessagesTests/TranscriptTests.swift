import DHTJSON
import DHTModel
import DHTProxyMessages
import Testing

/// Every body of 317 conversations of real peers: it is read, and what a peer wrote is written again to the byte.
///
/// Masked: the id in the answer to a put without one, which the server drew; nothing else.
@Suite struct TranscriptTests {
  @Test("X-21 X-26 X-27 X-28 X-31 X-32 X-36 X-37 X-46 X-55: bodies of real peers", arguments: Transcript.all)
  func bodies(_ transcript: Transcript) throws {
    for (request, answer) in transcript.exchanges {
      switch Route(request) {
      case .put: try checkPut(request, answer, transcript)
      case .sign: try checkSign(request, answer, transcript)
      case .encrypt: try checkEncrypt(request, answer, transcript)
      case .subscribe: try checkSubscribe(request, answer, transcript)
      case .unsubscribe: try checkUnsubscribe(request, transcript)
      case .pingPush: try checkPingPush(request, answer, transcript)
      case .gateway: try checkGateway(request, transcript)
      case .unifiedPush: try checkUnifiedPush(request, transcript)
      case .information:
        guard let body = answer?.body else { continue }  // Behind a listen, nothing is answered.
        #expect(try NodeInformation(reading: body).bytes() == body, "\(transcript)")
      case .statistics:
        let body = try #require(answer?.body)
        #expect(try ServerStatistics(reading: body).bytes() == body, "\(transcript)")
      case .values:
        if let answer { try checkStream(answer, transcript) }
      case .noBody: #expect(request.body.isEmpty && answer?.body.isEmpty != false, "\(transcript)")
      }
    }
  }

  @Test("the conversations are all there") func conversations() {
    #expect(Transcript.all.count == 317)
    let bodies = Transcript.all.flatMap { $0.requests.map(\.body) + $0.answers.map(\.body) }.filter { !$0.isEmpty }
    #expect(bodies.count > 300, "\(bodies.count)")
  }

  // What 2.4.12 makes of Base64 that is not as it expects: ours reads it, or refuses it. (proxy.md §3.3)
  private static let misreadBase64: Set = [
    "put-b64-bad", "put-b64-nopad", "put-b64-space", "put-b64-url", "put-type-big",
  ]

  private func checkPut(_ request: Transcript.Request, _ answer: Transcript.Answer?, _ transcript: Transcript) throws {
    if transcript.name == "put-too-large" { return }  // A long run of its body is cut out of the file.
    guard transcript.release == .v4 || !Self.misreadBase64.contains(transcript.name) else { return }
    // Ours reads the URL-safe alphabet, too.
    guard let answer, transcript.name != "put-b64-url" else { return }
    switch answer.status {
    case 200:
      var value = try PutBody(reading: request.body).value
      if value.id == 0 { value.id = try answeredID(answer.body) }
      #expect(value.jsonLine(for: transcript.release) == answer.body, "\(transcript)")
    case 502:
      _ = try PutBody(reading: request.body)
      #expect(answer.body == ErrorAnswer.putFailed.body)
    default: expectRefusal(answer, transcript) { () throws(MessageError) in _ = try PutBody(reading: request.body) }
    }
    guard transcript.hasPeersRequests else { return }
    let body = try PutBody(reading: request.body)
    #expect(body.bytes(for: transcript.release) == request.body, "\(transcript)")
  }

  /// A number drawn by the server, read without the code under test.
  private func answeredID(_ body: [UInt8]) throws -> UInt64 {
    let text = String(decoding: body, as: UTF8.self)
    let digits = try #require(text.firstMatch(of: /"id":"([1-9][0-9]*)"/)).output.1
    return try #require(UInt64(digits))
  }

  /// Peers refuse with a 400 in their words, or blame themselves: then ours is a 400 in words of its own.
  private func expectRefusal(
    _ answer: Transcript.Answer, _ transcript: Transcript, _ read: () throws(MessageError) -> Void
  ) {
    do throws(MessageError) {
      try read()
      Issue.record("\(transcript): not refused")
    } catch {
      let ours = ErrorAnswer(error)
      #expect(ours.status == 400)
      if answer.status == 400 { #expect(ours.body == answer.body, "\(transcript)") }
      if answer.status == 500 { #expect(answer.body == ErrorAnswer.internalError.body) }
      #expect(ErrorAnswer.reason(in: ours.body) == error.description)
    }
    if !answer.body.isEmpty { #expect(ErrorAnswer.reason(in: answer.body) != nil, "\(transcript)") }
  }

  private func checkSign(_ request: Transcript.Request, _ answer: Transcript.Answer?, _ transcript: Transcript) throws {
    guard let answer else {  // Methods of 1.x.
      _ = try SignBody(reading: request.body)
      return
    }
    switch answer.status {
    case 200:
      // The signature is the server's; all else is as it was sent.
      let asked = try SignBody(reading: request.body).value, signed = try Value(jsonBody: answer.body)
      #expect(signed.body == asked.body && (asked.id == 0 || signed.id == asked.id))
      #expect(signed.signature?.owner.count == 550 && signed.signature?.signature.count == 512)
      #expect(signed.jsonLine(for: transcript.release) == answer.body, "\(transcript)")
    case 501, 502: _ = try SignBody(reading: request.body)
    default: expectRefusal(answer, transcript) { () throws(MessageError) in _ = try SignBody(reading: request.body) }
    }
  }

  private func checkEncrypt(_ request: Transcript.Request, _ answer: Transcript.Answer?, _ transcript: Transcript)
    throws
  {
    guard let answer else {  // A method of 1.x.
      #expect(throws: MessageError.noDestination) { try EncryptBody(reading: request.body) }
      return
    }
    switch answer.status {
    case 200:
      let asked = try EncryptBody(reading: request.body), clear = try Value(jsonBody: answer.body)
      #expect(clear.body == asked.value.body)
      #expect(clear.signature?.recipient != nil)
      #expect(clear.jsonLine(for: transcript.release) == answer.body, "\(transcript)")
    case 502: _ = try EncryptBody(reading: request.body)
    default: expectRefusal(answer, transcript) { () throws(MessageError) in _ = try EncryptBody(reading: request.body) }
    }
  }

  private func checkSubscribe(_ request: Transcript.Request, _ answer: Transcript.Answer?, _ transcript: Transcript)
    throws
  {
    let answer = try #require(answer)
    guard answer.status == 200 else {
      return expectRefusal(answer, transcript) { () throws(MessageError) in _ = try SubscribeBody(reading: request.body)
      }
    }
    let body = try SubscribeBody(reading: request.body)
    if transcript.hasPeersRequests { #expect(body.bytes() == request.body, "\(transcript)") }
    if !answer.isStream || body.isRefresh {
      #expect(answer.body == SubscribeBody.answer)
    } else {
      try checkStream(answer, transcript)
    }
  }

  private func checkUnsubscribe(_ request: Transcript.Request, _ transcript: Transcript) throws {
    guard transcript.name != "unsubscribe-no-token" else {
      #expect(throws: MessageError.noToken) { try UnsubscribeBody(reading: request.body) }
      return
    }
    let body = try UnsubscribeBody(reading: request.body)
    if transcript.hasPeersRequests { #expect(body.bytes() == request.body, "\(transcript)") }
  }

  private func checkPingPush(_ request: Transcript.Request, _ answer: Transcript.Answer?, _ transcript: Transcript)
    throws
  {
    guard transcript.name != "ping-push-no-token" else {
      #expect(throws: MessageError.noToken) { try PingPushBody(reading: request.body) }
      if transcript.release == .v4 { #expect(answer?.body == ErrorAnswer(.noToken).body) }
      return
    }
    let body = try PingPushBody(reading: request.body)
    #expect(try PingPushBody(reading: body.bytes()) == body)
  }

  private func checkStream(_ answer: Transcript.Answer, _ transcript: Transcript) throws {
    var stream = ValueStream()
    var written: [UInt8] = []
    for byte in answer.body {
      try stream.append([byte])
      while let event = stream.next() {
        switch event {
        case .value(let value): written += value.jsonLine(for: transcript.release)
        case .expired(let value): written += value.expiryLine(for: transcript.release)
        }
      }
    }
    #expect(stream.finish() == nil && stream.malformedLines == 0)
    #expect(written == answer.body, "\(transcript)")
  }

  private func checkGateway(_ request: Transcript.Request, _ transcript: Transcript) throws {
    let json = try JSON(reading: request.body, within: JSONLimits(byteCount: 4096, depth: 8, valueCount: 64))
    guard case .array(let list) = json["notifications"], list.count == 1, case .array(let tokens) = list[0]["tokens"],
      case .number(let platform) = list[0]["platform"]
    else {
      Issue.record("\(transcript): no notification")
      return
    }
    let data = try PushData(fields: fields(list[0]["data"]))
    let priority = list[0]["android"]?["priority"]?.string ?? list[0]["priority"]?.string
    var isUrgent = priority == "high"
    // 4.x shows an alert for those on iOS, though they are of normal priority.
    if case .timeout = data.subject { isUrgent = false }
    let notification = PushNotification(
      token: try #require(tokens.first?.string), platform: platform == "2" ? .android : .iOS,
      topic: list[0]["topic"]?.string ?? "", data: data, isUrgent: isUrgent)
    var now: UInt64 = 86400
    if case .number(let text) = list[0]["expiration"] { now = try #require(UInt64(text)) }
    #expect(
      notification.gatewayBody(now: now - 86400, for: transcript.release) == request.body, "\(transcript)")
  }

  private func checkUnifiedPush(_ request: Transcript.Request, _ transcript: Transcript) throws {
    let json = try JSON(reading: request.body, within: JSONLimits(byteCount: 4096, depth: 8, valueCount: 64))
    let data = try PushData(fields: fields(json))
    #expect(data.bytes(for: transcript.release) == request.body, "\(transcript)")
  }

  /// The data of a push as an application gets it: a map of strings.
  private func fields(_ data: JSON?) -> [String: String] {
    guard case .object(let members) = data else { return [:] }
    return Dictionary(uniqueKeysWithValues: members.map { ($0.0, $0.1.string ?? $0.1.description) })
  }
}

/// Which message a request of the transcripts carries.
private enum Route {
  case put, sign, encrypt, subscribe, unsubscribe, pingPush, gateway, unifiedPush, information, statistics, values,
    noBody

  init(_ request: Transcript.Request) {
    let path = request.path.split(separator: "?")[0]
    let segments = path.lowercased().split(separator: "/")
    switch (request.method, segments.first) {
    case ("POST", "api"?): self = .gateway
    case ("POST", "up"?): self = .unifiedPush
    case ("POST", "node"?): self = .pingPush
    case ("POST", _) where segments.last == "sign", ("SIGN", _): self = .sign
    case ("POST", _) where segments.last == "encrypt", ("ENCRYPT", _): self = .encrypt
    case ("POST", _): self = .put
    case ("SUBSCRIBE", _): self = .subscribe
    case ("UNSUBSCRIBE", _): self = .unsubscribe
    case ("GET", nil): self = .information
    case ("GET", "node"?): self = segments.last == "stats" ? .statistics : .information
    case ("GET", _) where segments.last == "options": self = .noBody
    case ("GET", _): self = .values
    default: self = .noBody
    }
  }
}
