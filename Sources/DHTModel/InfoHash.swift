/// A point of the 160-bit space: a key, or a node.
///
/// Distance is XOR, compared as a big-endian number. The zero hash means "invalid".
public struct InfoHash: Hashable, Sendable {
  // Big-endian words in host order. Not `[UInt8]`: no heap, and XOR is five instructions.
  // Five 32-bit words keep size and stride at 20 bytes, so arrays of contacts stay dense.
  let a, b, c, d, e: UInt32

  /// Bytes of a hash on the wire.
  public static let byteCount = 20
  /// Bits of a hash.
  public static let bitCount = 160
  /// The invalid hash.
  public static let zero = InfoHash(0, 0, 0, 0, 0)

  /// Makes a hash of five big-endian 32-bit words, the most significant first.
  public init(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, _ e: UInt32) {
    self.a = a
    self.b = b
    self.c = c
    self.d = d
    self.e = e
  }

  /// Reads 20 bytes; nil when there are not exactly 20.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    var words: (UInt32, UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0, 0)
    for (index, byte) in bytes.enumerated() {
      switch index / 4 {
      case 0: words.0 = words.0 << 8 | UInt32(byte)
      case 1: words.1 = words.1 << 8 | UInt32(byte)
      case 2: words.2 = words.2 << 8 | UInt32(byte)
      case 3: words.3 = words.3 << 8 | UInt32(byte)
      default: words.4 = words.4 << 8 | UInt32(byte)
      }
    }
    self.init(words.0, words.1, words.2, words.3, words.4)
  }

  /// Reads 20 bytes at an offset. The caller has checked that they are there.
  public init(reading bytes: RawSpan, at offset: Int) {
    func word(_ index: Int) -> UInt32 {
      UInt32(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset + index * 4, as: UInt32.self))
    }
    precondition(offset >= 0 && bytes.byteCount - offset >= Self.byteCount, "a hash is 20 bytes")
    self.init(word(0), word(1), word(2), word(3), word(4))
  }

  /// Parses 40 hexadecimal digits of either case; nil when there is anything else.
  public init?(hex: some StringProtocol) {
    guard hex.utf8.count == Self.byteCount * 2, let bytes = hexBytes(hex) else { return nil }
    self.init(bytes: bytes)
  }

  /// Draws 160 bits from a generator.
  public static func random(using generator: inout some RandomNumberGenerator) -> InfoHash {
    let x = generator.next(), y = generator.next(), z = generator.next()
    return InfoHash(
      UInt32(truncatingIfNeeded: x >> 32), UInt32(truncatingIfNeeded: x),
      UInt32(truncatingIfNeeded: y >> 32), UInt32(truncatingIfNeeded: y),
      UInt32(truncatingIfNeeded: z))
  }

  /// The five big-endian words, the most significant first.
  public var words: (UInt32, UInt32, UInt32, UInt32, UInt32) { (a, b, c, d, e) }

  /// The 20 bytes, the most significant first.
  public var bytes: [UInt8] {
    [a, b, c, d, e].flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * $0)) } }
  }
}

extension InfoHash {
  private var high: UInt64 { UInt64(a) << 32 | UInt64(b) }
  private var middle: UInt64 { UInt64(c) << 32 | UInt64(d) }

  /// XOR of two points.
  public func distance(to other: InfoHash) -> InfoHash {
    InfoHash(a ^ other.a, b ^ other.b, c ^ other.c, d ^ other.d, e ^ other.e)
  }

  /// Whether this point is nearer to `target` than `other` is.
  public func isCloser(to target: InfoHash, than other: InfoHash) -> Bool {
    if high != other.high { return (high ^ target.high) < (other.high ^ target.high) }
    if middle != other.middle { return (middle ^ target.middle) < (other.middle ^ target.middle) }
    return (e ^ target.e) < (other.e ^ target.e)
  }

  /// Leading bits that both share, 0 … 160.
  public func commonBits(with other: InfoHash) -> Int {
    if high != other.high { return (high ^ other.high).leadingZeroBitCount }
    if middle != other.middle { return 64 + (middle ^ other.middle).leadingZeroBitCount }
    return 128 + (e ^ other.e).leadingZeroBitCount
  }

  /// The bit at an index, 0 being the most significant.
  public func bit(_ index: Int) -> Bool {
    word(index / 32) >> UInt32(31 - index % 32) & 1 == 1
  }

  /// The same point with one bit set or cleared, 0 being the most significant.
  public func settingBit(_ index: Int, to value: Bool) -> InfoHash {
    var w = [a, b, c, d, e]
    let mask = UInt32(1) << UInt32(31 - index % 32)
    w[index / 32] = value ? w[index / 32] | mask : w[index / 32] & ~mask
    return InfoHash(w[0], w[1], w[2], w[3], w[4])
  }

  private func word(_ index: Int) -> UInt32 {
    switch index {
    case 0: a
    case 1: b
    case 2: c
    case 3: d
    default: e
    }
  }

  /// Feeds all 160 bits: remote peers choose ids, and a partial hash would invite collisions.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(high)
    hasher.combine(middle)
    hasher.combine(e)
  }

  public static func == (x: InfoHash, y: InfoHash) -> Bool {
    x.high == y.high && x.middle == y.middle && x.e == y.e
  }
}

extension InfoHash: Comparable {
  public static func < (x: InfoHash, y: InfoHash) -> Bool {
    x.isCloser(to: .zero, than: y)
  }
}

extension InfoHash: CustomStringConvertible {
  /// 40 lower-case hexadecimal digits.
  public var description: String { hexString(bytes) }
}

extension InfoHash: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let hash = InfoHash(hex: text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not 40 hexadecimal digits")
    }
    self = hash
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// The hash that names a node.
public typealias NodeID = InfoHash
