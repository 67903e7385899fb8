/// What a peer calls its software, at most 16 bytes of it. Kept inline, and never interpreted.
public struct UserAgent: Hashable, Sendable {
  // The bytes in order, the first one highest; zeros after the last.
  private var high: UInt64 = 0
  private var low: UInt64 = 0
  /// Bytes kept.
  public private(set) var count = 0

  /// Longest agent that is kept, in bytes. The network's nodes send two or four.
  public static let maximumByteCount = 16

  /// The first 16 of some bytes.
  public init(_ bytes: some Sequence<UInt8>) {
    for byte in bytes.prefix(Self.maximumByteCount) { append(byte) }
  }

  init(reading bytes: RawSpan, in range: Range<Int>) {
    for position in range.prefix(Self.maximumByteCount) {
      append(bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self))
    }
  }

  /// The byte at an index below `count`.
  public subscript(index: Int) -> UInt8 {
    precondition((0..<count).contains(index), "byte \(index) of an agent of \(count)")
    return UInt8(truncatingIfNeeded: (index < 8 ? high : low) >> UInt64(56 - 8 * (index % 8)))
  }

  /// The bytes as they were sent.
  public var bytes: [UInt8] { (0..<count).map { self[$0] } }

  private mutating func append(_ byte: UInt8) {
    let shifted = UInt64(byte) << UInt64(56 - 8 * (count % 8))
    if count < 8 { high |= shifted } else { low |= shifted }
    count += 1
  }
}

extension UserAgent: ExpressibleByStringLiteral {
  /// An agent written in the source.
  public init(stringLiteral text: String) { self.init(text.utf8) }
}

extension UserAgent: CustomStringConvertible {
  /// The agent as text.
  public var description: String { String(decoding: bytes, as: UTF8.self) }
}
