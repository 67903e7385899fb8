package import DHTModel

/// The name of an index, and the user types of its values. (pht.md §4, §6)
///
/// Every index of the world has its root at the same key: the user types keep them apart. They are compared whole, so
/// that an index `x` never takes a value of an index `xy` for its own.
package struct IndexName: Hashable, Sendable {
  /// Any bytes.
  package let bytes: [UInt8]
  package let entryType: [UInt8]
  package let canaryType: [UInt8]

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
    entryType = Array("index.pht.".utf8) + bytes
    canaryType = entryType + Array(".canary".utf8)
  }

  /// A value that says "this prefix is a node of the tree".
  package var canary: Value {
    Value(content: .plain(Value.Body(data: [], userTypeBytes: canaryType)))
  }

  /// A value that holds an entry.
  package func value(of entry: StoredEntry) -> Value {
    Value(content: .plain(Value.Body(data: entry.packed, userTypeBytes: entryType)))
  }

  /// Whether a value is a canary. That of an index `x` has the user type of the entries of an index `x.canary`, but no data.
  package func isCanary(_ value: Value) -> Bool {
    guard let body = value.body else { return false }
    return body.userTypeBytes == canaryType && body.data.isEmpty
  }

  /// The entry that a value holds; nil for any other value, and for one of another length of keys.
  package func entry(in value: Value, contentBytes: Int) -> StoredEntry? {
    guard let body = value.body, body.userTypeBytes == entryType, let entry = StoredEntry(decoding: body.data),
      entry.content.count == contentBytes
    else { return nil }
    return entry
  }
}
