/// A map key of at most seven bytes, held in one word: comparing keys is comparing integers, and no text is made.
///
/// ```
/// bit 63…56   count of bytes
/// bit 55…0    the bytes, the first one highest, zeros after the last
/// ```
public struct MessagePackKey: Hashable, Sendable {
  /// The count and the bytes, as drawn above.
  public let word: UInt64

  /// Longest key that fits, in bytes.
  public static let maximumByteCount = 7

  /// A key from its word.
  @inlinable public init(word: UInt64) { self.word = word }

  /// A key written in the source. It has at most seven bytes.
  @inlinable @inline(__always) public init(_ text: StaticString) {
    precondition(text.utf8CodeUnitCount <= Self.maximumByteCount, "a key of this kind has at most seven bytes")
    var word = UInt64(text.utf8CodeUnitCount) << 56
    var shift: UInt64 = 48
    for index in 0..<text.utf8CodeUnitCount {
      word |= UInt64(text.utf8Start[index]) << shift
      shift = shift &- 8
    }
    self.word = word
  }

  /// Stands for every key that does not fit; equal to none that does.
  public static let other = MessagePackKey(word: .max)

  /// A key from a range of bytes; `.other` when there are more than seven.
  init(reading bytes: RawSpan, in range: Range<Int>) {
    guard range.count <= Self.maximumByteCount else {
      self = .other
      return
    }
    // One load takes the whole key when eight bytes are there.
    if range.count > 0, bytes.byteCount - range.lowerBound >= 8 {
      let loaded = bytes.unsafeLoadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self)
      let kept = UInt64(bigEndian: loaded) & ~0 << UInt64(64 - 8 * range.count)
      word = UInt64(range.count) << 56 | kept >> 8
      return
    }
    var word = UInt64(range.count) << 56
    for index in 0..<range.count {
      let byte = bytes.unsafeLoad(fromByteOffset: range.lowerBound + index, as: UInt8.self)
      word |= UInt64(byte) << UInt64(48 - 8 * index)
    }
    self.word = word
  }

  /// Count of the key's bytes.
  @inlinable public var byteCount: Int { Int(word >> 56) }
}

extension MessagePackKey: CustomStringConvertible {
  /// The key as text.
  public var description: String {
    let bytes = (0..<min(byteCount, Self.maximumByteCount)).map {
      UInt8(truncatingIfNeeded: word >> UInt64(48 - 8 * $0))
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
