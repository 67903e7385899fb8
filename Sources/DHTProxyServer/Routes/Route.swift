package import DHTModel
internal import DHTProxyMessages
internal import DHTSecurity

/// What a request asks for. (proxy.md §4)
package enum Route: Hashable, Sendable {
  case nodeInformation, nodeStatistics, pingPush
  case get(InfoHash), put(InfoHash), listen(InfoHash)
  case sign(InfoHash), encrypt(InfoHash)
  case subscribe(InfoHash), unsubscribe(InfoHash)
  /// The end of a permanent put.
  case cancelPut(InfoHash, Value.ID)
  /// Whether a browser may ask, for any path.
  case preflight
  /// What only we have.
  case health, readiness, metrics, openAPI, events
}

extension Route {
  /// Rights and limits are given to groups.
  package enum Group: Hashable, Sendable, CaseIterable {
    case read, write, permanent, push, identity, operations
  }

  /// The group that the route belongs to. A put becomes `permanent` by its body.
  package var group: Group {
    switch self {
    case .get, .listen, .events, .nodeInformation, .preflight: .read
    case .put: .write
    case .cancelPut: .permanent
    case .subscribe, .unsubscribe, .pingPush: .push
    case .sign, .encrypt: .identity
    case .nodeStatistics, .health, .readiness, .metrics, .openAPI: .operations
    }
  }

  /// A name for counters, whatever the key.
  package var name: String {
    switch self {
    case .nodeInformation: "info"
    case .nodeStatistics: "stats"
    case .pingPush: "pingPush"
    case .get: "get"
    case .put: "put"
    case .listen: "listen"
    case .sign: "sign"
    case .encrypt: "encrypt"
    case .subscribe: "subscribe"
    case .unsubscribe: "unsubscribe"
    case .cancelPut: "cancelPut"
    case .preflight: "options"
    case .health: "healthz"
    case .readiness: "readyz"
    case .metrics: "metrics"
    case .openAPI: "openapi"
    case .events: "events"
    }
  }
}
