/// A key of an index: a value, in bytes, for each of its fields.
///
///     let key: IndexKey = ["title": Array("dune".utf8)]
///     let same = IndexKey(text: ["title": "dune"])
public struct IndexKey: Hashable, Sendable {
  var values: [[UInt8]: [UInt8]]

  /// A key of these fields, their names as bytes.
  public init(_ values: [[UInt8]: [UInt8]]) { self.values = values }

  /// A key of these texts, as UTF-8.
  public init(text values: [String: String]) {
    self.values = [:]
    for (name, value) in values { self.values[Array(name.utf8)] = Array(value.utf8) }
  }

  /// The value of a field; nil when the key has none.
  public subscript(name: String) -> [UInt8]? {
    get { values[Array(name.utf8)] }
    set { values[Array(name.utf8)] = newValue }
  }
}

extension IndexKey: ExpressibleByDictionaryLiteral {
  /// A key of these fields.
  public init(dictionaryLiteral elements: (String, [UInt8])...) {
    values = [:]
    for (name, value) in elements { values[Array(name.utf8)] = value }
  }
}
