package import DHTProxyMessages
package import OpenDHT

/// Why a put, a subscription or the end of one is refused.
package enum RegistrationRefusal: Error, Hashable, Sendable {
  /// What there is too much of.
  package enum Bound: String, Sendable {
    case permanentPuts = "permanent puts"
    case permanentPutsPerAddress = "permanent puts from this address"
    case permanentPutsPerToken = "permanent puts with this token"
    case permanentPutsPerKey = "permanent puts of this key"
    case permanentPutBytes = "bytes in permanent puts"
    case subscriptions = "subscriptions"
    case subscribedKeys = "keys with subscriptions"
    case subscriptionsPerAddress = "subscriptions from this address"
    case subscriptionsPerToken = "subscriptions with this token"
    case subscriptionsPerKey = "subscriptions to this key"
    case subscriptionBytes = "bytes in subscriptions"
  }

  /// A limit is reached.
  case full(Bound)
  /// It was made with a secret, and this is not it.
  case wrongSecret
  /// There is none of this key and id.
  case unknown
  /// It could not be written to disk, so that a crash would lose it.
  case notSaved
  /// Nobody stored the value. It goes on being announced all the same, unless it is one that nobody can store.
  case notStored(DHTError)
  /// The server is stopping.
  case notRunning
}

extension RegistrationRefusal {
  /// What to answer.
  package var answer: ErrorAnswer {
    switch self {
    case .full(let bound): ErrorAnswer(status: 429, reason: "Too many \(bound.rawValue)")
    case .wrongSecret: ErrorAnswer(status: 403, reason: "Wrong secret")
    case .unknown: ErrorAnswer(status: 404, reason: "No such permanent put")
    case .notSaved: ErrorAnswer(status: 503, reason: "Not saved")
    case .notStored: .putFailed
    case .notRunning: .noNode
    }
  }
}
