import DHTModel
import MessagePack

// Forms that wire.md accepts for a field (§1.1, §3.1), which are wider than what is sent.
extension MessagePackReader {
  /// A reader of the same bytes at another place.
  @_lifetime(copy self)
  func bookmark(at offset: Int) -> MessagePackReader {
    MessagePackReader(bytes, at: offset, nestingLimit: nestingLimit)
  }

  /// A copy of a range of the bytes.
  func copy(_ range: Range<Int>) -> [UInt8] {
    guard !range.isEmpty else { return [] }
    return bytes.extracting(range).withUnsafeBytes { Array($0) }
  }

  /// A hash: a binary of exactly 20 bytes.
  @_lifetime(self: copy self)
  mutating func readHash() throws(MessagePackError) -> InfoHash {
    let start = offset
    let range = try readBinary()
    guard range.count == InfoHash.byteCount else { throw .outOfRange(offset: start) }
    return InfoHash(reading: bytes, at: range.lowerBound)
  }

  /// A transaction or socket id: an integer of 32 bits, or, from old nodes, four bytes in network order.
  @_lifetime(self: copy self)
  mutating func readTransaction() throws(MessagePackError) -> UInt32 {
    let start = offset
    switch try peekKind() {
    case .binary, .string:
      let range = try readStringOrBinary()
      guard range.count == 4 else { throw .outOfRange(offset: start) }
      return UInt32(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: range.lowerBound, as: UInt32.self))
    default: return try readInteger(UInt32.self)
    }
  }

  /// Bytes as binary, string, or array of numbers below 256.
  @_lifetime(self: copy self)
  mutating func readBlob() throws(MessagePackError) -> [UInt8] {
    try peekKind() == .array ? try readByteArray() : copy(try readStringOrBinary())
  }

  /// A token in any of the forms of a blob. Of one that is too long to be used, only so much is kept as shows it.
  @_lifetime(self: copy self)
  mutating func readToken() throws(MessagePackError) -> Token {
    let longest = Token.maximumByteCount + 1
    guard try peekKind() != .array else { return Token(try readByteArray().prefix(longest)) }
    let range = try readStringOrBinary()
    return Token(reading: bytes, in: range.lowerBound..<min(range.upperBound, range.lowerBound + longest))
  }

  @_lifetime(self: copy self)
  private mutating func readByteArray() throws(MessagePackError) -> [UInt8] {
    let count = try readArrayHeader()
    var blob: [UInt8] = []
    blob.reserveCapacity(count)
    for _ in 0..<count { blob.append(try readInteger(UInt8.self)) }
    return blob
  }

  /// Value ids as an array of integers.
  @_lifetime(self: copy self)
  mutating func readValueIDs() throws(MessagePackError) -> [Value.ID] {
    let count = try readArrayHeader()
    var ids: [Value.ID] = []
    ids.reserveCapacity(count)
    for _ in 0..<count { ids.append(try readUInt64()) }
    return ids
  }

  /// An IP address as a binary of 4 or 16 bytes; nil for another length. (§13)
  @_lifetime(self: copy self)
  mutating func readObservedAddress() throws(MessagePackError) -> IPAddress? {
    IPAddress(reading: bytes, in: try readBinary())
  }

  /// An integer that is not negative, in any encoding (wire.md §1.1: `d0 05` is 5); anything else is skipped.
  @_lifetime(self: copy self)
  mutating func readUnsignedOrSkip() throws(MessagePackError) -> UInt64? {
    switch try peekKind() {
    case .unsigned: return try readUInt64()
    case .signed: return UInt64(exactly: try readInt64())
    default:
      try skip()
      return nil
    }
  }

  /// Wanted address families. Elements of other types and unknown numbers are skipped. (§4.2)
  @_lifetime(self: copy self)
  mutating func readWant() throws(MessagePackError) -> Want {
    var ipv4 = false
    var ipv6 = false
    for _ in 0..<(try readArrayHeader()) {
      switch try readUnsignedOrSkip() {
      case 2: ipv4 = true
      case 10, 23, 28, 30: ipv6 = true  // Linux, Windows, FreeBSD, macOS
      default: break
      }
    }
    return .families(ipv4: ipv4, ipv6: ipv6)
  }
}

extension IPAddress {
  /// Reads 4 or 16 bytes in network order; nil for another count.
  init?(reading bytes: RawSpan, in range: Range<Int>) {
    let start = range.lowerBound
    func word(_ offset: Int) -> UInt64 {
      UInt64(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start + offset, as: UInt64.self))
    }
    switch range.count {
    case 4: self.init(ipv4: UInt32(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt32.self)))
    case 16: self.init(ipv6High: word(0), low: word(8))
    default: return nil
    }
  }
}
