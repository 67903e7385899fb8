import MessagePack
import Testing

@Suite struct CodableTests {
  struct Everything: Codable, Equatable {
    var bool = true
    var int8 = Int8.min, int16 = Int16.min, int32 = Int32.min, int64 = Int64.min, int = Int.max
    var uint8 = UInt8.max, uint16 = UInt16.max, uint32 = UInt32.max, uint64 = UInt64.max, uint = UInt.max
    var float: Float = 1.5
    var double = -0.1
    var text = "grüße"
    var bytes: [UInt8] = [0, 255]
    var noBytes: [UInt8] = []
    var numbers = [1, -2, 300]
    var nested: [[String]] = [["a"], []]
    var optional: Int?
    var optionals: [Int?] = [1, nil]
    var children: [Child] = [Child(name: "x", data: [1]), Child(name: "", data: [])]
    var map: [String: Int] = ["b": 2, "a": 1, "c": 3]
    var numbered: [Int: String] = [5: "five", -1: "minus"]
    var kind = Kind.second
    var choice = Choice.value(7)
  }
  struct Child: Codable, Equatable { var name: String, data: [UInt8] }
  enum Kind: String, Codable { case first, second }
  enum Choice: Codable, Equatable { case none, value(Int) }
  class Base: Codable { var a = 1 }
  indirect enum Chain: Codable { case end, link(Chain) }

  @Test("A Float is read from what it holds exactly, and from nothing else")
  func floats() throws {
    func read(_ number: Double) throws -> Float {
      try MessagePackDecoder().decode([Float].self, from: MessagePackEncoder().encode([number]))[0]
    }
    #expect(try read(0.5) == 0.5 && read(-.infinity) == -.infinity && read(.nan).isNaN)
    #expect(throws: DecodingError.self) { try read(16_777_217) }
    #expect(throws: DecodingError.self) { try read(0.1) }
    #expect(throws: DecodingError.self) { try read(1e300) }
  }

  @Test("All that Codable can say comes back")
  func roundTrip() throws {
    let value = Everything()
    let bytes = try MessagePackEncoder().encode(value)
    #expect(try MessagePackDecoder().decode(Everything.self, from: bytes) == value)
    #expect(try MessagePackEncoder().encode(value) == bytes)
  }

  @Test("W§11.2: structures are maps in order, bytes are binaries, dictionaries ordered by key")
  func form() throws {
    struct Message: Codable { var id: UInt64, msg: String, payload: [UInt8], meta: [String: Int], gone: Int? }
    let bytes = try MessagePackEncoder().encode(
      Message(id: 7, msg: "hi", payload: [9, 8], meta: ["k": 1, "a": 2], gone: nil))
    let expected: [UInt8] =
      [0x84, 0xa2, 0x69, 0x64, 7, 0xa3, 0x6d, 0x73, 0x67, 0xa2, 0x68, 0x69, 0xa7]
      + Array("payload".utf8) + [0xc4, 2, 9, 8, 0xa4] + Array("meta".utf8) + [0x82, 0xa1, 0x61, 2, 0xa1, 0x6b, 1]
    #expect(bytes == expected)
  }

  @Test("Top-level scalars, arrays and empties")
  func topLevel() throws {
    #expect(try MessagePackEncoder().encode(5) == [5])
    #expect(try MessagePackEncoder().encode([UInt8]([1])) == [0xc4, 1, 1])
    #expect(try MessagePackEncoder().encode([Int]()) == [0x90])
    #expect(try MessagePackEncoder().encode([String: Int]()) == [0x80])
    #expect(try MessagePackEncoder().encode(Int?.none) == [0xc0])
    #expect(try MessagePackDecoder().decode(Int?.self, from: [0xc0]) == nil)
    #expect(try MessagePackDecoder().decode([UInt8].self, from: [0x92, 1, 2]) == [1, 2])
    #expect(try MessagePackDecoder().decode([UInt8].self, from: [0xa1, 0x61]) == [0x61])
    #expect(try MessagePackDecoder().decode(Double.self, from: [5]) == 5)
  }

  @Test("Maps by others: any order, unknown and equal keys")
  func tolerance() throws {
    let bytes: [UInt8] =
      [0x84, 0xa4] + Array("data".utf8) + [0xc4, 1, 1, 0xa1, 0x78, 0x91, 0xc0, 0xa4]
      + Array("name".utf8) + [0xa1, 0x6e, 0xa4] + Array("name".utf8) + [0xa1, 0x6d, 0xff]
    #expect(try MessagePackDecoder().decode(Child.self, from: bytes) == Child(name: "n", data: [1]))
  }

  @Test(
    "What does not fit is an error, not a trap",
    arguments: [
      [], [0xc1], [0xcd, 1, 0], [0xff], [0xc0], [0xa1, 0x61], [0xdf, 0xff, 0xff, 0xff, 0xff], [0xca, 0, 0, 0, 0],
    ] as [[UInt8]])
  func errors(_ bytes: [UInt8]) {
    #expect(throws: DecodingError.self) { try MessagePackDecoder().decode(UInt8.self, from: bytes) }
    #expect(throws: DecodingError.self) { try MessagePackDecoder().decode(Child.self, from: bytes) }
    #expect(throws: DecodingError.self) { try MessagePackDecoder().decode([Child].self, from: bytes) }
  }

  @Test("A string that is not UTF-8 is an error")
  func invalidText() {
    #expect(throws: DecodingError.self) { try MessagePackDecoder().decode(String.self, from: [0xa1, 0xff]) }
  }

  @Test("Endless nesting ends")
  func nesting() {
    var bytes: [UInt8] = []
    for _ in 0..<100_000 { bytes += [0x81, 0xa4, 0x6c, 0x69, 0x6e, 0x6b, 0x81, 0xa2, 0x5f, 0x30] }
    #expect(throws: DecodingError.self) { try MessagePackDecoder().decode(Chain.self, from: bytes) }
  }

  @Test("Prefixes and mutations of a value never trap")
  func mutations() throws {
    let bytes = try MessagePackEncoder().encode(Everything())
    for count in 0..<bytes.count {
      #expect(throws: (any Error).self) {
        try MessagePackDecoder().decode(Everything.self, from: Array(bytes[..<count]))
      }
    }
    var random = SplitMix(state: 11)
    for _ in 0..<5_000 {
      var changed = bytes
      for _ in 0..<3 {
        let place = Int.random(in: changed.indices, using: &random)
        changed[place] = UInt8.random(in: 0...255, using: &random)
      }
      _ = try? MessagePackDecoder().decode(Everything.self, from: changed)
    }
  }
}
