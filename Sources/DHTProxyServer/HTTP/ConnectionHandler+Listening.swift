internal import DHTModel
internal import NIOCore
internal import NIOHTTP1

// A connection as a listen. (proxy.md §7)
extension ConnectionHandler: WatchSubscriber {
  func listen(to key: InfoHash, _ request: ProxyRequest, keepsAlive: Bool) {
    state = .listening(key)
    queue = nil
    let values = connections.watches.subscribe(self, to: key)
    switch framing {
    case .http1:
      var bytes = ByteBuffer()
      bytes.reserveCapacity(ByteBuffer.headCapacity)
      bytes.writeHead(Answer(), length: nil, keepsAlive: keepsAlive)
      writeBytes(bytes)
    case .http2: writePart(.head(Answer().http2Head(length: nil)))
    }
    flush()
    server.countRequest(request.route)
    server.parts.gate?.answered(request.route, status: 200, after: .zero)
    take(values)
  }

  func take(_ events: [WatchEvent]) {
    guard case .listening = state, !events.isEmpty else { return }
    for event in events { write(event) }
    flush()
  }

  private func write(_ event: WatchEvent) {
    if backlog != nil || context?.channel.isWritable != true {
      backlog = backlog ?? WatchBacklog()
      backlog?.take(event)
    } else {
      writeLine(event.line)
    }
  }

  private func writeLine(_ line: WatchLine) {
    lastStep = connections.tick
    switch framing {
    case .http1:
      progress.written &+= UInt64(line.chunk.readableBytes)
      context?.write(NIOAny(line.chunk), promise: nil)
    case .http2: writePart(.body(.byteBuffer(line.plain)))
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if case .listening = state, context.channel.isWritable {
      while context.channel.isWritable, let event = backlog?.popFirst() { writeLine(event.line) }
      if backlog?.isEmpty == true { backlog = nil }
      flush()
    }
    if context.channel.isWritable { drain() }
    resumeReading()
    context.fireChannelWritabilityChanged()
  }

  func endListen() {
    guard case .listening(let key) = state else { return }
    connections.watches.unsubscribe(self, from: key)
    backlog = nil
    releasePermit()
    switch framing {
    case .http1:
      var bytes = ByteBuffer()
      // The only end that deployed clients take as a reason to listen again. (proxy.md §7.5)
      if server.configuration.endsListensMalformed { bytes.writeStaticString("zz\r\n") } else { bytes.writeLastChunk() }
      writeBytes(bytes)
      closeAfterWriting()
    case .http2:
      writePart(.end(nil))
      flush()
      state = .discarding
    }
  }

  func writeHeartbeat() {
    // While something waits, it will tell as well whether the client lives.
    guard context?.channel.isWritable == true else { return }
    writeLine(.heartbeat)
    flush()
  }
}
