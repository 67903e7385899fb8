internal import DHTModel
internal import NIOCore
internal import NIOHTTP1
internal import NIOTLS

/// One connection of HTTP/1, or one stream of HTTP/2: takes requests in, one at a time, and writes their answers.
///
/// What is known at once is answered at once, on the event loop; what the network must be asked for is answered by a task,
/// through an `Exchange`. A listen turns the connection into a stream that the watch of its key writes to, without a task.
///
///   idle ──head──▶ receiving ──end──▶ answering ──▶ idle        or, when it was the last: discarding ──▶ closed
///                                 └─▶ listening ──▶ discarding
final class ConnectionHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundIn = Never

  enum Framing { case http1, http2 }
  enum State {
    /// Between requests.
    case idle
    /// A request is coming in.
    case receiving(Incoming)
    /// A task makes the answer.
    case answering(Answering)
    /// The watch of a key writes here. Whatever comes in is dropped.
    case listening(InfoHash)
    /// The last answer was given. Whatever comes in is dropped, until the client has closed, or some seconds have passed.
    case discarding
  }
  struct Incoming {
    var aim: Aim
    var keepsAlive: Bool
    var body = ByteBuffer()
    var bodyBytes = 0
  }
  /// Where a request leads: to a route, or to a refusal as soon as it is here as a whole.
  enum Aim {
    case carryOut(ProxyRequest)
    case refuse(Answer)
  }
  struct Answering {
    let exchange: Exchange
    let task: Task<Void, Never>
    let route: Route
    let keepsAlive: Bool
    /// The status of a streamed answer whose head was written.
    var begun: Int?
    /// Whether its end is being written.
    var isEnding = false
  }

  let server: ServerContext
  let connections: LoopConnections
  let framing: Framing
  var context: ChannelHandlerContext?
  var state = State.idle
  /// Parts of requests that came before the answer to an earlier one was given. While any wait, nothing is read: so it
  /// is never more than one read of the socket.
  var queue: CircularBuffer<HTTPServerRequestPart>?
  private var isServingQueue = false
  private var isReadHeld = false
  var isReading = false
  var needsFlush = false
  /// The client has ended its side.
  var isInputClosed = false
  /// Changes that a slow reader has not taken; nil while it keeps up.
  var backlog: WatchBacklog?
  /// The tick of the loop's clock at the last step of this connection.
  var lastStep: LoopConnections.Tick
  /// For noticing readers that do not read.
  var progress = WriteProgress()
  /// Bytes of a stream of HTTP/2 that were written and have not left.
  var streamBytes = 0
  /// When the head of the request came; nil before.
  var began: NIODeadline?
  /// The tick at which the first bytes of a head came that is not here as a whole.
  var headBegan: LoopConnections.Tick?
  /// Bytes of the request's body that are here.
  private var bodyBytes = 0
  /// What the request holds until its answer has ended.
  private var permit: Permit?
  /// Node information as it was last sent here, to be sent again while it is the same.
  var information: (version: UInt64, bytes: ByteBuffer)?

  init(_ server: ServerContext, _ connections: LoopConnections, _ framing: Framing) {
    self.server = server
    self.connections = connections
    self.framing = framing
    lastStep = connections.tick
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    connections.insert(self)
  }

  func handlerRemoved(context: ChannelHandlerContext) { leave() }

  func channelInactive(context: ChannelHandlerContext) {
    leave()
    context.fireChannelInactive()
  }

  /// Gives up all that is held for the connection. May be called again.
  private func leave() {
    connections.remove(self)
    switch state {
    case .answering(let answering):
      answering.task.cancel()
      answering.exchange.close()
    case .listening(let key): connections.watches.unsubscribe(self, from: key)
    case .idle, .receiving, .discarding: break
    }
    state = .discarding
    releasePermit()
    (queue, backlog, information, context) = (nil, nil, nil, nil)
  }
}

extension ConnectionHandler {
  /// Gives back what the request held. May be called again.
  func releasePermit() {
    connections.bodyBytes -= bodyBytes
    bodyBytes = 0
    guard let held = permit else { return }
    permit = nil
    server.parts.gate?.release(held)
  }
}

// What comes in.
extension ConnectionHandler {
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    isReading = true
    let part = unwrapInboundIn(data)
    switch state {
    case .idle, .receiving:
      if queue == nil { receive(part) } else { queue?.append(part) }
    case .answering:
      if queue == nil { queue = CircularBuffer() }
      queue?.append(part)
    case .listening, .discarding: break
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReading = false
    if needsFlush {
      needsFlush = false
      context.flush()
    }
    context.fireChannelReadComplete()
  }

  func read(context: ChannelHandlerContext) {
    if mayRead { context.read() } else { isReadHeld = true }
  }

  /// A client that does not take its answers is not asked for more requests.
  private var mayRead: Bool {
    if case .listening = state { return true }
    return queue == nil && context?.channel.isWritable != false
  }

  /// Reads on, if that was put off and nothing is in the way any more.
  func resumeReading() {
    guard isReadHeld, mayRead else { return }
    isReadHeld = false
    context?.read()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case ChannelEvent.inputClosed = event {
      inputClosed()
    } else if event is ChannelShouldQuiesceEvent {
      shutDown()
    }
    context.fireUserInboundEventTriggered(event)
  }

  private func inputClosed() {
    isInputClosed = true
    switch state {
    case .idle: if queue == nil { close() }
    // A stream would learn of it with its next write only, which may be long after.
    case .answering(let answering) where answering.route == .events && framing == .http1: close()
    // It may have shut down only its sending side; the answer goes out, and then all closes.
    case .answering: break
    case .receiving, .listening, .discarding: close()
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? HTTPParserError, framing == .http1, error != .invalidEOFState else { return close() }
    switch state {
    case .idle, .receiving: refuseAtOnce(error == .headerOverflow ? .headTooLong : .malformed)
    case .answering: isInputClosed = true
    case .listening, .discarding: break
    }
  }

  private func receive(_ part: HTTPServerRequestPart) {
    switch (part, state) {
    case (.head(let head), .idle): begin(head)
    case (.body(let bytes), .receiving(let incoming)): receive(bytes, incoming)
    case (.end, .receiving(let incoming)): carryOut(incoming)
    // The rest of a request that was answered before it had come.
    case (.head, _), (.body, _), (.end, _): break
    }
  }

  /// Bytes came that are to be decoded.
  func bytesCame(_ count: Int) {
    // Some clients send an empty line after a body.
    guard case .idle = state, headBegan == nil, count > 2 else { return }
    headBegan = connections.tick
  }

  private func begin(_ head: HTTPRequestHead) {
    lastStep = connections.tick
    headBegan = nil
    if server.parts.gate != nil { began = .now() }
    let limits = server.configuration.limits
    guard head.uri.utf8.count <= limits.pathBytes else { return refuseAtOnce(.pathTooLong) }
    guard head.headers.byteCount <= limits.headBytes else { return refuseAtOnce(.headTooLong) }
    // After an upgrade the decoder reads no further. We do not upgrade, answer the request, and close. (proxy.md §1.2)
    let keepsAlive = head.isKeepAlive && !head.headers.contains(name: "upgrade")
    let incoming = Incoming(aim: aim(of: head), keepsAlive: keepsAlive)
    let most = bodyLimit(of: incoming.aim)
    guard !head.announces(moreThan: most) else { return refuseAtOnce(.bodyTooLong(limit: most)) }
    state = .receiving(incoming)
  }

  private func bodyLimit(of aim: Aim) -> Int {
    let most = server.configuration.limits.bodyBytes
    guard case .carryOut(let request) = aim else { return most }
    return min(most, request.route.bodyBytes)
  }

  private func aim(of head: HTTPRequestHead) -> Aim {
    switch RouteMatch(method: head.method.rawValue, target: head.uri) {
    case .found(let route):
      let request = ProxyRequest(
        route: route, target: head.uri, headers: head.headers, address: context?.channel.peerAddress,
        certificate: server.showsCertificates ? context?.channel.peerCertificate : nil)
      switch server.parts.gate?.admit(request) {
      case .refused(let answer): return .refuse(answer)
      case .admitted(let permit): self.permit = permit
      case nil: break
      }
      return .carryOut(request)
    case .otherMethod(let allowed):
      var answer = turnedAway ?? .methodNotAllowed(allowed)
      if head.method == .HEAD { answer.body.clear() }
      return .refuse(answer)
    case .notFound:
      var answer = turnedAway ?? .notFound
      if head.method == .HEAD { answer.body.clear() }
      return .refuse(answer)
    }
  }

  /// The answer to somebody who asks too often for what leads nowhere.
  private var turnedAway: Answer? { server.parts.gate?.turnAway(from: context?.channel.peerAddress) }

  private func receive(_ bytes: ByteBuffer, _ incoming: Incoming) {
    var incoming = incoming
    // Not to have two owners of the body while it grows.
    state = .idle
    incoming.bodyBytes += bytes.readableBytes
    let limit = bodyLimit(of: incoming.aim)
    guard incoming.bodyBytes <= limit else { return refuseAtOnce(.bodyTooLong(limit: limit)) }
    if case .carryOut = incoming.aim {
      bodyBytes += bytes.readableBytes
      connections.bodyBytes += bytes.readableBytes
      guard connections.bodyBytes <= server.configuration.limits.bodyBytesAtOnce else {
        return refuseAtOnce(.tooManyBodies)
      }
      if incoming.body.readableBytes == 0 {
        incoming.body = bytes
      } else {
        incoming.body.writeImmutableBuffer(bytes)
      }
    }
    state = .receiving(incoming)
  }

  /// Serves what came while an answer was being made.
  func serveQueue() {
    guard !isServingQueue else { return }
    isServingQueue = true
    defer { isServingQueue = false }
    while queue != nil {
      switch state {
      case .idle, .receiving:
        guard let part = queue?.popFirst() else {
          queue = nil
          break
        }
        receive(part)
      case .answering: return
      case .listening, .discarding: queue = nil
      }
    }
    resumeReading()
    if isInputClosed, case .idle = state { close() }
  }
}

extension HTTPRequestHead {
  /// Whether a body is to come that is longer than it may be.
  fileprivate func announces(moreThan limit: Int) -> Bool {
    guard method != .GET, let length = headers.first(name: "content-length").flatMap({ Int($0) }) else { return false }
    return length > limit
  }
}

extension HTTPHeaders {
  /// Bytes of the fields, as they stood on the wire.
  fileprivate var byteCount: Int { reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 } }
}
