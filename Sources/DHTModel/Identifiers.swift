/// Number that keeps networks apart; 0 is the public one.
public typealias NetworkID = UInt32

/// Names one request and its replies. Random, so that a stranger cannot guess it.
public typealias TransactionID = UInt32

/// Where the updates of a listen arrive. Random, for the same reason.
public typealias SocketID = UInt32

/// Proof, given by a node, that we receive at our address. Opaque to us; 1 to 64 bytes.
public struct Token: Hashable, Sendable {
  /// Longest token that is used; the network's nodes do the same. (wire.md §9)
  public static let maximumByteCount = 64

  // Every deployed node gives 32 bytes: those stand inline, so that a token costs no heap.
  private var w0, w1, w2, w3: UInt64
  private var tail: [UInt8]
  /// Bytes of the token.
  public let count: Int

  /// The 32 bytes of four words, each in big-endian order.
  public init(words w0: UInt64, _ w1: UInt64, _ w2: UInt64, _ w3: UInt64) {
    (self.w0, self.w1, self.w2, self.w3) = (w0, w1, w2, w3)
    tail = []
    count = 32
  }

  /// A token of these bytes. Length is checked where a token is used, since only then it matters.
  public init(_ bytes: some Collection<UInt8>) {
    (w0, w1, w2, w3) = (0, 0, 0, 0)
    tail = bytes.count > 32 ? Array(bytes.dropFirst(32)) : []
    count = bytes.count
    var index = 0
    for byte in bytes.prefix(32) {
      let shifted = UInt64(byte) << UInt64(56 - 8 * (index % 8))
      switch index / 8 {
      case 0: w0 |= shifted
      case 1: w1 |= shifted
      case 2: w2 |= shifted
      default: w3 |= shifted
      }
      index += 1
    }
  }

  /// Reads the bytes of a range. The caller has checked that they are there.
  public init(reading bytes: RawSpan, in range: Range<Int>) {
    func word(_ index: Int) -> UInt64 {
      UInt64(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: range.lowerBound + index * 8, as: UInt64.self))
    }
    if range.count == 32 {
      self.init(words: word(0), word(1), word(2), word(3))
    } else {
      self.init(range.map { bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) })
    }
  }

  /// The first 32 bytes as four words, each in big-endian order, zeros after the last byte.
  public var words: (UInt64, UInt64, UInt64, UInt64) { (w0, w1, w2, w3) }

  /// The byte at an index below `count`.
  public subscript(index: Int) -> UInt8 {
    guard index < 32 else { return tail[index - 32] }
    let word =
      switch index / 8 {
      case 0: w0
      case 1: w1
      case 2: w2
      default: w3
      }
    return UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * (index % 8)))
  }

  /// The bytes as the issuer gave them.
  public var bytes: [UInt8] { (0..<count).map { self[$0] } }

  /// Whether a node may hand it back: 1 to 64 bytes.
  public var isUsable: Bool { (1...Self.maximumByteCount).contains(count) }
}
