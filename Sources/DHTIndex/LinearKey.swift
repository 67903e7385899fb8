/// A key as one string of bits, in which near keys begin alike. (pht.md §2)
///
/// ```
/// one field      value ‖ 80 ‖ 00 …                 as it is; its size is that of the value, without the padding
/// more of them   bit 7 of byte 0 of each field, in the order of their names, then bit 6 of byte 0 of each, …
/// ```
package struct LinearKey: Hashable, Sendable {
  /// All bits, the padding included.
  package let content: [UInt8]
  /// Bits that the tree may tell keys apart by.
  package let size: Int
}

extension IndexFields {
  /// Throws unless a key has just these fields, each as long as it may be.
  package func validate(_ key: IndexKey) throws(IndexError) { _ = try linear(key) }

  /// A key of this index as bits. Throws when it has other fields, or too long values.
  package func linear(_ key: IndexKey) throws(IndexError) -> LinearKey {
    var padded: [[UInt8]] = []
    for field in fields {
      let name = String(decoding: field.name, as: UTF8.self)
      guard let value = key.values[field.name] else { throw .missingField(name) }
      guard value.count <= field.byteCount else { throw .valueTooLong(field: name, limit: field.byteCount) }
      padded.append(value + [0x80] + Array(repeating: 0, count: width - value.count - 1))
    }
    if key.values.count > fields.count {
      let names = Set(fields.map(\.name))
      let other = key.values.keys.first { !names.contains($0) } ?? []
      throw .unknownField(String(decoding: other, as: UTF8.self))
    }
    guard padded.count > 1 else {
      return LinearKey(content: padded[0], size: 8 * (key.values.first?.value.count ?? 0))
    }
    var content = [UInt8](repeating: 0, count: contentBytes)
    for (number, value) in padded.enumerated() {
      for bit in 0..<(8 * width) where value[bit / 8] & 0x80 >> UInt8(bit % 8) != 0 {
        let place = bit * fields.count + number
        content[place / 8] |= 0x80 >> UInt8(place % 8)
      }
    }
    return LinearKey(content: content, size: 8 * content.count)
  }

  /// The key that was made linear; nil for bits that no key gives.
  package func key(ofContent content: [UInt8]) -> IndexKey? {
    guard content.count == contentBytes else { return nil }
    var values: [[UInt8]: [UInt8]] = [:]
    for (number, field) in fields.enumerated() {
      guard let value = unpadded(bits(of: number, in: content, count: 8 * width)), value.count <= field.byteCount
      else { return nil }
      values[field.name] = value
    }
    return IndexKey(values)
  }

  /// The first bits of one field, as far as the first `count` bits of a linear key tell them; zeros after them.
  func bits(of number: Int, in content: [UInt8], count: Int) -> [UInt8] {
    guard fields.count > 1 else { return content }
    var value = [UInt8](repeating: 0, count: width)
    for bit in 0..<count {
      let place = bit * fields.count + number
      if content[place / 8] & 0x80 >> UInt8(place % 8) != 0 { value[bit / 8] |= 0x80 >> UInt8(bit % 8) }
    }
    return value
  }
}

/// What stands before the padding; nil where there is none.
func unpadded(_ bytes: some BidirectionalCollection<UInt8>) -> [UInt8]? {
  guard let end = bytes.lastIndex(where: { $0 != 0 }), bytes[end] == 0x80 else { return nil }
  return Array(bytes[..<end])
}
