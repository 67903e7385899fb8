package import NIOCore

/// Decides before a request is carried out, and hears how it went.
package protocol RequestGate: Sendable {
  /// Lets a connection in, with a permit that is released when it closes; nil when its client has too many.
  func connectionOpened(from address: NIOCore.SocketAddress?) -> Permit?
  /// Lets a request pass, or refuses it. Called on an event loop: must not wait.
  func admit(_ request: ProxyRequest) -> Admission
  /// Counts a request that leads nowhere; nil when its sender may be told so. Called on an event loop: must not wait.
  func turnAway(from address: NIOCore.SocketAddress?) -> Answer?
  /// Whether the sender may do more than its route needs; nil when it may.
  func refusal(of group: RouteGroup, to request: ProxyRequest) -> Answer?
  /// What a permit was for is over.
  func release(_ permit: Permit)
  /// A request was answered; `route` is nil for what leads nowhere.
  func answered(_ route: Route?, status: Int, after duration: Duration)
}

/// What becomes of a request.
package enum Admission: Sendable {
  /// It is carried out. A permit is released when its answer has ended.
  case admitted(Permit?)
  /// It is not.
  case refused(Answer)
}

/// Carries out routes that are made elsewhere: health, metrics, the description, the stream of many keys.
package protocol RouteService: Sendable {
  /// Answers through the exchange. The task is cancelled when the client goes.
  func carryOut(_ request: ProxyRequest, body: ByteBuffer, _ exchange: Exchange) async
}

/// What the server is put together from.
package struct ProxyServerParts: Sendable {
  package var gate: (any RequestGate)?
  package var operations: (any RouteService)?

  package init(
    gate: (any RequestGate)? = nil, operations: (any RouteService)? = nil
  ) {
    self.gate = gate
    self.operations = operations
  }
}
