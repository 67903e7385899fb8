extension DHT {
  /// What carries out the operations of a node.
  ///
  ///     var configuration = DHT.Configuration()
  ///     configuration.backend = .proxy(try ProxyConfiguration("https://proxy.example.org"))    // import DHTProxyClient
  ///     let dht = DHT(configuration)
  ///     try await dht.start()
  ///     try await dht.switch(to: .udp)                                                         // at any time
  public struct Backend: Sendable {
    /// Makes an engine on its loop; nil for the UDP node.
    let make: (@Sendable (EngineContext) throws(DHTError) -> any Engine)?

    /// A node of our own, over UDP.
    public static let udp = Backend(make: nil)

    private init(make: (@Sendable (EngineContext) throws(DHTError) -> any Engine)?) { self.make = make }

    /// Another engine; `make` is called on the loop it is to live on, each time it is started.
    package init(_ make: @escaping @Sendable (EngineContext) throws(DHTError) -> any Engine) {
      self.init(make: .some(make))
    }
  }

  /// Has another backend carry out the operations, from now on; nothing is lost.
  ///
  ///     try await dht.switch(to: .udp)
  ///
  /// The new one is started first; when it cannot be, this throws, and the old one goes on. Listens go on: what the
  /// application knows is not told again, and what is gone is told once, as soon as the new backend has looked. Permanent
  /// values are put again. Gets, queries and puts that run begin again, and keep their deadlines; what they delivered
  /// does not come again. Pings and, on the way to a proxy, traces end. Entry points and registered types are kept.
  ///
  /// To `.udp` on a node that is there already: nothing happens. Throws `.notRunning`, `.cannotUseProxy`, and what
  /// `start` throws.
  public func `switch`(to backend: Backend) async throws(DHTError) {
    try await answer { session, done in session.switch(to: backend, done) }.get()
  }

  /// Asks the engine something, on the loop; nil when the node does not run.
  package func withEngine<Answer: Sendable>(_ body: @escaping @Sendable (any Engine) -> Answer) async -> Answer? {
    await onLoop { session in session.engine.map(body) }
  }

  /// Has the engine answer later.
  package func withEngine<Answer: Sendable>(
    or fallback: Answer, _ body: @escaping @Sendable (any Engine, _ done: @escaping @Sendable (Answer) -> Void) -> Void
  ) async -> Answer {
    await answer { session, done in
      guard let engine = session.engine else { return done(fallback) }
      body(engine, done)
    }
  }
}
