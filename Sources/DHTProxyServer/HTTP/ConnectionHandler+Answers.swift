internal import DHTProxyMessages
internal import NIOCore
internal import NIOHTTP1

// Carrying out, and writing answers.
extension ConnectionHandler {
  func carryOut(_ incoming: Incoming) {
    lastStep = connections.tick
    switch incoming.aim {
    case .refuse(let answer):
      write(answer, for: nil, keepsAlive: incoming.keepsAlive)
    case .carryOut(let request):
      switch request.route {
      case .preflight:
        let answer = Answer.preflight(
          mayUseIdentity: server.configuration.mayUseIdentity,
          method: request.field("access-control-request-method"),
          headers: request.field("access-control-request-headers"))
        write(answer, for: .preflight, keepsAlive: incoming.keepsAlive)
      case .nodeInformation where writeInformation(keepsAlive: incoming.keepsAlive): break
      case .listen(let key): listen(to: key, request, keepsAlive: incoming.keepsAlive)
      default: answer(request, incoming)
      }
    }
  }

  /// Lets a task make the answer.
  private func answer(_ request: ProxyRequest, _ incoming: Incoming) {
    guard let loop = context?.eventLoop else { return }
    let connection = NIOLoopBound(self, eventLoop: loop)
    let exchange = Exchange(isChunked: framing == .http1) { loop.execute { connection.value.drain() } }
    let server = server
    let body = incoming.body
    let task = Task {
      await server.routes.carryOut(request, body: body, exchange)
      // Nothing is left without an answer.
      exchange.answer(Answer(.internalError))
      exchange.end()
    }
    state = .answering(
      Answering(exchange: exchange, task: task, route: request.route, keepsAlive: incoming.keepsAlive))
  }

  /// Writes what the task has made of the answer.
  func drain() {
    guard case .answering(var answering) = state, !answering.isEnding else { return }
    // What a slow reader has not taken waits in the exchange, whose task waits then as well.
    guard answering.begun == nil || context?.channel.isWritable == true else { return }
    let pending = answering.exchange.take()
    if pending.isWhole, let answer = pending.head {
      state = .idle
      return write(answer, for: answering.route, keepsAlive: answering.keepsAlive && !isInputClosed)
    }
    guard !pending.isBroken else { return close() }
    if let head = pending.head { answering.begun = head.status }
    let keepsAlive = answering.keepsAlive && !isInputClosed
    // An end without a head was cut off by `close`.
    guard let status = answering.begun else { return }
    answering.isEnding = pending.isEnded
    state = .answering(answering)
    writeStreamed(pending, keepsAlive: keepsAlive)
    guard pending.isEnded else { return }
    finished(answering.route, status: status, keepsAlive: keepsAlive)
  }

  private func writeStreamed(_ pending: Exchange.Pending, keepsAlive: Bool) {
    switch framing {
    case .http1:
      guard pending.head != nil || pending.isEnded else { return writeBytes(pending.bytes) }
      var bytes = ByteBuffer()
      bytes.reserveCapacity(ByteBuffer.headCapacity + pending.bytes.readableBytes)
      if let head = pending.head { bytes.writeHead(head, length: nil, keepsAlive: keepsAlive) }
      bytes.writeImmutableBuffer(pending.bytes)
      if pending.isEnded { bytes.writeLastChunk() }
      writeBytes(bytes)
    case .http2:
      if let head = pending.head { writePart(.head(head.http2Head(length: nil))) }
      if pending.bytes.readableBytes > 0 { writePart(.body(.byteBuffer(pending.bytes))) }
      if pending.isEnded { writePart(.end(nil)) }
      flush()
    }
  }

  /// Writes a whole answer. `route` is nil for what leads nowhere.
  func write(_ answer: Answer, for route: Route?, keepsAlive: Bool) {
    let keepsAlive = keepsAlive && !answer.closes
    switch framing {
    case .http1:
      var bytes = ByteBuffer()
      bytes.reserveCapacity(ByteBuffer.headCapacity + answer.body.readableBytes)
      bytes.writeHead(answer, length: answer.body.readableBytes, keepsAlive: keepsAlive)
      bytes.writeImmutableBuffer(answer.body)
      writeBytes(bytes)
    case .http2:
      writePart(.head(answer.http2Head(length: answer.body.readableBytes)))
      if answer.body.readableBytes > 0 { writePart(.body(.byteBuffer(answer.body))) }
      writePart(.end(nil))
      flush()
    }
    finished(route, status: answer.status, keepsAlive: keepsAlive)
  }

  /// Writes node information if it is known now; else returns false.
  private func writeInformation(keepsAlive: Bool) -> Bool {
    guard framing == .http1, keepsAlive, let report = server.routes.report.current() else { return false }
    if information?.version != report.version {
      let body = report.bytes(publicAddress: context?.channel.peerAddressText ?? "")
      var bytes = ByteBuffer()
      bytes.reserveCapacity(ByteBuffer.headCapacity + body.readableBytes)
      bytes.writeHead(Answer(), length: body.readableBytes, keepsAlive: true)
      bytes.writeImmutableBuffer(body)
      information = (report.version, bytes)
    }
    if let bytes = information?.bytes { writeBytes(bytes) }
    finished(.nodeInformation, status: 200, keepsAlive: true)
    return true
  }

  private func finished(_ route: Route?, status: Int, keepsAlive: Bool) {
    releasePermit()
    lastStep = connections.tick
    defer { began = nil }
    if let gate = server.parts.gate {
      let duration = began.map { NIODeadline.now() - $0 } ?? .zero
      gate.answered(route, status: status, after: .nanoseconds(duration.nanoseconds))
    }
    server.countRequest(route)
    guard keepsAlive || framing == .http2 else { return closeAfterWriting() }
    state = framing == .http2 ? .discarding : .idle
    serveQueue()
  }

  /// Answers before the request has come in whole. What comes of it is dropped, and the connection ends.
  func refuseAtOnce(_ answer: Answer) {
    var answer = answer
    answer.closes = true
    write(answer, for: nil, keepsAlive: false)
  }
}

// Bytes and ends.
extension ConnectionHandler {
  func writeBytes(_ bytes: ByteBuffer) {
    guard let context else { return }
    progress.written &+= UInt64(bytes.readableBytes)
    context.write(NIOAny(bytes), promise: nil)
    flush()
  }

  func writePart(_ part: HTTPServerResponsePart) {
    guard let context else { return }
    guard case .body(.byteBuffer(let bytes)) = part else { return context.write(NIOAny(part), promise: nil) }
    let count = bytes.readableBytes
    progress.written &+= UInt64(count)
    streamBytes += count
    let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
    context.write(NIOAny(part)).whenComplete { _ in connection.value.streamBytes -= count }
  }

  /// Flushes now, or when all that was read has been looked at.
  func flush() {
    if isReading { needsFlush = true } else { context?.flush() }
  }

  /// Closes when all is written, and gently: the system throws away an answer when it closes a socket with something unread.
  func closeAfterWriting() {
    state = .discarding
    queue = nil
    lastStep = connections.tick
    guard let context else { return }
    needsFlush = false
    let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
    context.writeAndFlush(NIOAny(ByteBuffer())).whenComplete { _ in
      let connection = connection.value
      connection.lastStep = connection.connections.tick
      if connection.isInputClosed || connection.server.isStopping {
        connection.close()
      } else {
        connection.context?.close(mode: .output, promise: nil)
      }
    }
  }

  func close() { context?.close(promise: nil) }

  /// The server stops: what streams ends, what is being answered may end within the grace of the server.
  func shutDown() {
    switch state {
    case .idle, .receiving: close()
    case .listening: endListen()
    case .answering: isInputClosed = true
    case .discarding: break
    }
  }
}

extension Answer {
  func http2Head(length: Int?) -> HTTPResponseHead {
    var headers = HTTPHeaders([
      ("server", "RESTinio"), ("content-type", contentType), ("access-control-allow-origin", "*"),
    ])
    if let length { headers.add(name: "content-length", value: String(length)) }
    for (name, value) in fields { headers.add(name: name, value: value) }
    return HTTPResponseHead(version: .http2, status: HTTPResponseStatus(statusCode: status), headers: headers)
  }
}
