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
  /// Keys for a running event stream, by its name.
  case changeEvents(String)
}

extension Route {
  /// The group that the route belongs to. A put becomes `permanent` by its body.
  package var group: RouteGroup {
    switch self {
    case .get, .listen, .events, .changeEvents, .nodeInformation, .nodeStatistics, .preflight: .read
    case .health, .readiness, .openAPI: .read
    case .put: .write
    case .cancelPut: .permanent
    case .subscribe, .unsubscribe, .pingPush: .push
    case .sign, .encrypt: .identity
    case .metrics: .operations
    }
  }

  /// A name for counters, whatever the key.
  package var name: String { Self.names[number] }

  /// All names; the last is that of what leads nowhere.
  package static let names = [
    "info", "stats", "pingPush", "get", "put", "listen", "sign", "encrypt", "subscribe", "unsubscribe", "cancelPut",
    "options", "healthz", "readyz", "metrics", "openapi", "events", "changeEvents", "none",
  ]

  /// Place of its name.
  var number: Int {
    switch self {
    case .nodeInformation: 0
    case .nodeStatistics: 1
    case .pingPush: 2
    case .get: 3
    case .put: 4
    case .listen: 5
    case .sign: 6
    case .encrypt: 7
    case .subscribe: 8
    case .unsubscribe: 9
    case .cancelPut: 10
    case .preflight: 11
    case .health: 12
    case .readiness: 13
    case .metrics: 14
    case .openAPI: 15
    case .events: 16
    case .changeEvents: 17
    }
  }

  /// Bytes of a body, at most. A value has 64 KiB, six times as much with all its text escaped; a stream has thousands of keys.
  var bodyBytes: Int {
    switch self {
    case .events, .changeEvents: 1 << 20
    case .put, .sign, .encrypt: 512 << 10
    default: 16 << 10
    }
  }

  /// Whether rules of access apply: balancers, browsers and readers of the description have nothing to show yet.
  var isRestricted: Bool {
    switch self {
    case .health, .readiness, .openAPI, .preflight: false
    default: true
    }
  }

  /// Whether it tells of the server's health.
  var isHealth: Bool { self == .health || self == .readiness }

  /// Whether it is refused at once while the node is cut off. What lasts may wait for the network.
  var needsNetwork: Bool {
    switch self {
    case .get, .put, .sign, .encrypt: true
    default: false
    }
  }

  /// What its client holds as long as the answer lasts.
  var resource: Resource? {
    switch self {
    case .listen: .listen
    case .events: .stream
    default: nil
    }
  }
}
