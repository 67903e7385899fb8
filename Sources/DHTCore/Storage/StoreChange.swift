import DHTModel

/// One thing that happened under a key; what listeners are told.
struct StoreChange: Equatable, Sendable {
  enum Kind: Equatable, Sendable {
    case added(Value)
    /// The same id, other content.
    case edited(Value)
    /// The lifetime began anew.
    case refreshed(Value.ID)
    /// Gone: expired, pushed out by the quota, or removed. Never empty.
    case expired([Value])
  }
  var key: InfoHash
  var kind: Kind
}
