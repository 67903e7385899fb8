internal import NIOCore

/// The way of a task to the loop of an engine.
struct EngineDoor: Sendable {
  private let engine: NIOLoopBound<ProxyEngine>
  private let loop: any EventLoop

  init(_ engine: ProxyEngine) {
    loop = engine.loop
    self.engine = NIOLoopBound(engine, eventLoop: engine.loop)
  }

  /// Does something on the loop, and returns when it is done; nothing once the engine is stopped.
  func enter(_ work: @escaping @Sendable (ProxyEngine) -> Void) async {
    await withCheckedContinuation { continuation in
      loop.execute {
        if !engine.value.isStopped { work(engine.value) }
        continuation.resume()
      }
    }
  }
}
