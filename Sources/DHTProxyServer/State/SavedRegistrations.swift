internal import DHTModel
internal import DHTProxyMessages

/// What a server leaves on disk: its permanent puts and subscriptions. (proxy.md §10)
struct SavedRegistrations: Equatable, Sendable {
  /// A permanent put. `end` is in seconds since 1970.
  struct Put: Equatable, Sendable {
    var value: Value
    var end: Int64
    var context: PushContext?
    var secret: SecretDigest?
  }
  /// A subscription. `end` is in seconds since 1970.
  struct Subscriber: Equatable, Sendable {
    var context: PushContext
    var end: Int64
    var secret: SecretDigest?
  }

  var puts: [PermanentPut.ID: Put] = [:]
  var subscribers: [Subscription.ID: Subscriber] = [:]
  /// Registrations that could not be read. They are in the files only.
  var unreadCount = 0

  var isEmpty: Bool { puts.isEmpty && subscribers.isEmpty }

  /// Carries out a change that was written down after the file.
  mutating func apply(_ change: RegistrationChange) {
    switch change {
    case .put(let id, let put): puts[id] = put
    case .subscriber(let id, let subscriber): subscribers[id] = subscriber
    }
  }
}

/// What became of one registration; nil when it is over.
enum RegistrationChange: Equatable, Sendable {
  case put(PermanentPut.ID, SavedRegistrations.Put?)
  case subscriber(Subscription.ID, SavedRegistrations.Subscriber?)
}
