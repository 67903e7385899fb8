import MessagePack
import Testing

@Suite struct ReaderTests {
  private func read<T>(
    _ bytes: [UInt8], _ body: (inout MessagePackReader) throws(MessagePackError) -> T
  ) throws(MessagePackError) -> T {
    var reader = MessagePackReader(bytes.span.bytes)
    return try body(&reader)
  }

  @Test(
    "W§1.1: integers in any form",
    arguments: [
      ([0x00], 0), ([0x7f], 127), ([0xcc, 0x05], 5), ([0xcc, 0xff], 255), ([0xcd, 0, 5], 5),
      ([0xcd, 0xff, 0xff], 65535),
      ([0xce, 0, 0, 0, 5], 5), ([0xce, 0xff, 0xff, 0xff, 0xff], 4_294_967_295),
      ([0xcf, 0, 0, 0, 0, 0, 0, 0, 5], 5), ([0xcf] + [UInt8](repeating: 0xff, count: 8), .max),
      ([0xd0, 5], 5), ([0xd1, 0, 5], 5), ([0xd2, 0, 0, 0, 5], 5), ([0xd3, 0, 0, 0, 0, 0, 0, 0, 5], 5),
    ] as [([UInt8], UInt64)])
  func unsigned(_ bytes: [UInt8], _ number: UInt64) throws {
    let value = try read(bytes) { reader throws(MessagePackError) in try reader.readUInt64() }
    #expect(value == number)
    for count in 0..<bytes.count {
      #expect(throws: MessagePackError.truncated(offset: 0)) {
        try read(Array(bytes[..<count])) { reader throws(MessagePackError) in try reader.readUInt64() }
      }
    }
  }

  @Test(
    "W§1.1: negative integers are refused where none may be",
    arguments: [
      ([0xff], -1), ([0xe0], -32), ([0xd0, 0x80], -128), ([0xd1, 0x80, 0], -32768),
      ([0xd2, 0x80, 0, 0, 0], -2_147_483_648),
      ([0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], .min),
    ] as [([UInt8], Int64)])
  func signed(_ bytes: [UInt8], _ number: Int64) throws {
    let value = try read(bytes) { reader throws(MessagePackError) in try reader.readInt64() }
    #expect(value == number)
    #expect(throws: MessagePackError.outOfRange(offset: 0)) {
      try read(bytes) { reader throws(MessagePackError) in try reader.readUInt64() }
    }
  }

  @Test(
    "W§1.1: floats, nil and bool are no integers",
    arguments: [[0xca, 0, 0, 0, 0], [0xc0], [0xc2], [0xc3]] as [[UInt8]])
  func otherTypes(_ bytes: [UInt8]) {
    #expect(throws: MessagePackError.unexpectedType(offset: 0)) {
      try read(bytes) { reader throws(MessagePackError) in try reader.readUInt64() }
    }
    #expect(throws: MessagePackError.unexpectedType(offset: 0)) {
      try read(bytes) { reader throws(MessagePackError) in try reader.readInt64() }
    }
  }

  @Test("A number that does not fit the type is refused, and the reader stays")
  func narrowing() throws {
    let bytes: [UInt8] = [0xcd, 1, 0, 0x07]
    var reader = MessagePackReader(bytes.span.bytes)
    do {
      _ = try reader.readInteger(UInt8.self)
      Issue.record("256 is no UInt8")
    } catch {
      #expect(error == .outOfRange(offset: 0))
    }
    #expect(reader.offset == 0)
    let number = try reader.readInteger(Int16.self)
    #expect(number == 256)
    #expect(reader.remaining == 1)
  }

  @Test(
    "Strings, binaries and extensions come as ranges",
    arguments: [
      ([0xa3], 3), ([0xd9, 3], 3), ([0xda, 0, 3], 3), ([0xdb, 0, 0, 0, 3], 3), ([0xc4, 3], 3), ([0xc5, 0, 3], 3),
      ([0xc6, 0, 0, 0, 3], 3), ([0xa0], 0), ([0xc4, 0], 0),
    ] as [([UInt8], Int)])
  func ranges(_ header: [UInt8], _ count: Int) throws {
    let bytes = header + [1, 2, 3]
    let range = try read(bytes) { reader throws(MessagePackError) in try reader.readStringOrBinary() }
    #expect(range == header.count..<header.count + count)
    if count > 0 {
      #expect(throws: MessagePackError.truncated(offset: 0)) {
        try read(Array(bytes.dropLast())) { reader throws(MessagePackError) in try reader.readStringOrBinary() }
      }
    }
  }

  @Test(
    "W§13: a count larger than the bytes left is refused",
    arguments: [
      [0x92, 0], [0xdc, 0, 2, 0], [0xdd, 0xff, 0xff, 0xff, 0xff, 0], [0x91], [0xdd, 0, 0],
      [0x82, 0, 0, 0], [0xde, 0, 2, 0, 0, 0], [0xdf, 0xff, 0xff, 0xff, 0xff, 0], [0x81, 0],
    ] as [[UInt8]])
  func counts(_ bytes: [UInt8]) {
    #expect(throws: MessagePackError.truncated(offset: 0)) {
      try read(bytes) { reader throws(MessagePackError) in
        try reader.peekKind() == .map ? try reader.readMapHeader() : try reader.readArrayHeader()
      }
    }
    #expect(throws: MessagePackError.self) {
      try read(bytes) { reader throws(MessagePackError) in try reader.skip() }
    }
  }

  @Test("W§13: nesting is followed to its limit and no further")
  func nesting() throws {
    for (levels, fits) in [(16, true), (17, false), (100_000, false)] {
      let bytes = [UInt8](repeating: 0x91, count: levels) + [0xc0]
      var reader = MessagePackReader(bytes.span.bytes)
      let isRead = (try? reader.skip()) != nil
      #expect(isRead == fits, "\(levels) levels")
    }
  }

  @Test("Short keys compare as words")
  func keys() throws {
    let bytes: [UInt8] =
      [0xa1, 0x61, 0xa6] + Array("target".utf8) + [0xa7] + Array("refresh".utf8)
      + [0xa8] + Array("refreshe".utf8) + [0xa0, 0xd9, 0x02, 0x69, 0x64, 5, 0xc4, 1, 0x61, 0xa2, 0x69, 0x64]
    var reader = MessagePackReader(bytes.span.bytes)
    var keys: [MessagePackKey] = []
    while !reader.isAtEnd { keys.append(try reader.readKey()) }
    #expect(
      keys == [
        MessagePackKey("a"), MessagePackKey("target"), MessagePackKey("refresh"), .other, MessagePackKey(""),
        MessagePackKey("id"), .other, .other, MessagePackKey("id"),
      ])
    #expect(MessagePackKey("target").description == "target")
    #expect(MessagePackKey("a") != MessagePackKey("a\0"))
  }

  @Test(
    "W§10.2: timestamps of all three lengths",
    arguments: [
      (0, 0), (1, 0), (4_294_967_295, 0), (4_294_967_296, 0), (5, 999_999_999), (17_179_869_183, 1),
      (17_179_869_184, 0),
      (9_223_372_036, 854_775_807), (-1, 5), (.min, 0), (.max, 999_999_999),
    ] as [(Int64, UInt32)])
  func timestamps(_ seconds: Int64, _ nanoseconds: UInt32) throws {
    let bytes = MessagePackWriter.bytes { $0.writeTimestamp(seconds: seconds, nanoseconds: nanoseconds) }
    #expect([6, 10, 15].contains(bytes.count))
    let time = try read(bytes) { reader throws(MessagePackError) in try reader.readTimestamp() }
    #expect(time.seconds == seconds)
    #expect(time.nanoseconds == nanoseconds)
  }

  @Test("A timestamp of a billion nanoseconds, or another extension, is refused")
  func badTimestamps() {
    for bytes: [UInt8] in [
      [0xd7, 0xff, 0xff, 0xff, 0xff, 0xfc, 0, 0, 0, 0], [0xd6, 1, 0, 0, 0, 0], [0xd5, 0xff, 0, 0],
    ] {
      #expect(throws: MessagePackError.self) {
        _ = try read(bytes) { reader throws(MessagePackError) in _ = try reader.readTimestamp() }
      }
    }
  }

  @Test("Random bytes never trap")
  func randomBytes() {
    var random = SplitMix(state: 7)
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0..<40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      var reader = MessagePackReader(bytes.span.bytes)
      while (try? reader.skip()) != nil, !reader.isAtEnd {}
      #expect(reader.offset <= bytes.count)
      var keys = MessagePackReader(bytes.span.bytes)
      _ = try? keys.readKey()
      _ = try? keys.readTimestamp()
      _ = try? keys.readInteger(Int8.self)
    }
  }
}

/// Seeded, so that a failure comes again.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
