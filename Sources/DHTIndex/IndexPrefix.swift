public import DHTModel
internal import DHTSecurity

/// The first bits of a linear key: a node of the tree that an index is. (pht.md §3)
public struct IndexPrefix: Hashable, Sendable {
  /// The bits, the first one highest, zeros after the last.
  public let content: [UInt8]
  /// Count of the bits.
  public let size: Int

  /// The root of every tree.
  public static let root = IndexPrefix([], size: 0)

  /// The first `size` bits of a content that has as many.
  package init(_ content: some Collection<UInt8>, size: Int) {
    precondition(size >= 0 && size <= 8 * content.count, "\(size) bits of \(content.count) bytes")
    var bytes = Array(content.prefix((size + 7) / 8))
    if size % 8 != 0 { bytes[size / 8] &= 0xff << UInt8(8 - size % 8) }
    self.content = bytes
    self.size = size
  }

  /// Where the node stands in the network. The size counts modulo 256, as every peer has it.
  public var key: InfoHash { InfoHash(hashing: content + [UInt8(truncatingIfNeeded: size)]) }

  /// The node above; nil for the root.
  package var parent: IndexPrefix? { size == 0 ? nil : IndexPrefix(content, size: size - 1) }

  /// The other child of the node above; nil for the root.
  package var sibling: IndexPrefix? {
    guard size > 0 else { return nil }
    var bytes = content
    bytes[(size - 1) / 8] ^= 0x80 >> UInt8((size - 1) % 8)
    return IndexPrefix(bytes, size: size)
  }

  /// A node below.
  package func child(_ bit: Bool) -> IndexPrefix {
    var bytes = size % 8 == 0 ? content + [0] : content
    if bit { bytes[size / 8] |= 0x80 >> UInt8(size % 8) }
    return IndexPrefix(bytes, size: size + 1)
  }

  /// Whether these bits begin so.
  package func isPrefix(of other: [UInt8]) -> Bool {
    8 * other.count >= size && DHTIndex.commonBits(content, other) >= size
  }

  /// Leading bits that both share.
  package func commonBits(with other: IndexPrefix) -> Int {
    min(size, other.size, DHTIndex.commonBits(content, other.content))
  }
}

/// Leading bits that two contents share.
package func commonBits(_ x: [UInt8], _ y: [UInt8]) -> Int {
  let count = min(x.count, y.count)
  for index in 0..<count where x[index] != y[index] {
    return 8 * index + (x[index] ^ y[index]).leadingZeroBitCount
  }
  return 8 * count
}

extension IndexPrefix: CustomStringConvertible {
  /// The text by which OpenDHT shows it, with its line breaks and the digits that it repeats at the end. (pht.md §10.1)
  public var description: String {
    let flags = (0..<content.count).map { index in
      UInt8(truncatingIfNeeded: size - 8 * index >= 8 ? 0xff : 0xff00 >> (size - 8 * index))
    }
    return "Prefix : \n\tContent_ : \"\(Self.digits(content))\"\n\tFlags_   : \"\(Self.digits(flags))\"\n"
  }

  private static func digits(_ bytes: [UInt8]) -> String {
    func digits(_ byte: UInt8, _ count: Int) -> String {
      (0..<count).map { byte & 0x80 >> UInt8($0) == 0 ? "0" : "1" }.joined()
    }
    let whole = bytes.map { digits($0, 8) + " " }.joined()
    return bytes.count % 8 == 0 ? whole : whole + digits(bytes[bytes.count / 8], bytes.count % 8)
  }
}
