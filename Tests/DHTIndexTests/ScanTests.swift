import DHTModel
import OpenDHT
import Testing

@testable import DHTIndex

/// Ranges and prefixes.
@Suite struct ScanTests {
  @Test("pht.md §12: a subtree is passed over only when no value of the range can stand in it")
  func mayHold() throws {
    var source = SeededSource(seed: 5)
    func value() -> [UInt8] {
      (0..<Int.random(in: 0...3, using: &source)).map { _ in
        [0, 1, 0x7f, 0x80, 0x81, 0xff].randomElement(using: &source)!
      }
    }
    let shapes: [IndexFields] = [["a": 3], ["a": 3, "b": 2], ["a": 3, "b": 3, "c": 1]]
    for fields in shapes {
      var passed = 0
      for _ in 0..<4000 {
        let (x, y) = (value(), value())
        let (low, high) = x.lexicographicallyPrecedes(y) ? (x, y) : (y, x)
        let range = [IndexRange.all, .beginning(with: x), .from(low, through: high), .from(x)].randomElement(
          using: &source)!
        var key: IndexKey = ["a": value()]
        for name in ["b", "c"].prefix(fields.fields.count - 1) { key[name] = Array(value().prefix(1)) }
        let linear = try fields.linear(key)
        let size = Int.random(in: 0...(8 * linear.content.count), using: &source)
        let may = fields.mayHold(IndexPrefix(linear.content, size: size), [[97]: range])
        if range.contains(key["a"]!) { #expect(may, "\(key) \(range) \(size)") }
        if !may { passed += 1 }
      }
      #expect(passed > 200)
    }
  }

  @Test("pht.md §12: every entry of a range is found once, and little else read", arguments: ModelTests.shapes)
  func ranges(_ shape: ModelTests.Shape) async throws {
    let network = MemoryNetwork()
    var source = SeededSource(seed: 13)
    let index = try PrefixIndex(on: network, named: [120], fields: shape.fields)
    var model: [IndexEntries.Element] = []
    for number in 0..<(shape.count / 2) {
      let element = IndexEntries.Element(key: shape.make(&source), entry: IndexEntry(hash: .zero, id: Value.ID(number)))
      try await index.insert(element.entry, under: element.key)
      model.append(element)
    }
    let field = String(decoding: shape.fields.fields[0].name, as: UTF8.self)
    func all(_ ranges: [String: IndexRange]) async throws -> [IndexEntries.Element] {
      var found: [IndexEntries.Element] = []
      for try await element in try index.entries(in: ranges) { found.append(element) }
      return found
    }
    #expect(Set(try await all([:])) == Set(model))
    let whole = Set(network.takeReads()).count
    for _ in 0..<20 {
      let (x, y) = (shape.make(&source)[field]!, shape.make(&source)[field]!)
      let (low, high) = x.lexicographicallyPrecedes(y) ? (x, y) : (y, x)
      for range in [IndexRange.from(low, through: high), .beginning(with: Array(x.prefix(2)))] {
        let found = try await all([field: range])
        #expect(found.count == Set(found).count)
        #expect(Set(found) == Set(model.filter { range.contains($0.key[field]!) }))
        #expect(network.takeReads().count <= whole + 16)
      }
    }
    await #expect(throws: IndexError.unknownField("nothing")) { _ = try await all(["nothing": .all]) }
  }

  @Test(
    "pht.md §12: a scan of a tree that a stranger grew without end, or of a network that is gone, ends with an error")
  func errors() async throws {
    var scan = Scan(["foo": 32], [:])
    var everywhere = IndexNode()
    everywhere.isNode = true
    #expect(throws: IndexError.tooMuch) {
      while case let prefixes = try scan.next(), !prefixes.isEmpty {
        _ = try scan.take(Dictionary(uniqueKeysWithValues: prefixes.map { ($0, everywhere) }))
      }
    }
    let network = MemoryNetwork()
    network.fail(.isolated)
    let index = try PrefixIndex(on: network, named: [120], fields: ["foo": 32])
    await #expect(throws: IndexError.network(.isolated)) { for try await _ in try index.entries() {} }
  }
}
