internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTP2
internal import NIOSSL
internal import NIOTLS

/// Sets up the connections of a port.
///
///   plain   decoder ─ ConnectionHandler
///   TLS     NIOSSLServerHandler ─ what ALPN says: the same, or HTTP/2 with a ConnectionHandler for each stream
struct ProxyChannel: ServerChildChannel {
  struct Value: ServerChildChannelValue { let channel: any Channel }

  let server: ServerContext
  let tls: NIOSSLContext?

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      let isWelcome = server.connectionOpened()
      let server = server
      channel.closeFuture.whenComplete { _ in server.connectionClosed() }
      try channel.syncOptions?.setOption(.socketOption(.so_keepalive), value: 1)
      // Of a connection that its client has reset already nobody can say whose it is; what it sent could still be read.
      guard channel.remoteAddress != nil else {
        channel.close(promise: nil)
        return Value(channel: channel)
      }
      guard isWelcome, let connections = connections(of: channel) else {
        turnAway(channel, .overloaded)
        return Value(channel: channel)
      }
      if let gate = server.parts.gate {
        guard let permit = gate.connectionOpened(from: channel.peerAddress) else {
          turnAway(channel, .tooManyConnections)
          return Value(channel: channel)
        }
        channel.closeFuture.whenComplete { _ in gate.release(permit) }
      }
      if let tls {
        try addTLS(tls, to: channel, connections)
      } else {
        try Self.addHTTP1(to: channel, server, connections)
      }
      return Value(channel: channel)
    }
  }

  /// The connection lives on its event loop; the server only waits for its end.
  func handle(value: Value, logger: Logger) async {
    try? await value.channel.closeFuture.get()
  }

  private func connections(of channel: any Channel) -> LoopConnections? {
    server.loops[ObjectIdentifier(channel.eventLoop)]?.value
  }

  private func turnAway(_ channel: any Channel, _ answer: Answer) {
    var bytes = ByteBuffer()
    if tls == nil {
      bytes.writeHead(answer, length: answer.body.readableBytes, keepsAlive: false)
      bytes.writeImmutableBuffer(answer.body)
    }
    channel.writeAndFlush(bytes).whenComplete { _ in channel.close(promise: nil) }
  }

  /// Largest head that is read at all, in bytes. Above the limits on paths and fields, so that each gets its own answer.
  private static let largestHead = 128 << 10

  private static func addHTTP1(
    to channel: any Channel, _ server: ServerContext, _ connections: LoopConnections
  ) throws {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = largestHead
    limits.maxHeaderListSize = largestHead
    let pipeline = channel.pipeline.syncOperations
    let connection = ConnectionHandler(server, connections, .http1)
    try pipeline.addHandlers(
      ArrivalHandler(connection),
      ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)),
      connection)
  }
}

// TLS, and what is spoken inside. (proxy.md §11.1)
extension ProxyChannel {
  private func addTLS(_ tls: NIOSSLContext, to channel: any Channel, _ connections: LoopConnections) throws {
    let server = server
    let bound = NIOLoopBound(connections, eventLoop: channel.eventLoop)
    let negotiation = ApplicationProtocolNegotiationHandler { result, channel in
      channel.eventLoop.makeCompletedFuture {
        switch result {
        case .negotiated("h2"): try Self.addHTTP2(to: channel, server, bound)
        case .negotiated, .fallback: try Self.addHTTP1(to: channel, server, bound.value)
        }
      }
    }
    try channel.pipeline.syncOperations.addHandlers(
      NIOSSLServerHandler(context: tls), HandshakeDeadline(server.configuration.limits.requestTime), negotiation)
  }

  private static func addHTTP2(
    to channel: any Channel, _ server: ServerContext, _ connections: NIOLoopBound<LoopConnections>
  ) throws {
    let timing = server.timing
    connections.value.insert(parent: channel, firstStream: timing.request, idle: timing.idle)
    channel.closeFuture.whenComplete { _ in connections.value.remove(parent: channel) }
    let limits = server.configuration.limits
    var configuration = NIOHTTP2Handler.Configuration()
    configuration.connection.initialSettings = [
      HTTP2Setting(parameter: .maxConcurrentStreams, value: limits.streamsPerConnection),
      HTTP2Setting(parameter: .maxHeaderListSize, value: limits.headBytes + limits.pathBytes),
    ]
    _ = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
      mode: .server, connectionConfiguration: configuration.connection, streamConfiguration: configuration.stream
    ) { stream in
      stream.eventLoop.makeCompletedFuture {
        try stream.pipeline.syncOperations.addHandlers(
          HTTP2FramePayloadToHTTP1ServerCodec(), ConnectionHandler(server, connections.value, .http2))
      }
    }
  }
}
