/// Which values of a field are wanted. Values are compared byte by byte, as words in a dictionary.
///
///     let range = IndexRange.from(Array("da".utf8), through: Array("du".utf8))
public struct IndexRange: Hashable, Sendable {
  private enum Bounds: Hashable {
    case prefix([UInt8]), between([UInt8], [UInt8]?)
  }
  private let bounds: Bounds

  /// Every value.
  public static let all = IndexRange(bounds: .prefix([]))
  /// Values that begin so.
  public static func beginning(with bytes: [UInt8]) -> IndexRange { IndexRange(bounds: .prefix(bytes)) }
  /// Values that begin with a text.
  public static func beginning(with text: String) -> IndexRange { beginning(with: Array(text.utf8)) }
  /// Values from one to another, both included; without end for nil.
  public static func from(_ first: [UInt8], through last: [UInt8]? = nil) -> IndexRange {
    IndexRange(bounds: .between(first, last))
  }

  /// Whether a value lies in it.
  public func contains(_ value: [UInt8]) -> Bool {
    switch bounds {
    case .prefix(let prefix): value.starts(with: prefix)
    case .between(let first, let last):
      !value.lexicographicallyPrecedes(first) && !(last?.lexicographicallyPrecedes(value) ?? false)
    }
  }
}

extension IndexRange {
  /// Whether a value of it can begin with these bits, once it is padded: bytes as many as the field has with its padding,
  /// zeros after the known bits. Never false where one can.
  func mayHold(_ known: [UInt8], bits: Int) -> Bool {
    switch bounds {
    case .prefix(let prefix):
      return commonBits(known, prefix) >= min(bits, 8 * min(prefix.count, known.count))
    case .between(let first, let last):
      guard !highest(known, bits).prefix(first.count).lexicographicallyPrecedes(first.prefix(known.count)) else {
        return false
      }
      guard let last, last.prefix(known.count).lexicographicallyPrecedes(known.prefix(last.count)) else { return true }
      // The padding of a short value is a high bit: `ab` stands behind `ab1`, though it comes before it.
      return last.indices.contains { count in
        count < known.count && commonBits(Array(last.prefix(count)) + [0x80], known) >= min(bits, 8 * count + 8)
          && (bits <= 8 * count + 8 || !known.dropFirst(count + 1).contains { $0 != 0 })
      }
    }
  }

  /// The bytes with every unknown bit set.
  private func highest(_ known: [UInt8], _ bits: Int) -> [UInt8] {
    var bytes = known
    for index in bytes.indices where 8 * index + 8 > bits {
      bytes[index] |= 8 * index >= bits ? 0xff : 0xff >> UInt8(bits % 8)
    }
    return bytes
  }
}

extension IndexFields {
  /// Whether keys in these ranges can stand below a prefix.
  func mayHold(_ prefix: IndexPrefix, _ ranges: [[UInt8]: IndexRange]) -> Bool {
    let content = prefix.content + Array(repeating: 0, count: contentBytes - prefix.content.count)
    for (number, field) in fields.enumerated() {
      guard let range = ranges[field.name] else { continue }
      // Field n has one bit more as soon as the round of bits has passed it.
      let bits = (prefix.size + fields.count - 1 - number) / fields.count
      guard range.mayHold(self.bits(of: number, in: content, count: bits), bits: bits) else { return false }
    }
    return true
  }

  /// Whether a key lies in these ranges.
  func contains(_ key: IndexKey, _ ranges: [[UInt8]: IndexRange]) -> Bool {
    ranges.allSatisfy { name, range in key.values[name].map(range.contains) ?? false }
  }
}
