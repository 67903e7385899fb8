package import DHTModel

/// An operation that an engine is to begin: all that is needed to begin it once more somewhere else.
package enum OperationRequest: Sendable {
  /// Stores a value. Its id is never 0.
  case put(PutRequest, until: Instant?)
  /// Fetches values.
  case get(InfoHash, where: [Query.Filter], until: Instant?, isTraced: Bool)
  /// Fetches fields of values.
  case query(InfoHash, Query, until: Instant?)
  /// Tells of changes.
  case listen(InfoHash, where: [Query.Filter], until: Instant?)

  /// Fetches values to pass them on: verified, and not decrypted.
  case forwardedGet(InfoHash, until: Instant?)
  /// Tells of changes to pass them on.
  case forwardedListen(InfoHash)

  /// When it ends at the latest; nil leaves it to the engine.
  package var deadline: Instant? {
    switch self {
    case .put(_, let deadline), .get(_, _, let deadline, _), .query(_, _, let deadline), .listen(_, _, let deadline),
      .forwardedGet(_, let deadline):
      deadline
    case .forwardedListen: nil
    }
  }
}
