import DHTModel
import OpenDHT
import Synchronization
import Testing

@testable import DHTIndex

private let deep = Vectors.all.split[0]

private func entry(_ id: Int) -> IndexEntry { IndexEntry(hash: InfoHash(hashing: "entry \(id)"), id: Value.ID(id)) }

private func open(
  _ network: MemoryNetwork, _ name: String = "x", _ fields: IndexFields = ["foo": 5],
  coin: @escaping @Sendable () -> Bool = { false }
) throws -> PrefixIndex {
  try PrefixIndex(on: network, named: Array(name.utf8), fields: fields, coin: coin)
}

private func count(_ network: MemoryNetwork, _ type: String, at prefix: IndexPrefix) -> Int {
  network.stored(at: prefix.key).count { $0.value.userType == type }
}

/// The index over a network in memory.
@Suite struct IndexTests {
  @Test("P-8: one insert in an empty index makes one canary and one entry at the root")
  func first() async throws {
    let network = MemoryNetwork()
    let index = try open(network)
    try await index.insert(entry(1), under: ["foo": [1, 2]])
    let written = network.takeWrites()
    #expect(written.map(\.key).allSatisfy { $0 == IndexPrefix.root.key })
    #expect(written.map(\.value.userType).sorted() == ["index.pht.x", "index.pht.x.canary"])
    let result = try await open(network).lookup(["foo": [1, 2]])
    #expect(result.entries == [entry(1)] && result.leaf == .root)
  }

  @Test("P-3: for a key that does not fit nothing is sent")
  func invalidKey() async throws {
    let network = MemoryNetwork()
    let index = try open(network)
    await #expect(throws: IndexError.missingField("foo")) { try await index.insert(entry(1), under: ["bar": [1]]) }
    await #expect(throws: IndexError.unknownField("bar")) { try await index.lookup(["foo": [1], "bar": [1]]) }
    await #expect(throws: IndexError.valueTooLong(field: "foo", limit: 5)) {
      try await index.lookup(["foo": [1, 2, 3, 4, 5, 6]], .nearest)
    }
    #expect(network.takeReads().isEmpty && network.takeWrites().isEmpty && network.waiting == 0)
  }

  @Test(
    "P-10: the seventeenth insert marks every prefix of the new leaf, and their siblings", arguments: Vectors.all.split)
  func split(_ vector: Vectors.Split) async throws {
    let network = MemoryNetwork()
    let index = try open(network, "x", vector.fields)
    // Inserted by somebody else, who is gone: nothing moves.
    for (number, key) in vector.first_16_keys_hex.enumerated() {
      try await open(network, "x", vector.fields).insert(entry(number), under: vector.key(key))
    }
    _ = network.takeWrites()
    try await index.insert(entry(16), under: vector.key(vector.key_17_hex))
    let written = network.takeWrites()
    let content = try vector.fields.linear(vector.key(vector.key_17_hex)).content
    let canaries = Set(written.filter { $0.value.userType == "index.pht.x.canary" }.map(\.key))
    var wanted: Set<InfoHash> = []
    for depth in vector.canary_depths {
      let prefix = IndexPrefix(content, size: depth)
      wanted.insert(prefix.key)
      if let sibling = prefix.sibling { wanted.insert(sibling.key) }
    }
    #expect(canaries == wanted)
    #expect(written.filter { $0.value.userType == "index.pht.x" }.map(\.key.description) == [vector.new_leaf_key])
  }

  @Test("P-5: nothing is ever put where older peers look for siblings")
  func noLegacySiblings() async throws {
    let network = MemoryNetwork()
    let index = try open(network, coin: { true })
    for number in 0..<40 {
      try await index.insert(entry(number), under: ["foo": [0x61, 0x61, 0x61, 0x61, UInt8(number)]])
    }
    #expect(await eventually { await index.isIdle })
    let content: [UInt8] = [0x61, 0x61, 0x61, 0x61, 0x10, 0x80]
    var correct: Set<InfoHash> = [IndexPrefix.root.key]
    for last in UInt8(0)..<40 {
      for size in 1...40 {
        let prefix = IndexPrefix([0x61, 0x61, 0x61, 0x61, last, 0x80], size: size)
        correct.formUnion([prefix.key, prefix.sibling!.key])
      }
    }
    let keys = Set(network.takeWrites().map(\.key))
    #expect(keys.isSubset(of: correct))
    let legacy = Vectors.all.siblings.filter { hexBytes($0.content)! == IndexPrefix(content, size: $0.bits).content }
      .compactMap { InfoHash(hex: $0.legacy_sibling_key) }.filter { !correct.contains($0) }
    #expect(keys.isDisjoint(with: legacy))
  }

  @Test(
    "P-11: after a split by somebody else, whoever inserted the sixteen writes them further down, as old as they were")
  func moveDown() async throws {
    let network = MemoryNetwork()
    let owner = try open(network)
    for (number, key) in deep.first_16_keys_hex.enumerated() {
      try await owner.insert(entry(number), under: deep.key(key))
    }
    let began = network.now
    network.advance(by: .seconds(100))
    try await open(network).insert(entry(16), under: deep.key(deep.key_17_hex))
    // 61616161 00…0f leave the path of …10 at the last bit of the split: their leaf is the sibling of the new one.
    let leaf = IndexPrefix(hexBytes(deep.new_leaf_content)!, size: deep.split_bits)
    let moved = try #require(leaf.sibling)
    #expect(await eventually { count(network, "index.pht.x", at: moved) == 16 })
    for stored in network.stored(at: moved.key) where stored.value.userType == "index.pht.x" {
      #expect(stored.created == began)
    }
    for number in 0..<16 {
      let found = try await open(network).lookup(deep.key(deep.first_16_keys_hex[number]))
      #expect(found.entries == [entry(number)] && found.leaf == moved)
    }
  }

  @Test("P-12: the keys that an uncached lookup reads are those of the traces", arguments: Vectors.all.lookup_traces)
  func reads(_ trace: Vectors.Trace) async throws {
    guard trace.peer == "4.4.2" else { return }
    let network = MemoryNetwork()
    let owner = try open(network, "tr")
    for number in 0..<20 {
      let key: IndexKey = ["foo": [0x61, 0x61, 0x61, 0x61, UInt8(number)]]
      try await owner.insert(IndexEntry(hash: .zero, id: Value.ID(number)), under: key)
    }
    #expect(
      await eventually { count(network, "index.pht.tr", at: IndexPrefix([0x61, 0x61, 0x61, 0x61, 0], size: 36)) == 16 })
    _ = network.takeReads()
    let found = try await open(network, "tr").lookup(["foo": hexBytes(trace.key_hex)!])
    let reads = network.takeReads()
    // Both of a round are read at once, in any order: the sets of each round are compared.
    let wanted = trace.asked_keys.unique.compactMap { InfoHash(hex: $0) }
    #expect(Set(reads.prefix(wanted.count)) == Set(wanted))
    #expect(Set(reads).count == reads.count, "nothing is read twice")
    #expect(found.entries.map(\.id).sorted() == trace.found_value_ids)
  }

  @Test("P-13: a lookup of a key that is not there ends with nothing")
  func absent() async throws {
    let network = MemoryNetwork()
    #expect(try await open(network).lookup(["foo": [9]]) == IndexResult(entries: [], leaf: .root))
    try await open(network).insert(entry(1), under: ["foo": [9, 9]])
    #expect(try await open(network).lookup(["foo": [9]]).entries == [])
  }

  @Test("P-14: a nearest lookup ends, also where the leaf, or everything, is empty")
  func nearestOfNothing() async throws {
    let network = MemoryNetwork()
    #expect(try await open(network).lookup(["foo": [9]], .nearest).entries == [])
    let name = IndexName(Array("x".utf8))
    for size in 0...39 {
      let prefix = IndexPrefix([0x61, 0x61, 0x61, 0x61, 0x61], size: size)
      await network.plant(name.canary, at: prefix)
      if let sibling = prefix.sibling { await network.plant(name.canary, at: sibling) }
    }
    _ = network.takeReads()
    #expect(try await open(network).lookup(["foo": Array("aaaaa".utf8)], .nearest).entries == [])
    #expect(network.takeReads().count < 200)
  }

  @Test("P-14: a tree that a stranger grew without end is read to a bound")
  func endlessTree() async throws {
    let network = EndlessTree()
    let index = try PrefixIndex(on: network, named: Array("x".utf8), fields: ["foo": 32])
    _ = try await index.lookup(["foo": [9]], .nearest)
    #expect(network.reads.withLock { $0 } <= 1100)
  }

  @Test(
    "pht.md §7.2: the entries that share the most bits are found",
    arguments: [
      ("abcf", ["abcd", "abce"]), ("ab", ["abcd", "abce", "abxx"]), ("qqqq", ["zzzz"]), ("abcd", ["abcd"]),
    ])
  func nearest(_ question: String, _ answer: [String]) async throws {
    let network = MemoryNetwork()
    let words = ["abcd", "abce", "abxx", "zzzz"]
    for (number, word) in words.enumerated() {
      try await open(network).insert(entry(number), under: IndexKey(text: ["foo": word]))
    }
    let found = try await open(network).lookup(IndexKey(text: ["foo": question]), .nearest)
    #expect(Set(found.entries) == Set(answer.map { entry(words.firstIndex(of: $0)!) }))
  }

  @Test("P-15: values of another index are neither seen nor in the way")
  func otherIndex() async throws {
    let network = MemoryNetwork()
    let (x, xy, canary) = (try open(network, "x"), try open(network, "xy"), try open(network, "x.canary"))
    for number in 0..<20 {
      try await xy.insert(entry(number), under: ["foo": [1, UInt8(number)]])
      try await canary.insert(entry(number), under: ["foo": [1, UInt8(number)]])
    }
    try await x.insert(entry(100), under: ["foo": [1, 3]])
    #expect(try await open(network, "x").lookup(["foo": [1, 3]]) == IndexResult(entries: [entry(100)], leaf: .root))
    #expect(try await open(network, "x").lookup(["foo": [1, 7]], .nearest).entries == [entry(100)])
    #expect(try await open(network, "xy").lookup(["foo": [1, 3]]).entries == [entry(3)])
  }

  @Test("P-16, P-17: values that are no entries, under the user types of the index, change nothing")
  func garbage() async throws {
    let network = MemoryNetwork()
    let index = try open(network)
    try await index.insert(entry(1), under: ["foo": [1, 2]])
    var generator = SeededSource(seed: 3)
    let good = StoredEntry(content: [1, 2, 0x80, 0, 0, 0], entry: entry(7)).packed
    for number in 0..<300 {
      var data = number % 2 == 0 ? good : (0..<Int.random(in: 0...80, using: &generator)).map { _ in 0 }
      data = data.map { _ in UInt8.random(in: 0...255, using: &generator) }
      await network.plant(Value(data, userType: "index.pht.x", type: UInt16(number % 3)), at: .root)
      await network.plant(Value(data + [0], userType: "index.pht.x.canary"), at: IndexPrefix([0], size: 1))
    }
    let short = StoredEntry(content: [1], entry: entry(9)).packed
    await network.plant(Value(short, userType: "index.pht.x"), at: .root)
    await network.plant(Value(id: 5, content: .encrypted([1, 2, 3])), at: .root)
    let found = try await open(network).lookup(["foo": [1, 2]])
    #expect(found == IndexResult(entries: [entry(1)], leaf: .root))
    #expect(try await open(network).lookup(["foo": [1]], .nearest).entries == [entry(1)])
  }

  @Test("P-18: on a node that does not run, insert and lookup fail")
  func notRunning() async throws {
    let index = try PrefixIndex(DHT(), named: "x", fields: ["foo": 5])
    await #expect(throws: IndexError.network(.notRunning)) { try await index.lookup(["foo": [1]]) }
    await #expect(throws: IndexError.network(.notRunning)) { try await index.insert(entry(1), under: ["foo": [1]]) }
  }

  @Test("P-18: when reading fails, everything fails, and once; when only marking fails, nothing does")
  func failures() async throws {
    let network = MemoryNetwork()
    let index = try open(network)
    network.failReads(of: IndexPrefix([1, 2, 0x80], size: 9).key)
    await #expect(throws: IndexError.network(.isolated)) { try await index.lookup(["foo": [1, 2]]) }
    network.fail(.throttled)
    await #expect(throws: IndexError.network(.throttled)) { try await index.insert(entry(1), under: ["foo": [7]]) }
    #expect(await index.watched.isEmpty)
  }

  @Test("P-19: an entry older than ten minutes is refused, and nothing sent")
  func tooOld() async throws {
    let network = MemoryNetwork()
    let index = try open(network)
    await #expect(throws: IndexError.expired) {
      try await index.insert(entry(1), under: ["foo": [1]], created: network.now + .seconds(-601))
    }
    #expect(network.takeReads().isEmpty && network.takeWrites().isEmpty)
    try await index.insert(entry(1), under: ["foo": [1]], created: network.now + .seconds(-599))
    #expect(try await index.lookup(["foo": [1]]).entries == [entry(1)])
    network.advance(by: .seconds(2))
    #expect(try await index.lookup(["foo": [1]]).entries == [])
  }

  @Test("P-20: the node above is marked by every second insert")
  func climb() async throws {
    let network = MemoryNetwork()
    let name = IndexName(Array("x".utf8))
    let coins = Mutex(SeededSource(seed: 20))
    let index = try open(network, coin: { coins.withLock { Bool.random(using: &$0) } })
    // A leaf of eight bits, half full, its sibling too: nothing is merged, and nothing split.
    let leaf = IndexPrefix([0x61], size: 8)
    for size in 0...8 { await network.plant(name.canary, at: IndexPrefix([0x61], size: size)) }
    for number in UInt8(0)..<10 {
      for first: UInt8 in [0x61, 0x60] {
        let stored = StoredEntry(content: [first, number, 0x80, 0, 0, 0], entry: entry(Int(number)))
        await network.plant(name.value(of: stored), at: first == 0x61 ? leaf : leaf.sibling!)
      }
    }
    _ = network.takeWrites()
    for _ in 0..<400 { try await index.insert(entry(1000), under: ["foo": [0x61, 200]]) }
    #expect(await eventually { await index.isIdle })
    let marked = network.takeWrites().filter { name.isCanary($0.value) }.map(\.key)
    func marks(_ prefix: IndexPrefix) -> Int { marked.count { $0 == prefix.key } }
    #expect(marks(leaf) == 400 && marks(leaf.sibling!) == 400)
    let (parent, above) = (leaf.parent!, leaf.parent!.parent!)
    #expect((160...240).contains(marks(parent)), "\(marks(parent))")
    #expect(marks(parent.sibling!) == marks(parent))
    #expect((60...140).contains(marks(above)), "\(marks(above))")
  }

  @Test("P-22: twenty entries under one key are all found by somebody else")
  func equalKeys() async throws {
    let network = MemoryNetwork()
    let index = try open(network)
    for number in 0..<20 { try await index.insert(entry(number), under: ["foo": [1, 2, 3, 4, 5]]) }
    let leaf = IndexPrefix([1, 2, 3, 4, 5], size: 39)
    #expect(await eventually { count(network, "index.pht.x", at: leaf) >= 20 })
    let found = try await open(network).lookup(["foo": [1, 2, 3, 4, 5]])
    #expect(Set(found.entries) == Set((0..<20).map(entry)))
    #expect(found.leaf.size == 39)
  }

  @Test("P-22: entries that others stored in the padding of their key are found")
  func padding() async throws {
    let network = MemoryNetwork()
    let name = IndexName(Array("x".utf8))
    let content: [UInt8] = [1, 2, 3, 4, 5, 0x80]
    for size in 0...47 { await network.plant(name.canary, at: IndexPrefix(content, size: size)) }
    for number in 0..<20 {
      let stored = StoredEntry(content: content, entry: entry(number))
      await network.plant(name.value(of: stored), at: IndexPrefix(content, size: 47))
    }
    let index = try open(network)
    for _ in 0..<2 {  // the second time from the cache
      #expect(Set(try await index.lookup(["foo": [1, 2, 3, 4, 5]]).entries) == Set((0..<20).map(entry)))
    }
    // What is inserted beside them stays where readers of OpenDHT come.
    try await index.insert(entry(20), under: ["foo": [1, 2, 3, 4, 5]])
    #expect(await eventually { count(network, "index.pht.x", at: IndexPrefix(content, size: 39)) == 1 })
    #expect(try await open(network).lookup(["foo": [1, 2, 3, 4, 5]]).entries.count == 21)
    #expect(try await index.lookup(["foo": [1, 2, 3, 4, 5]]).entries.count == 21)
  }

  @Test("P-23: what an index watches ends when the entries expire, and when the index is released")
  func watching() async throws {
    let network = MemoryNetwork()
    var index: PrefixIndex? = try open(network)
    for number in 0..<10 { try await index?.insert(entry(number), under: ["foo": [1, UInt8(number)]]) }
    // One leaf, one listen: all ten go on with the same bit.
    #expect(await eventually { network.waiting == 1 })
    network.advance(by: .seconds(300))
    try await index?.insert(entry(10), under: ["foo": [0xf0]])
    #expect(await eventually { network.waiting == 2 })
    network.advance(by: .seconds(301))
    #expect(await eventually { network.waiting == 1 })
    #expect(await eventually { await index?.watched == [IndexPrefix([0x80], size: 1)] })
    index = nil
    #expect(await eventually { network.waiting == 0 })
  }

  @Test("pht.md §8.4: nobody makes entries go in circles, whatever is marked")
  func strangersMarks() async throws {
    let network = MemoryNetwork()
    let name = IndexName(Array("x".utf8))
    let index = try open(network)
    try await index.insert(entry(1), under: ["foo": [1, 2, 3, 4, 5]])
    _ = network.takeWrites()
    for size in 1...47 {
      await network.plant(name.canary, at: IndexPrefix([1, 2, 3, 4, 5, 0x80], size: size))
      #expect(await eventually { network.waiting == (size < 39 ? 1 : 0) })
    }
    let entries = network.takeWrites().filter { $0.value.userType == "index.pht.x" }
    #expect(entries.count <= 39)
    #expect(try await open(network).lookup(["foo": [1, 2, 3, 4, 5]]).entries == [entry(1)])
  }
}
