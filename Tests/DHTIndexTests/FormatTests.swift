import DHTModel
import Testing

@testable import DHTIndex

/// Bytes, against what real peers wrote.
@Suite struct FormatTests {
  @Test("P-1: keys become the bits that peers make of them, and can be read back", arguments: Vectors.all.linearize)
  func linear(_ vector: Vectors.Linear) throws {
    let linear = try vector.fields.linear(vector.key)
    #expect(hexString(linear.content) == vector.content)
    #expect(linear.size == vector.bits)
    #expect(vector.fields.key(ofContent: linear.content) == vector.key)
  }

  @Test("P-2: the order of fields is that of the bytes of their names, and the names do not matter else")
  func fieldOrder() throws {
    let fields: IndexFields = ["b": 2, "a": 2]
    #expect(fields == ["a": 2, "b": 2])
    let key = try fields.linear(["b": [1, 2], "a": [3, 4]])
    #expect(try fields.linear(["a": [3, 4], "b": [1, 2]]) == key)
    #expect(try IndexFields(dictionaryLiteral: ("x", 2), ("y", 2)).linear(["y": [1, 2], "x": [3, 4]]) == key)
    #expect(try IndexFields(dictionaryLiteral: ("y", 2), ("z", 2)).linear(["y": [1, 2], "z": [3, 4]]) != key)
    // Bytes, not what a language takes for the alphabet: Z before a, both before é.
    let names: IndexFields = ["é": 1, "a": 1, "Z": 1]
    #expect(names.fields.map { String(decoding: $0.name, as: UTF8.self) } == ["Z", "a", "é"])
  }

  @Test("P-3: a key with other fields, or too long a value, is refused")
  func refused() throws {
    let fields: IndexFields = ["a": 2, "b": 3]
    #expect(throws: IndexError.missingField("b")) { try fields.linear(["a": [1]]) }
    #expect(throws: IndexError.missingField("b")) { try fields.linear(["a": [1], "c": [1]]) }
    #expect(throws: IndexError.unknownField("c")) { try fields.linear(["a": [1], "b": [1], "c": [1]]) }
    #expect(throws: IndexError.valueTooLong(field: "a", limit: 2)) { try fields.linear(["a": [1, 2, 3], "b": []]) }
    #expect(throws: IndexError.missingField("a")) { try fields.linear([:]) }
    #expect(throws: IndexError.noFields) { try IndexFields([]).validate() }
    #expect(throws: IndexError.fieldTwice("a")) { try IndexFields(dictionaryLiteral: ("a", 1), ("a", 2)).validate() }
    #expect(throws: IndexError.fieldsTooLong(limit: 32768)) { try (["a": .max, "b": 1] as IndexFields).validate() }
    #expect(throws: IndexError.fieldsTooLong(limit: 32768)) { try (["a": 20000, "b": 1] as IndexFields).validate() }
  }

  @Test("P-4: nodes of the tree stand where peers look for them", arguments: Vectors.all.node_names)
  func nodeNames(_ vector: Vectors.NodeName) {
    let prefix = IndexPrefix(hexBytes(vector.content)!, size: vector.bits)
    #expect(hexString(prefix.content) == vector.content)
    #expect(prefix.key.description == vector.key)
  }

  @Test("P-4: a prefix takes no bit more than its size")
  func take() {
    let content: [UInt8] = [0xff, 0xff, 0xff]
    #expect(IndexPrefix(content, size: 0) == .root)
    #expect(IndexPrefix(content, size: 3).content == [0xe0])
    #expect(IndexPrefix(content, size: 8).content == [0xff])
    #expect(IndexPrefix(content, size: 9).content == [0xff, 0x80])
    for size in 1...24 {
      let prefix = IndexPrefix(content, size: size)
      #expect(prefix.parent?.child(true) == prefix)
      #expect(prefix.parent?.child(false) == prefix.sibling)
      #expect(prefix.isPrefix(of: content))
      #expect(!prefix.sibling!.isPrefix(of: content))
    }
    #expect(!IndexPrefix(content, size: 24).isPrefix(of: [0xff, 0xff]))
  }

  @Test("P-5: the sibling is the correct one, never that of older peers", arguments: Vectors.all.siblings)
  func siblings(_ vector: Vectors.Sibling) {
    let sibling = IndexPrefix(hexBytes(vector.content)!, size: vector.bits).sibling
    #expect(sibling.map { hexString($0.content) } == vector.sibling_content)
    #expect(sibling?.key.description == vector.sibling_key)
    #expect(IndexPrefix.root.sibling == nil)
  }

  @Test("P-6: entries are the bytes that peers write, and are read back", arguments: Vectors.all.linearize)
  func entries(_ vector: Vectors.Linear) {
    #expect(hexString(vector.stored.packed) == vector.entry_msgpack)
    #expect(StoredEntry(decoding: hexBytes(vector.entry_msgpack)!) == vector.stored)
    #expect(IndexName(Array(vector.index.utf8)).entryType == Array(vector.user_type.utf8))
  }

  @Test("P-7: values of an index have type 0, no owner, and its user types; a canary has no data")
  func values() {
    let vector = Vectors.all.canary_value
    let name = IndexName(Array(vector.index.utf8))
    let entry = name.value(of: Vectors.all.linearize[0].stored)
    for value in [name.canary, entry] {
      #expect(value.type == UInt16(Vectors.all.constants.value_type))
      #expect(value.signature == nil && value.cypher == nil && value.id == 0)
    }
    #expect(name.canary.userType == vector.user_type)
    #expect(name.canary.data == [])
    #expect(name.isCanary(name.canary) && !name.isCanary(entry))
    #expect(entry.userType == "index.pht.one")
  }

  @Test("pht.md §1: the constants are those of peers")
  func constants() {
    let constants = Vectors.all.constants
    #expect(IndexLimits.nodeEntries == constants.max_entries_per_node)
    #expect(IndexLimits.cachedLeaves == constants.cache_max_leaves)
    #expect(IndexLimits.cacheLifetime == .seconds(constants.cache_leaf_lifetime_s))
    #expect(IndexLimits.lifetime == .seconds(constants.entry_lifetime_s))
    #expect(IndexName([]).entryType == Array(constants.user_type_prefix.utf8))
    #expect(IndexName([]).canaryType == Array((constants.user_type_prefix + constants.canary_suffix).utf8))
  }

  @Test("P-16: bytes that are no entry are none, whatever they are")
  func garbage() {
    let whole = Vectors.all.linearize[3].stored.packed
    for count in 0..<whole.count { #expect(StoredEntry(decoding: Array(whole.prefix(count))) == nil) }
    for index in whole.indices {
      for bit in 0..<8 {
        var bytes = whole
        bytes[index] ^= 1 << UInt8(bit)
        if let entry = StoredEntry(decoding: bytes) { #expect(entry.entry.hash.bytes.count == 20) }
      }
    }
    let deep = [UInt8](repeating: 0x91, count: 5000) + [0xc0]
    #expect(StoredEntry(decoding: deep) == nil)
    #expect(StoredEntry(decoding: [0x81, 0xa1, 0x78] + deep) == nil)
  }

  @Test("P-17: a short prefix, an array of another length, a hash of another length are ignored")
  func malformed() {
    let name = IndexName(Array("x".utf8))
    let hash = [UInt8](repeating: 7, count: 20)
    func entry(prefix: [UInt8], array: [UInt8]) -> Value {
      var data: [UInt8] = [0x82, 0xa6] + Array("prefix".utf8)
      data += [0xc4, UInt8(prefix.count)] + prefix
      data += [0xa5] + Array("value".utf8) + array
      return Value(data, userType: "index.pht.x")
    }
    let good: [UInt8] = [0x92, 0xc4, 20] + hash + [5]
    #expect(name.entry(in: entry(prefix: [1, 2, 3], array: good), contentBytes: 3)?.entry.id == 5)
    #expect(name.entry(in: entry(prefix: [1, 2], array: good), contentBytes: 3) == nil)
    #expect(name.entry(in: entry(prefix: [], array: good), contentBytes: 3) == nil)
    #expect(name.entry(in: entry(prefix: [1, 2, 3, 4], array: good), contentBytes: 3) == nil)
    for array: [UInt8] in [
      [0x90], [0x91, 0xc4, 20] + hash, [0x93, 0xc4, 20] + hash + [5, 6], [0x92, 0xc4, 19] + hash.dropLast() + [5],
      [0x92, 0xc4, 20] + hash + [0xff], [0xc0],
    ] {
      #expect(name.entry(in: entry(prefix: [1, 2, 3], array: array), contentBytes: 3) == nil)
    }
  }

  @Test("pht.md §10.1: a prefix is shown as OpenDHT shows it")
  func shown() {
    #expect(IndexPrefix.root.description == "Prefix : \n\tContent_ : \"\"\n\tFlags_   : \"\"\n")
    #expect(
      IndexPrefix([0x60], size: 3).description
        == "Prefix : \n\tContent_ : \"01100000 0\"\n\tFlags_   : \"11100000 1\"\n")
    let whole = IndexPrefix([1, 2, 3, 4, 5, 6, 7, 8], size: 64).description
    #expect(whole.contains("\"00000001 00000010 00000011 00000100 00000101 00000110 00000111 00001000 \""))
  }
}
