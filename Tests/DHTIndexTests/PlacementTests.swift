import DHTModel
import OpenDHT
import Testing

@testable import DHTIndex

/// Where an entry goes.
@Suite struct PlacementTests {
  @Test("P-10: the seventeenth entry goes where peers put it", arguments: Vectors.all.split)
  func vectors(_ split: Vectors.Split) throws {
    let keys = try split.first_16_keys_hex.map { try split.fields.linear(split.key($0)) }
    let last = try split.fields.linear(split.key(split.key_17_hex))
    let placement = Placement(of: last, leaf: 0, among: keys.map(stored))
    #expect(placement == .split(depth: split.split_bits))
    let leaf = IndexPrefix(last.content, size: split.split_bits)
    #expect(hexString(leaf.content) == split.new_leaf_content)
    #expect(leaf.key.description == split.new_leaf_key)
    #expect(Array(0...split.split_bits) == split.canary_depths)
    #expect(Placement(of: last, leaf: 0, among: keys.dropLast().map(stored)) == .join)
  }

  @Test("P-22: equal keys stay at the last bit of the key, however many")
  func equalKeys() throws {
    let key = try (["foo": 5] as IndexFields).linear(["foo": [1, 2, 3, 4, 5]])
    let equal = (0..<100).map { StoredEntry(content: key.content, entry: IndexEntry(hash: .zero, id: $0)) }
    #expect(Placement(of: key, leaf: 0, among: equal) == .split(depth: 39))
    #expect(Placement(of: key, leaf: 38, among: equal) == .split(depth: 39))
    #expect(Placement(of: key, leaf: 39, among: equal) == .join)
    let empty = try (["foo": 5] as IndexFields).linear(["foo": []])
    #expect(Placement(of: empty, leaf: 0, among: equal) == .join)
  }

  @Test("pht.md §8.2: entries that belong beside the leaf neither fill it nor pull the split above it")
  func strangersOfTheLeaf() throws {
    let fields: IndexFields = ["foo": 2]
    let key = try fields.linear(["foo": [0xf0, 0x00]])
    let beside = try (0..<16).map { stored(try fields.linear(["foo": [0x00, $0]])) }
    #expect(Placement(of: key, leaf: 4, among: beside) == .join)
    let inside = try (1...16).map { stored(try fields.linear(["foo": [0xf0, $0]])) }
    #expect(Placement(of: key, leaf: 4, among: beside + inside) == .split(depth: 12))
    #expect(Placement(of: key, leaf: 0, among: beside + inside) == .split(depth: 1))
  }

  private func stored(_ key: LinearKey) -> StoredEntry {
    StoredEntry(content: key.content, entry: IndexEntry(hash: InfoHash(hashing: key.content)))
  }
}
