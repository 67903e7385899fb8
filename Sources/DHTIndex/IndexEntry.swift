public import DHTModel

/// What an index finds: a hash, mostly a key of the network, and the id of a value there.
public struct IndexEntry: Hashable, Sendable {
  /// Where to look.
  public var hash: InfoHash
  /// Which value.
  public var id: Value.ID

  /// An entry.
  public init(hash: InfoHash, id: Value.ID = 0) {
    self.hash = hash
    self.id = id
  }
}

extension IndexEntry: CustomStringConvertible {
  public var description: String { "(\(hash), \(id))" }
}
