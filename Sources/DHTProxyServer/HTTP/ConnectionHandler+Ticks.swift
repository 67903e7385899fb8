internal import NIOCore

// What time brings; looked at once in a tick of the loop's clock.
extension ConnectionHandler {
  func step(at tick: LoopConnections.Tick) {
    let age = tick &- lastStep
    let timing = server.timing
    switch state {
    case .idle: if age >= timing.idle { close() }
    case .receiving: if age >= timing.request { refuseAtOnce(.timedOut) }
    case .answering:
      // A head that has waited for the first value.
      drain()
      closeIfStalled(at: tick)
    case .listening:
      closeIfStalled(at: tick)
      if let heartbeat = timing.heartbeat, age >= heartbeat { writeHeartbeat() }
    case .discarding: if age >= timing.linger { close() }
    }
  }

  private func closeIfStalled(at tick: LoopConnections.Tick) {
    guard let channel = context?.channel else { return }
    let waiting = channel.waitingBytes
    guard progress.isStalled(waiting: waiting, tick: tick, limit: server.timing.write) else { return }
    close()
  }
}
