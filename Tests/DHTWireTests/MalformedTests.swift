import DHTModel
import DHTWire
import Testing

/// wire.md §13, row by row, as far as it is for the decoder to say.
@Suite struct MalformedTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    init(_ name: String, _ raw: Raw) {
      testDescription = name
      bytes = raw.packed
    }
    init(_ name: String, bytes: [UInt8]) {
      testDescription = name
      self.bytes = bytes
    }
  }

  private static let id = Raw.bin(Known.sender)
  private static let key = Raw.bin(Known.key)
  private static let value: Raw = ["id": 7, "dat": ["body": ["type": 0, "data": .bin([1])]]]

  private static func ping(_ key: String, _ value: Raw) -> Raw {
    .map([("a", ["id": id]), ("q", "ping"), ("t", 1), ("y", "q"), (.str(Array(key.utf8)), value)])
  }
  private static func request(_ name: String, _ pairs: (Raw, Raw)...) -> Raw {
    ["a": .map([("id", id)] + pairs), "q": .str(Array(name.utf8)), "t": 1, "y": "q"]
  }
  private static func reply(_ pairs: (Raw, Raw)...) -> Raw {
    ["r": .map([("id", id)] + pairs), "t": 1, "y": "r"]
  }
  private static func nested(_ levels: Int) -> Raw {
    .bytes([UInt8](repeating: 0x91, count: levels) + [0])
  }

  static let dropped: [Row] = [
    Row("nothing", bytes: []),
    Row("not MessagePack", bytes: [0xc1]),
    Row("not a map", ["a", 1]),
    Row("empty map", [:]),
    Row("q missing", ["a": ["id": id], "t": 1, "y": "q"]),
    Row("q unknown", ["a": ["id": id], "q": "pong", "t": 1, "y": "q"]),
    Row("q longer than any name", ["a": ["id": id], "q": "pingpingping", "t": 1, "y": "q"]),
    Row("q int", ["a": ["id": id], "q": 1, "t": 1, "y": "q"]),
    Row("y other than q, without e r p u", ["a": ["id": id], "q": "ping", "t": 1, "y": "r"]),
    Row("y int", ["a": ["id": id], "q": "ping", "t": 1, "y": 1]),
    Row("keys as bin", [.bin([0x61]): ["id": id], .bin([0x71]): "ping", .bin([0x79]): "q"]),
    Row("a missing", ["q": "ping", "t": 1, "y": "q"]),
    Row("a not a map", ["a": [1], "q": "ping", "t": 1, "y": "q"]),
    Row("id missing", ["a": ["x": 1], "q": "ping", "t": 1, "y": "q"]),
    Row("id zero", ["a": ["id": .bin(.zero)], "q": "ping", "t": 1, "y": "q"]),
    Row("id str", ["a": ["id": .str(Known.sender.bytes)], "q": "ping", "t": 1, "y": "q"]),
    Row("id of 19 bytes", ["a": ["id": .bin(Array(Known.sender.bytes.dropLast()))], "q": "ping", "t": 1, "y": "q"]),
    Row("t bin of 3", ping("t", .bin([1, 2, 3]))),
    Row("t bin of 0", ping("t", .bin([]))),
    Row("t bin of 5", ping("t", .bin([1, 2, 3, 4, 5]))),
    Row("t array", ping("t", [1])),
    Row("t negative", ping("t", -1)),
    Row("t beyond 32 bits", ping("t", .uint(1 << 32))),
    Row("t float", ping("t", .double(1))),
    Row("t nil", ping("t", .null)),
    Row("t bool", ping("t", .bool(true))),
    Row("v int", ping("v", 1)),
    Row("n not uint", ping("n", "1")),
    Row("n negative", ping("n", -1)),
    Row("s not bool", ping("s", 1)),
    Row("h of 19 bytes", request("get", ("h", .bin([UInt8](repeating: 1, count: 19))))),
    Row("h str", request("get", ("h", .str(Known.key.bytes)))),
    Row("target of 21 bytes", request("find", ("target", .bin([UInt8](repeating: 1, count: 21))))),
    Row("w not an array", request("find", ("w", 2))),
    Row("w wrong even in a ping", request("ping", ("w", 2))),
    Row("query not a map", request("get", ("h", key), ("q", [1]))),
    Row("query without w", request("get", ("h", key), ("q", ["s": [1]]))),
    Row("query without s", request("get", ("h", key), ("q", ["w": []]))),
    Row("filter on seq", request("get", ("h", key), ("q", ["s": [], "w": [["f": 4, "v": 1]]]))),
    Row("filter on an unknown field", request("get", ("h", key), ("q", ["s": [], "w": [["f": 9, "v": 1]]]))),
    Row("filter without v", request("get", ("h", key), ("q", ["s": [], "w": [["f": 1]]]))),
    Row("filter that is no map", request("get", ("h", key), ("q", ["s": [], "w": [1]]))),
    Row("token int", request("put", ("h", key), ("values", [value]), ("token", 5))),
    Row("token array beyond bytes", request("put", ("h", key), ("values", [value]), ("token", [256]))),
    Row("values not an array", request("put", ("h", key), ("values", ["id": 1]))),
    Row("c not int", request("put", ("h", key), ("values", [value]), ("c", "now"))),
    Row("sa str", reply(("sa", "1234"))),
    Row("re not an array", request("update", ("sid", 1), ("re", 1))),
    Row("exp of str", request("update", ("sid", 1), ("exp", ["1"]))),
    Row("n4 int", reply(("n4", 1))),
    Row("n4 not a multiple, in a reply", reply(("n4", .bin([UInt8](repeating: 0, count: 27))))),
    Row("n6 not a multiple, in a reply", reply(("n6", .bin([UInt8](repeating: 0, count: 37))))),
    Row("e not an array", ["e": 203, "r": ["id": id], "t": 1, "y": "e"]),
    Row("e empty", ["e": [], "r": ["id": id], "t": 1, "y": "e"]),
    Row("e code beyond 16 bits", ["e": [70000, "x"], "r": ["id": id], "t": 1, "y": "e"]),
    Row("error without r", ["e": [203, "x"], "t": 1, "y": "e"]),
    Row("error without id", ["e": [203, "x"], "r": [:], "t": 1, "y": "e"]),
    Row("u nil", ["u": .null, "t": 1, "y": "r"]),
    Row("a request with r: {} is a reply without id", ["r": [:], "q": "ping", "t": 1, "y": "q"]),
    Row("y p without a part", ["y": "p", "t": 1]),
    Row("fileds with an empty f", reply(("fileds", ["f": [], "v": [1]]))),
    Row("fileds of unknown columns", reply(("fileds", ["f": [9], "v": [1]]))),
    Row("fileds without f", reply(("fileds", ["v": [1]]))),
    Row("fileds shorter than its header", reply(("fileds", ["f": [1], "v": .bytes([0x93, 1])]))),
    Row("deep nesting", ping("x", nested(30000))),
    Row("deep nesting beyond 16", ping("x", nested(17))),
    Row("array header beyond the packet", ping("x", .bytes([0xdd, 0xff, 0xff, 0xff, 0xff]))),
    Row("map header beyond the packet", ping("x", .bytes([0xdf, 0x7f, 0xff, 0xff, 0xff]))),
    Row("bin header beyond the packet", ping("x", .bytes([0xc6, 0xff, 0xff, 0xff, 0xff]))),
    Row("str header beyond the packet", ping("x", .bytes([0xdb, 0xff, 0xff, 0xff, 0xff]))),
    Row("values header beyond the packet", request("put", ("values", .bytes([0xdd, 0xff, 0xff, 0xff, 0xff])))),
    Row("re header beyond the packet", request("update", ("re", .bytes([0xdd, 0x7f, 0xff, 0xff, 0xff])))),
    Row("token array beyond the packet", request("put", ("token", .bytes([0xdd, 0x7f, 0xff, 0xff, 0xff])))),
  ]

  @Test("W§13: dropped", arguments: dropped)
  func drop(_ row: Row) {
    #expect((try? decode(row.bytes)) == nil)
  }

  static let handled: [Row] = [
    Row("plain", ping("x", 1)),
    Row("bytes after the map", bytes: ping("x", 1).packed + [0xc1, 0xff]),
    Row("y missing", ["a": ["id": id], "q": "ping", "t": 1]),
    Row(
      "q, v and y as bin", ["a": ["id": id], "q": .bin(Array("ping".utf8)), "t": 1, "y": .bin([0x71]), "v": .bin([1])]),
    Row(
      "unknown keys of all kinds",
      [
        "a": ["id": id, "x": [1, ["y": .double(2)]], 5: 6, .null: .bool(true)], "q": "ping", "t": 1, "y": "q",
        "x": ["deep": [[[1]]]], .bin([1]): .bytes([0xd4, 1, 2]), .array([1]): [:],
      ]),
    Row("nesting of 16", ping("x", nested(16))),
    Row("network 0 written out", ping("n", 0)),
    Row("not a client written out", ping("s", .bool(false))),
    Row("wide integer", ping("t", .bytes([0xcf, 0, 0, 0, 0, 0, 0, 0, 1]))),
    Row("signed form of a positive integer", ping("t", .bytes([0xd3, 0, 0, 0, 0, 0, 0, 0, 1]))),
    Row("t as 4 bytes", ping("t", .bin([0, 0, 0, 1]))),
    Row("t as str of 4", ping("t", .str([0, 0, 0, 1]))),
    Row(
      "duplicate: the last wins",
      .map([
        ("a", ["id": .bin(.zero)]), ("a", ["id": id]), ("q", "pong"), ("q", "ping"),
        ("t", 9), ("t", 1), ("y", "q"),
      ])),
    Row("n4 not a multiple, in a request", request("ping", ("n4", .bin([1, 2, 3])))),
  ]

  @Test("W§13: handled as an ordinary ping", arguments: handled)
  func handle(_ row: Row) throws {
    let message = try decode(row.bytes)
    #expect(message.body == .request(sender: Known.sender, .ping))
    #expect(message.transaction == 1)
    #expect(message.network == 0)
    #expect(!message.isClient)
  }

  @Test("W§13: t missing counts as 0")
  func transactionMissing() throws {
    #expect(try decode(["a": ["id": Self.id], "q": "ping", "y": "q"]).transaction == 0)
  }

  @Test("W§1.3: e before r before p before u before y")
  func kinds() throws {
    let both: Raw = ["e": [203], "r": ["id": Self.id], "p": [:], "u": ["id": Self.id], "t": 1]
    #expect(try decode(both).failure?.code == 203)
    #expect(
      try decode(["r": ["id": Self.id], "p": [:], "u": ["id": Self.id], "t": 1, "y": "q", "q": "ping"]).reply != nil)
    #expect(try decode(["p": [:], "u": ["id": Self.id], "t": 1]).part?.pieces.isEmpty == true)
    #expect(try decode(["u": ["id": Self.id], "t": 1]).body == .legacyPush(sender: Known.sender, LegacyPush()))
    // Of the maps, `a` counts before `r`.
    let message = try decode(["r": ["id": .bin(Known.key)], "a": ["id": Self.id], "t": 1])
    #expect(message.body == .reply(sender: Known.sender, Reply()))
    let reversed = try decode(["a": ["id": Self.id], "r": ["id": .bin(Known.key)], "t": 1])
    #expect(reversed == message)
  }

  @Test("W§13: h missing is for the node to answer")
  func keyMissing() throws {
    #expect(try decode(Self.request("get")).get?.key == .zero)
    #expect(try decode(Self.request("put", ("values", [Self.value]))).put?.key == .zero)
  }

  @Test(
    "W§4.2: want",
    arguments: [
      ([2], true, false), ([10], false, true), ([2, 10], true, true), ([23], false, true), ([28], false, true),
      ([30], false, true), ([], false, false), ([99, 1], false, false),
    ] as [([Int64], Bool, Bool)])
  func want(_ numbers: [Int64], _ ipv4: Bool, _ ipv6: Bool) throws {
    let list = Raw.array(numbers.map { .int($0) } + ["2", .null, [10], -2])
    let message = try decode(Self.request("get", ("h", Self.key), ("w", list)))
    #expect(message.get?.want == .families(ipv4: ipv4, ipv6: ipv6))
    #expect(try decode(Self.request("get", ("h", Self.key))).get?.want == .unspecified)
  }

  @Test("W§13: token as bin, str or array; too long ones stay unusable")
  func tokens() throws {
    for token: Raw in [.bin([1, 2]), .str([1, 2]), [1, 2]] {
      #expect(try decode(Self.request("put", ("token", token))).put?.token.bytes == [1, 2])
    }
    for token: Raw in [.bin([UInt8](repeating: 1, count: 900)), .array(.init(repeating: 1, count: 900))] {
      #expect(try decode(Self.request("put", ("token", token))).put?.token.isUsable == false)
    }
    let longest = [UInt8](0..<64)
    #expect(try decode(Self.request("put", ("token", .bin(longest)))).put?.token.bytes == longest)
    #expect(try decode(Self.request("put")).put?.token.isUsable == false)
  }

  @Test("W§13: unknown numbers in s are skipped")
  func unknownSelection() throws {
    let query: Raw = ["s": [9, 1, 300, 1, 5], "w": []]
    #expect(try decode(Self.request("get", ("h", Self.key), ("q", query))).get?.query?.select == [.id, .userType])
  }

  @Test("W§6.1: a thousand filters cost what a few do")
  func manyFilters() throws {
    let filters = Raw.array((0..<1000).map { ["f": 1, "v": .int($0)] } + [["f": 2, "v": 3], ["f": 2, "v": 3]])
    let query = try decode(Self.request("get", ("h", Self.key), ("q", ["s": [], "w": filters]))).get?.query
    #expect(query?.filters == [.id(0), .id(1), .valueType(3)])
  }

  @Test(
    "W§13: one bad value among good ones is skipped",
    arguments: [
      ["id": -1, "dat": ["body": ["type": 0, "data": .bin([])]]],
      ["id": 1, "dat": ["body": ["type": 65536, "data": .bin([])]]],
      ["id": 1, "dat": ["body": ["type": 0, "data": .bin([])]], "p": -1],
      ["id": 1, "dat": ["body": ["type": 0, "data": [256]]]],
      ["id": 1, "dat": ["body": ["data": .bin([])]]],
      ["id": 1, "dat": ["body": ["type": 0]]],
      ["id": 1, "dat": ["body": ["type": 0, "data": .bin([]), "seq": 1, "owner": .bin([1])]]],
      ["id": 1, "dat": ["body": ["type": 0, "data": .bin([]), "owner": .bin([1])], "sig": .bin([1])]],
      ["id": 1, "dat": ["body": ["type": 0, "data": .bin([])]], "pt": 5],
      ["id": 1, "dat": [:]], ["id": 1], ["dat": .bin([1])], [1, 2], "value", .null, -5, 65569, .uint(.max), .double(3),
    ] as [Raw])
  func badValue(_ bad: Raw) throws {
    let put = try decode(Self.request("put", ("h", Self.key), ("values", [bad, Self.value, bad]))).put
    #expect(put?.values.values.map(\.id) == [7])
    #expect(put?.values.announced == [] && put?.values.malformed == 2)
    let alone = try decode(Self.request("put", ("h", Self.key), ("values", [bad]))).put
    #expect(alone?.values.values == [] && alone?.values.isPresent == true && alone?.values.malformed == 1)
  }

  @Test("W§13: value id 0 is for the node to answer")
  func valueZero() throws {
    let zero: Raw = ["id": 0, "dat": ["body": ["type": 0, "data": .bin([1])]]]
    #expect(try decode(Self.request("put", ("values", [Self.value, zero]))).put?.values.values.map(\.id) == [7, 0])
  }

  @Test("W§13: sa of another size is ignored")
  func observed() throws {
    #expect(try decode(Self.reply(("sa", .bin([127, 0, 0, 1])))).reply?.observed == IPAddress(ipv4: 0x7f00_0001))
    let six = [UInt8](repeating: 0, count: 15) + [1]
    #expect(try decode(Self.reply(("sa", .bin(six)))).reply?.observed == IPAddress(ipv6High: 0, low: 1))
    #expect(try decode(Self.reply(("sa", .bin([1, 2, 3])))).reply?.observed == nil)
  }

  @Test("W§1.1: sizes, places of parts and families may be written with a sign")
  func signedForms() throws {
    let size: Raw = .bytes([0xd1, 0x03, 0xe8]), five: Raw = .bytes([0xd0, 5]), minus: Raw = .bytes([0xd0, 0xff])
    let put = try decode(
      Self.request("put", ("h", Self.key), ("values", [size, minus]), ("token", .bin([1, 2, 3, 4]))))
    #expect(put.put?.values.announced == [1000] as [Int?])
    let piece: Raw = ["o": five, "d": .bin([9])], nothing: Raw = 1
    let part = try decode(["y": "p", "t": 1, "p": .map([(minus, nothing), (five, piece)])])
    #expect(part.part?.pieces == [.init(index: 5, offset: 5, bytes: [9])])
    let get = try decode(Self.request("get", ("h", Self.key), ("w", [.bytes([0xd0, 10]), minus, "x"])))
    #expect(get.get?.want == .families(ipv4: false, ipv6: true))
  }

  @Test("W§13: c may be negative or of the far future")
  func created() throws {
    for seconds: Int64 in [-5, 0, 1_795_207_506, .max, .min] {
      let put = try decode(Self.request("put", ("values", [Self.value]), ("c", .int(seconds)))).put
      #expect(put?.created == WallTime(seconds: seconds))
    }
  }

  @Test("W§13: a part item without o or d is skipped, others live")
  func partItems() throws {
    let parts: Raw = [
      0: ["o": 0], 1: ["d": .bin([1])], 2: ["o": 5, "d": .bin([2])], "x": ["o": 1, "d": .bin([3])], 3: 4,
    ]
    #expect(try decode(["y": "p", "t": 1, "p": parts]).part?.pieces == [.init(index: 2, offset: 5, bytes: [2])])
  }

  @Test("W§1.1: in inner maps the first of equal keys wins")
  func firstWins() throws {
    let value = Raw.map([
      ("id", 7), ("id", 8),
      (
        "dat",
        .map([
          (
            "body",
            .map([
              ("type", 1), ("type", 2), ("data", .bin([1])), ("data", .bin([2])),
            ])
          )
        ])
      ), ("dat", .bin([9])),
    ])
    let put = try decode(Self.request("put", ("values", [value]))).put
    #expect(put?.values.values == [Value([1], type: 1, id: 7)])
    let query = Raw.map([("s", [1]), ("s", [2]), ("w", []), ("w", [["f": 1, "v": 1]])])
    #expect(try decode(Self.request("get", ("q", query))).get?.query == Query(select: [.id]))
    let part = Raw.map([(2, ["o": 0, "d": .bin([2])]), (1, ["o": 0, "d": .bin([1])]), (2, ["o": 1, "d": .bin([3])])])
    #expect(try decode(["p": part]).part?.pieces.map(\.bytes) == [[1], [2]])
  }

  @Test("W§13: node lists as str and array")
  func nodeForms() throws {
    let entry = Known.key.bytes + [127, 0, 0, 1, 0x10, 0x7e]
    for form: Raw in [.bin(entry), .str(entry), .array(entry.map { .int(Int64($0)) })] {
      #expect(try decode(Self.reply(("n4", form))).reply?.nodes4 == [NodeContact(id: Known.key, address: Known.peer)])
    }
    #expect(try decode(Self.reply(("n4", .bin([])))).reply?.nodes4 == [])
    #expect(try decode(Self.reply()).reply?.nodes4 == nil)
  }

  @Test("W§6.3: rows that cannot be read are left out; the owner comes in two forms; columns may be unknown")
  func fields() throws {
    let zero = Raw.bin(.zero)
    let list: Raw = [
      "f": [1, 3, 9],
      "v": [
        1, zero, .null, 2, .bin([1, 2, 3]), 5, "bad", zero, 1, 4, .bin(Known.key), [1], 5, zero,
      ],
    ]
    let fields = try #require(try decode(Self.reply(("fileds", list))).reply?.fields)
    #expect(fields.fields == [.id, .owner])
    #expect(
      fields.rows == [
        .init(record: FieldRecord(id: 1, owner: .zero)),
        .init(record: FieldRecord(id: 2), ownerKey: [1, 2, 3]),
        .init(record: FieldRecord(id: 4, owner: Known.key)),
      ])
  }
}
