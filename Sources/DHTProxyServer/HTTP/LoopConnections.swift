internal import NIOCore

/// The connections of one event loop, and the clock that they share: one timer for all of them.
final class LoopConnections {
  /// Ticks since the start; differences are taken modulo 2³².
  typealias Tick = UInt32
  /// How long a tick is. Bounds in time are kept to this precision.
  static let tickLength = TimeAmount.seconds(1)

  let watches: LoopWatches
  private(set) var tick: Tick = 0
  private var handlers: [ObjectIdentifier: ConnectionHandler] = [:]
  /// Connections of HTTP/2, whose streams are among `handlers`.
  private var parents: [ObjectIdentifier: any Channel] = [:]
  /// Bytes of bodies that are here.
  var bodyBytes = 0
  private var timer: RepeatedTask?

  init(watches: LoopWatches) { self.watches = watches }

  var count: Int { handlers.count }

  func insert(_ handler: ConnectionHandler) { handlers[ObjectIdentifier(handler)] = handler }
  func remove(_ handler: ConnectionHandler) { handlers[ObjectIdentifier(handler)] = nil }
  func insert(parent: any Channel) { parents[ObjectIdentifier(parent)] = parent }
  func remove(parent: any Channel) { parents[ObjectIdentifier(parent)] = nil }

  func startClock(on loop: any EventLoop) {
    let connections = NIOLoopBound(self, eventLoop: loop)
    timer = loop.scheduleRepeatedTask(initialDelay: Self.tickLength, delay: Self.tickLength) { _ in
      connections.value.step()
    }
  }

  private func step() {
    tick &+= 1
    for handler in handlers.values { handler.step(at: tick) }
  }

  /// Ends every stream, and every connection that waits for a request.
  func shutDown() {
    for handler in handlers.values { handler.shutDown() }
  }

  /// Ends whatever is left, and the clock.
  func closeAll() {
    timer?.cancel()
    timer = nil
    for handler in handlers.values { handler.context?.channel.closeAtOnce() }
    for parent in parents.values { parent.closeAtOnce() }
  }
}
