internal import NIOCore

// What time brings; looked at once in a tick of the loop's clock.
extension ConnectionHandler {
  func step(at tick: LoopConnections.Tick) {
    let age = tick &- lastStep
    let timing = server.timing
    if progress.isStalled(waiting: waitingBytes, tick: tick, limit: timing.write) {
      return close()
    }
    switch state {
    case .idle:
      if let headBegan, tick &- headBegan >= timing.request { return refuseAtOnce(.timedOut) }
      if age >= timing.idle { close() }
    case .receiving: if age >= timing.request { refuseAtOnce(.timedOut) }
    case .answering:
      // A head that has waited for the first value.
      drain()
    case .listening:
      if let heartbeat = timing.heartbeat, age >= heartbeat { writeHeartbeat() }
    // As long as something is on its way to the client, only a stall ends it.
    case .discarding: if waitingBytes == 0, age >= (framing == .http1 ? timing.linger : timing.write) { close() }
    }
  }

  /// Bytes that wait to be taken by the client.
  private var waitingBytes: Int {
    guard let channel = context?.channel else { return 0 }
    switch framing {
    case .http1: return (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    case .http2: return streamBytes
    }
  }
}
