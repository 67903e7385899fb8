internal import DHTModel
internal import DHTProxyMessages

/// Why a request is not carried out, and what its sender is told.
enum Refusal: Error, Equatable {
  /// More requests than its share.
  case tooFast(retryAfter: Duration)
  /// As many open as it, or all, may have.
  case tooMany(Resource)
  /// More keys than a stream, or all streams, may have.
  case tooManyKeys
  /// A credential is needed; or the one that was given is not known.
  case unauthorized(isKnown: Bool)
  /// It is known, and may not do this.
  case forbidden(RouteGroup)
  /// The node cannot reach the network; why.
  case cutOff(reason: String)

  var answer: ErrorAnswer {
    switch self {
    case .tooFast: ErrorAnswer(status: 429, reason: "Too many requests")
    case .tooMany(let resource): ErrorAnswer(status: 429, reason: "Too many open \(resource.rawValue)s")
    case .tooManyKeys: ErrorAnswer(status: 429, reason: "Too many keys")
    case .unauthorized(isKnown: true): ErrorAnswer(status: 401, reason: "A token or a client certificate is needed")
    case .unauthorized(isKnown: false): ErrorAnswer(status: 401, reason: "Unknown token")
    case .forbidden(.identity): ErrorAnswer(status: 403, reason: "The node's identity is not for clients")
    case .forbidden(let group): ErrorAnswer(status: 403, reason: "Not allowed: \(group.rawValue)")
    case .cutOff(let reason): ErrorAnswer(status: 503, reason: reason)
    }
  }

  /// The header that goes with the answer.
  var header: (name: String, value: String)? {
    switch self {
    case .tooFast(let wait): ("Retry-After", String(Self.wholeSeconds(wait)))
    // Nobody knows when something will be closed; a minute is what deployed clients wait between checks.
    case .tooMany, .tooManyKeys: ("Retry-After", "60")
    case .unauthorized(isKnown: true): ("WWW-Authenticate", #"Bearer realm="dht""#)
    // The words of RFC 6750 §3.1.
    case .unauthorized(isKnown: false): ("WWW-Authenticate", #"Bearer realm="dht", error="invalid_token""#)
    case .forbidden: nil
    case .cutOff: ("Retry-After", "10")
    }
  }

  /// The name in figures.
  var label: String {
    switch self {
    case .tooFast: "rate"
    case .tooMany(let resource): resource.rawValue
    case .tooManyKeys: "keys"
    case .unauthorized: "unauthorized"
    case .forbidden: "forbidden"
    case .cutOff: "cut_off"
    }
  }

  /// All names in figures.
  static let labels = ["rate", "connection", "listen", "stream", "keys", "unauthorized", "forbidden", "cut_off"]

  // At least one: clients take 0 for now.
  private static func wholeSeconds(_ wait: Duration) -> Int { max(1, Int(wait.inSeconds.rounded(.up))) }
}
