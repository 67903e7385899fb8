/// The fields of the keys of an index, and how many bytes the longest value of each has.
///
/// Everyone who uses an index has to give the same: the lengths shape what is stored, and stand nowhere in the network.
///
///     let fields: IndexFields = ["latitude": 4, "longitude": 4]
public struct IndexFields: Hashable, Sendable {
  struct Field: Hashable, Sendable {
    var name: [UInt8]
    var byteCount: Int
  }

  /// Ordered by the bytes of their names, which is the order of their bits in a linear key.
  let fields: [Field]

  /// Fields of these names, as bytes, and lengths. Their order does not matter.
  public init(_ sizes: some Sequence<(name: [UInt8], byteCount: Int)>) {
    fields = sizes.map { Field(name: $0.name, byteCount: max(0, $0.byteCount)) }
      .sorted { $0.name.lexicographicallyPrecedes($1.name) }
  }

  /// Bytes that each field takes in a linear key: the longest value and at least one byte of padding.
  var width: Int { 1 + (fields.map(\.byteCount).max() ?? 0) }
  /// Bytes of a linear key.
  var contentBytes: Int { fields.count * width }

  /// Throws unless an index can have these fields.
  package func validate() throws(IndexError) {
    guard !fields.isEmpty else { throw .noFields }
    for (field, next) in zip(fields, fields.dropFirst()) where field.name == next.name {
      throw .fieldTwice(String(decoding: field.name, as: UTF8.self))
    }
    // Each is tested alone first: the product could overflow.
    guard fields.count <= IndexLimits.contentBytes, fields.allSatisfy({ $0.byteCount < IndexLimits.contentBytes }),
      contentBytes <= IndexLimits.contentBytes
    else { throw .fieldsTooLong(limit: IndexLimits.contentBytes) }
  }
}

extension IndexFields: ExpressibleByDictionaryLiteral {
  /// Fields of these names and lengths.
  public init(dictionaryLiteral elements: (String, Int)...) {
    self.init(elements.map { (name: Array($0.0.utf8), byteCount: $0.1) })
  }
}
