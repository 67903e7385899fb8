package import DHTModel
package import DHTProxyMessages
package import NIOCore
package import OpenDHT

/// Permanent puts and push subscriptions. (proxy.md §6, §8)
package protocol RegistrationService: Sendable {
  /// Puts a value and keeps it alive; the value as it is stored.
  func put(_ body: PutBody, at key: InfoHash) async throws(DHTError) -> Value
  /// Ends a permanent put; what to answer to whoever asked.
  func cancelPut(_ id: Value.ID, at key: InfoHash, _ request: ProxyRequest) async -> Answer
  /// Begins or renews a subscription; the values if the client does not know them.
  func subscribe(_ body: SubscribeBody, at key: InfoHash) async -> SubscribeOutcome
  /// Ends a subscription.
  func unsubscribe(_ body: UnsubscribeBody, at key: InfoHash) async
  /// Pushes once, as a test.
  func ping(_ body: PingPushBody) async
  /// Counters for `GET /node/stats`; the members of the node and of requests are not looked at.
  var statistics: ServerStatistics { get async }
}

/// What a subscription brought.
package enum SubscribeOutcome: Hashable, Sendable {
  /// It is new: `{}`.
  case subscribed
  /// It was there, and the client knows the values: `{}`, streamed.
  case refreshed
  /// It was there, and the client did not say that it knows the values.
  case known([Value])
  /// No more are taken: why.
  case refused(status: Int, reason: String)
}

/// Decides before a request is carried out, and hears how it went.
package protocol RequestGate: Sendable {
  /// Refuses a request, or lets it pass with nil. Called on an event loop: must not wait.
  ///
  /// The group is that of the route. A put that its body makes permanent is asked about once more, as `permanent`.
  func refuse(_ request: ProxyRequest, as group: Route.Group) -> Answer?
  /// A request was answered; `route` is nil for what leads nowhere.
  func answered(_ route: Route?, status: Int)
}

/// Carries out routes that are made elsewhere: health, metrics, the description, the stream of many keys.
package protocol RouteService: Sendable {
  /// Answers through the exchange. The task is cancelled when the client goes.
  func carryOut(_ request: ProxyRequest, body: ByteBuffer, _ exchange: Exchange) async
}

/// What the server is put together from.
package struct ProxyServerParts: Sendable {
  package var registrations: (any RegistrationService)?
  package var gate: (any RequestGate)?
  package var operations: (any RouteService)?

  package init(
    registrations: (any RegistrationService)? = nil, gate: (any RequestGate)? = nil,
    operations: (any RouteService)? = nil
  ) {
    self.registrations = registrations
    self.gate = gate
    self.operations = operations
  }
}
