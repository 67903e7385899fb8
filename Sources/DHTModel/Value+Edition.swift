extension Value {
  /// A signed value as its owner edits it. Sequence numbers order the editions of one owner under one id, and nothing else:
  /// a stranger may sign any number under the same id.
  package struct Edition: Hashable, Sendable {
    package let id: ID
    package let owner: [UInt8]
  }

  /// Which editions it is one of; nil for a value that nobody signed.
  package var edition: Edition? { signature.map { Edition(id: id, owner: $0.owner) } }

  /// Whether it is a newer edition of another value, of the same owner.
  package func isNewerEdition(of other: Value) -> Bool {
    guard let signature, let old = other.signature else { return false }
    return id == other.id && signature.owner == old.owner && signature.sequence > old.sequence
  }

  /// Counted for a value beside its bytes, else values without bytes would cost nothing. (node.md W-24)
  ///
  /// What the tables around it take, measured: 440 to 550 bytes, and 730 where each value has a source of its own.
  package static let overhead = 512

  /// What a value costs whoever keeps it, in bytes: its size, its owner's key, and the overhead. All that strangers can
  /// make us hold is counted so.
  package var cost: Int { size + (signature?.owner.count ?? 0) + Self.overhead }
}
