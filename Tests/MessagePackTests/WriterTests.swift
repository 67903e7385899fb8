import MessagePack
import Testing

@Suite struct WriterTests {
  @Test(
    "W-14.1: integers take the shortest form",
    arguments: [
      (0, [0]), (127, [0x7f]), (128, [0xcc, 0x80]), (255, [0xcc, 0xff]), (256, [0xcd, 1, 0]),
      (65535, [0xcd, 0xff, 0xff]),
      (65536, [0xce, 0, 1, 0, 0]), (4_294_967_295, [0xce, 0xff, 0xff, 0xff, 0xff]),
      (4_294_967_296, [0xcf, 0, 0, 0, 1, 0, 0, 0, 0]), (-1, [0xff]), (-32, [0xe0]), (-33, [0xd0, 0xdf]),
      (-128, [0xd0, 0x80]), (-129, [0xd1, 0xff, 0x7f]), (-32768, [0xd1, 0x80, 0]),
      (-32769, [0xd2, 0xff, 0xff, 0x7f, 0xff]),
      (-2_147_483_648, [0xd2, 0x80, 0, 0, 0]),
      (-2_147_483_649, [0xd3, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]),
      (.max, [0xcf, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), (.min, [0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0]),
    ] as [(Int64, [UInt8])])
  func integers(_ number: Int64, _ bytes: [UInt8]) {
    #expect(MessagePackWriter.bytes { $0.writeInt64(number) } == bytes)
    if number >= 0 {
      #expect(MessagePackWriter.bytes { $0.writeUInt64(UInt64(number)) } == bytes)
      #expect(MessagePackSize.uint64(UInt64(number)) == bytes.count)
    }
  }

  @Test("W-14.1: headers take the shortest form", arguments: [0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536])
  func headers(_ count: Int) {
    let blob = [UInt8](repeating: 7, count: count)
    let string = MessagePackWriter.bytes { $0.writeString(blob) }
    let stringHeader = count < 32 ? 1 : count < 256 ? 2 : count < 65536 ? 3 : 5
    #expect(string.count == count + stringHeader)
    #expect(MessagePackSize.string(count) == string.count)
    let binary = MessagePackWriter.bytes { $0.writeBinary(blob) }
    #expect(binary.count == count + (count < 256 ? 2 : count < 65536 ? 3 : 5))
    #expect(MessagePackSize.binary(count) == binary.count)
    let containerHeader = count < 16 ? 1 : count < 65536 ? 3 : 5
    #expect(MessagePackWriter.bytes { $0.writeArrayHeader(count) }.count == containerHeader)
    #expect(MessagePackWriter.bytes { $0.writeMapHeader(count) }.count == containerHeader)
    var reader = MessagePackReader(string.span.bytes)
    #expect((try? reader.readString()) == stringHeader..<string.count)
  }

  @Test("Too little reserved costs a second run, and gives the same bytes", arguments: 0..<40)
  func growth(_ reserved: Int) {
    func write(_ writer: inout MessagePackWriter) {
      let outer = writer.openMap()
      writer.writeKey(MessagePackKey("a"))
      let inner = writer.openMap()
      writer.writeKey(MessagePackKey("refresh"))
      writer.writeBinary([1, 2, 3])
      writer.writeKey(MessagePackKey("n"))
      writer.writeUInt64(70000)
      writer.closeMap(inner)
      writer.writeKey(MessagePackKey("t"))
      writer.writeString("text")
      writer.closeMap(outer)
    }
    var bytes: [UInt8] = [9]
    MessagePackWriter.append(to: &bytes, reserving: reserved, write)
    let expected: [UInt8] =
      [9, 0x82, 0xa1, 0x61, 0x82, 0xa7] + Array("refresh".utf8) + [0xc4, 3, 1, 2, 3]
      + [0xa1, 0x6e, 0xce, 0, 1, 0x11, 0x70, 0xa1, 0x74, 0xa4] + Array("text".utf8)
    #expect(bytes == expected)
  }

  @Test("Nothing written is nothing appended")
  func empty() {
    #expect(MessagePackWriter.bytes { _ in } == [])
    #expect(MessagePackWriter.bytes(reserving: 0) { $0.append([UInt8]()) } == [])
  }
}
