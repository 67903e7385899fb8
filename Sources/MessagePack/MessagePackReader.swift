/// Reads MessagePack from bytes, object by object, into whatever the caller makes of it.
///
/// No tree is built and nothing is copied: strings, binaries and extensions come back as ranges of the bytes.
/// A method that throws leaves the reader where it was. A copy of the reader is a bookmark.
///
/// ```swift
/// var reader = MessagePackReader(bytes.span.bytes)
/// for _ in 0..<(try reader.readMapHeader()) {
///   switch try reader.readKey() {
///   case MessagePackKey("id"): id = try reader.readUInt64()
///   default: try reader.skip()
///   }
/// }
/// ```
public struct MessagePackReader: ~Escapable {
  /// The bytes that are read.
  public let bytes: RawSpan
  /// Where the next object begins, in bytes from the start.
  public private(set) var offset: Int
  /// How deep `skip` follows nested objects.
  public let nestingLimit: Int

  /// A reader of these bytes, beginning at an offset within them.
  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan, at offset: Int = 0, nestingLimit: Int = 16) {
    precondition((0...bytes.byteCount).contains(offset), "the offset lies within the bytes")
    self.bytes = bytes
    self.offset = offset
    self.nestingLimit = nestingLimit
  }

  /// Bytes that are left.
  public var remaining: Int { bytes.byteCount - offset }
  /// Whether nothing is left.
  public var isAtEnd: Bool { remaining == 0 }

  /// The kind of the next object, which stays unread.
  public func peekKind() throws(MessagePackError) -> MessagePackKind {
    MessagePackKind(tag: try tag())
  }
}

// MARK: Scalars

extension MessagePackReader {
  /// Reads nil.
  @_lifetime(self: copy self)
  public mutating func readNil() throws(MessagePackError) {
    guard try tag() == 0xc0 else { throw .unexpectedType(offset: offset) }
    offset += 1
  }

  /// Reads a Boolean.
  @_lifetime(self: copy self)
  public mutating func readBool() throws(MessagePackError) -> Bool {
    let tag = try tag()
    guard tag == 0xc2 || tag == 0xc3 else { throw .unexpectedType(offset: offset) }
    offset += 1
    return tag == 0xc3
  }

  /// Reads an integer of any form that is not negative.
  @_lifetime(self: copy self)
  public mutating func readUInt64() throws(MessagePackError) -> UInt64 {
    let tag = try tag()
    switch tag {
    case 0x00...0x7f:
      offset += 1
      return UInt64(tag)
    case 0xcc: return UInt64(try take(UInt8.self))
    case 0xcd: return UInt64(try take(UInt16.self))
    case 0xce: return UInt64(try take(UInt32.self))
    case 0xcf: return try take(UInt64.self)
    case 0xd0...0xd3, 0xe0...0xff:
      let start = offset
      guard let number = UInt64(exactly: try takeSigned(tag)) else {
        offset = start
        throw .outOfRange(offset: start)
      }
      return number
    default: throw .unexpectedType(offset: offset)
    }
  }

  /// Reads an integer of any form that fits 64 bits with a sign.
  @_lifetime(self: copy self)
  public mutating func readInt64() throws(MessagePackError) -> Int64 {
    let tag = try tag()
    if MessagePackKind(tag: tag) == .signed { return try takeSigned(tag) }
    let start = offset
    guard let number = Int64(exactly: try readUInt64()) else {
      offset = start
      throw .outOfRange(offset: start)
    }
    return number
  }

  /// Reads an integer of any form that fits the type asked for.
  @_lifetime(self: copy self)
  @inlinable public mutating func readInteger<T: FixedWidthInteger>(_: T.Type) throws(MessagePackError) -> T {
    var ahead = self
    let number: T? = T.isSigned ? T(exactly: try ahead.readInt64()) : T(exactly: try ahead.readUInt64())
    guard let number else { throw .outOfRange(offset: offset) }
    self = ahead
    return number
  }

  /// Reads a floating-point number of either width. Integers are another type.
  @_lifetime(self: copy self)
  public mutating func readDouble() throws(MessagePackError) -> Double {
    switch try tag() {
    case 0xca: Double(Float(bitPattern: try take(UInt32.self)))
    case 0xcb: Double(bitPattern: try take(UInt64.self))
    default: throw .unexpectedType(offset: offset)
    }
  }

  @inline(__always)
  private func tag() throws(MessagePackError) -> UInt8 {
    guard offset < bytes.byteCount else { throw .truncated(offset: offset) }
    return bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }

  // The number after a one-byte tag, in network order.
  @_lifetime(self: copy self)
  private mutating func take<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) throws(MessagePackError) -> T {
    guard remaining > MemoryLayout<T>.size else { throw .truncated(offset: offset) }
    let number = T(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset + 1, as: T.self))
    offset += 1 + MemoryLayout<T>.size
    return number
  }

  @_lifetime(self: copy self)
  private mutating func takeSigned(_ tag: UInt8) throws(MessagePackError) -> Int64 {
    switch tag {
    case 0xd0: return Int64(try take(Int8.self))
    case 0xd1: return Int64(try take(Int16.self))
    case 0xd2: return Int64(try take(Int32.self))
    case 0xd3: return try take(Int64.self)
    default:
      offset += 1
      return Int64(Int8(bitPattern: tag))
    }
  }
}

// MARK: Byte ranges

extension MessagePackReader {
  /// Reads a string; the range of its bytes, which need not be UTF-8.
  @_lifetime(self: copy self)
  public mutating func readString() throws(MessagePackError) -> Range<Int> {
    let tag = try tag()
    switch tag {
    case 0xa0...0xbf: return try takeRange(headerByteCount: 1, count: Int(tag & 0x1f))
    case 0xd9...0xdb: return try takeRange(lengthByteCount: 1 << Int(tag - 0xd9))
    default: throw .unexpectedType(offset: offset)
    }
  }

  /// Reads a binary; the range of its bytes.
  @_lifetime(self: copy self)
  public mutating func readBinary() throws(MessagePackError) -> Range<Int> {
    let tag = try tag()
    guard (0xc4...0xc6).contains(tag) else { throw .unexpectedType(offset: offset) }
    return try takeRange(lengthByteCount: 1 << Int(tag - 0xc4))
  }

  /// Reads a string or a binary; the range of its bytes.
  @_lifetime(self: copy self)
  public mutating func readStringOrBinary() throws(MessagePackError) -> Range<Int> {
    (0xc4...0xc6).contains(try tag()) ? try readBinary() : try readString()
  }

  /// Reads a map key; `.other` for one that is no string, or longer than seven bytes.
  @_lifetime(self: copy self)
  public mutating func readKey() throws(MessagePackError) -> MessagePackKey {
    let tag = try tag()
    // Keys worth knowing are short: one load takes header and key when eight bytes are there.
    if (0xa0...0xa7).contains(tag), remaining >= 8 {
      let count = UInt64(tag & 0x1f)
      let word = UInt64(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset += 1 + Int(count)
      return MessagePackKey(word: count << 56 | word & 0x00ff_ffff_ffff_ffff & ~0 << (56 - 8 * count))
    }
    guard MessagePackKind(tag: tag) == .string else {
      try skip()
      return .other
    }
    return MessagePackKey(reading: bytes, in: try readString())
  }

  /// Reads a short name written as string or binary; `.other` for one longer than seven bytes.
  @_lifetime(self: copy self)
  public mutating func readName() throws(MessagePackError) -> MessagePackKey {
    MessagePackKey(reading: bytes, in: try readStringOrBinary())
  }

  /// Reads an extension: its type and the range of its bytes.
  @_lifetime(self: copy self)
  public mutating func readExtension() throws(MessagePackError) -> (type: Int8, body: Range<Int>) {
    let tag = try tag()
    let header: Int
    let count: Int
    switch tag {
    case 0xd4...0xd8: (header, count) = (2, 1 << Int(tag - 0xd4))
    case 0xc7...0xc9:
      let width = 1 << Int(tag - 0xc7)
      (header, count) = (2 + width, try length(byteCount: width))
    default: throw .unexpectedType(offset: offset)
    }
    guard remaining >= header, count <= remaining - header else { throw .truncated(offset: offset) }
    let type = bytes.unsafeLoad(fromByteOffset: offset + header - 1, as: Int8.self)
    return (type, try takeRange(headerByteCount: header, count: count))
  }

  /// Reads a timestamp, extension −1, as seconds since 1970 and nanoseconds below 10⁹.
  @_lifetime(self: copy self)
  public mutating func readTimestamp() throws(MessagePackError) -> (seconds: Int64, nanoseconds: UInt32) {
    let start = offset
    var ahead = self
    let (type, body) = try ahead.readExtension()
    guard type == -1 else { throw .unexpectedType(offset: start) }
    let time: (seconds: Int64, nanoseconds: UInt32)
    switch body.count {
    case 4: time = (Int64(number(at: body.lowerBound, as: UInt32.self)), 0)
    case 8:
      let both = number(at: body.lowerBound, as: UInt64.self)
      time = (Int64(both & 0x3_ffff_ffff), UInt32(both >> 34))
    case 12: time = (number(at: body.lowerBound + 4, as: Int64.self), number(at: body.lowerBound, as: UInt32.self))
    default: throw .unexpectedType(offset: start)
    }
    guard time.nanoseconds < 1_000_000_000 else { throw .outOfRange(offset: start) }
    self = ahead
    return time
  }

  @inline(__always)
  private func number<T: FixedWidthInteger & BitwiseCopyable>(at position: Int, as: T.Type) -> T {
    T(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: position, as: T.self))
  }

  // The length in the `byteCount` bytes after the tag. It is at most 2³² − 1, so it fits.
  @inline(__always)
  private func length(byteCount: Int) throws(MessagePackError) -> Int {
    guard remaining > byteCount else { throw .truncated(offset: offset) }
    return switch byteCount {
    case 1: Int(number(at: offset + 1, as: UInt8.self))
    case 2: Int(number(at: offset + 1, as: UInt16.self))
    default: Int(number(at: offset + 1, as: UInt32.self))
    }
  }

  @_lifetime(self: copy self)
  private mutating func takeRange(lengthByteCount: Int) throws(MessagePackError) -> Range<Int> {
    try takeRange(headerByteCount: 1 + lengthByteCount, count: try length(byteCount: lengthByteCount))
  }

  @inline(__always)
  @_lifetime(self: copy self)
  private mutating func takeRange(headerByteCount: Int, count: Int) throws(MessagePackError) -> Range<Int> {
    let room = remaining - headerByteCount
    guard room >= 0, count <= room else { throw .truncated(offset: offset) }
    let start = offset + headerByteCount
    offset = start + count
    return start..<offset
  }
}

// MARK: Containers

extension MessagePackReader {
  /// Reads the header of an array; the count of its elements, never more than bytes are left.
  @_lifetime(self: copy self)
  public mutating func readArrayHeader() throws(MessagePackError) -> Int {
    let tag = try tag()
    return switch tag {
    case 0x90...0x9f: try takeCount(headerByteCount: 1, count: Int(tag & 0x0f), bytesEach: 1)
    case 0xdc: try takeCount(headerByteCount: 3, count: try length(byteCount: 2), bytesEach: 1)
    case 0xdd: try takeCount(headerByteCount: 5, count: try length(byteCount: 4), bytesEach: 1)
    default: throw .unexpectedType(offset: offset)
    }
  }

  /// Reads the header of a map; the count of its pairs, each of which takes at least two of the bytes left.
  @_lifetime(self: copy self)
  public mutating func readMapHeader() throws(MessagePackError) -> Int {
    let tag = try tag()
    return switch tag {
    case 0x80...0x8f: try takeCount(headerByteCount: 1, count: Int(tag & 0x0f), bytesEach: 2)
    case 0xde: try takeCount(headerByteCount: 3, count: try length(byteCount: 2), bytesEach: 2)
    case 0xdf: try takeCount(headerByteCount: 5, count: try length(byteCount: 4), bytesEach: 2)
    default: throw .unexpectedType(offset: offset)
    }
  }

  /// Skips one object of any kind, with all that it holds. Nesting beyond `nestingLimit` is refused.
  @_lifetime(self: copy self)
  public mutating func skip() throws(MessagePackError) {
    var ahead = self
    try ahead.skip(depth: nestingLimit)
    self = ahead
  }

  @_lifetime(self: copy self)
  private mutating func skip(depth: Int) throws(MessagePackError) {
    let tag = try tag()
    switch MessagePackKind(tag: tag) {
    case .null, .bool: offset += 1
    case .unsigned: _ = try readUInt64()
    case .signed: _ = try takeSigned(tag)
    case .float: _ = try readDouble()
    case .string: _ = try readString()
    case .binary: _ = try readBinary()
    case .extension: _ = try readExtension()
    case .array:
      guard depth > 0 else { throw .tooDeep(offset: offset) }
      for _ in 0..<(try readArrayHeader()) { try skip(depth: depth - 1) }
    case .map:
      guard depth > 0 else { throw .tooDeep(offset: offset) }
      for _ in 0..<(2 * (try readMapHeader())) { try skip(depth: depth - 1) }
    case .invalid: throw .unexpectedType(offset: offset)
    }
  }

  @inline(__always)
  @_lifetime(self: copy self)
  private mutating func takeCount(
    headerByteCount: Int, count: Int, bytesEach: Int
  ) throws(MessagePackError) -> Int {
    guard remaining >= headerByteCount, count <= (remaining - headerByteCount) / bytesEach else {
      throw .truncated(offset: offset)
    }
    offset += headerByteCount
    return count
  }
}
