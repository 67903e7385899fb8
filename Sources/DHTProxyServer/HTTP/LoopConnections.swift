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
  private var parents: [ObjectIdentifier: Parent] = [:]
  private struct Parent {
    let channel: any Channel
    var streams = 0
    /// The tick at which it was opened, or its last stream ended.
    var since: Tick
    /// How long it may be without a stream: for its first one, or after one.
    var patience: Tick
    let idle: Tick
  }
  /// Bytes of bodies that are here.
  var bodyBytes = 0
  private var timer: RepeatedTask?

  init(watches: LoopWatches) { self.watches = watches }

  var count: Int { handlers.count }

  func insert(_ handler: ConnectionHandler) {
    guard handlers.updateValue(handler, forKey: ObjectIdentifier(handler)) == nil else { return }
    countStream(of: handler, 1)
  }
  func remove(_ handler: ConnectionHandler) {
    guard handlers.removeValue(forKey: ObjectIdentifier(handler)) != nil else { return }
    countStream(of: handler, -1)
  }
  func insert(parent: any Channel, firstStream: Tick, idle: Tick) {
    parents[ObjectIdentifier(parent)] = Parent(channel: parent, since: tick, patience: firstStream, idle: idle)
  }
  func remove(parent: any Channel) { parents[ObjectIdentifier(parent)] = nil }

  private func countStream(of handler: ConnectionHandler, _ change: Int) {
    guard handler.framing == .http2, let parent = handler.context?.channel.parent else { return }
    let name = ObjectIdentifier(parent)
    guard var known = parents[name] else { return }
    known.streams += change
    (known.since, known.patience) = (tick, known.idle)
    parents[name] = known
  }

  func startClock(on loop: any EventLoop) {
    let connections = NIOLoopBound(self, eventLoop: loop)
    timer = loop.scheduleRepeatedTask(initialDelay: Self.tickLength, delay: Self.tickLength) { _ in
      connections.value.step()
    }
  }

  private func step() {
    tick &+= 1
    for handler in handlers.values { handler.step(at: tick) }
    for parent in parents.values where parent.streams == 0 && tick &- parent.since >= parent.patience {
      parent.channel.closeAtOnce()
    }
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
    for parent in parents.values { parent.channel.closeAtOnce() }
  }
}
