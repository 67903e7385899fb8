import DHTModel
import Testing

@testable import DHTIndex

/// The way to a leaf, step by step.
@Suite struct WalkTests {
  @Test("P-12: an uncached lookup asks what peers ask, in their order", arguments: Vectors.all.lookup_traces)
  func traces(_ trace: Vectors.Trace) throws {
    let key = try (["foo": 5] as IndexFields).linear(["foo": hexBytes(trace.key_hex)!])
    #expect(key.size == trace.bits)
    let nodes = treeOfTrace(trace.peer)
    let (asked, leaf) = run(key) { nodes.contains(IndexPrefix(key.content, size: $0)) }
    let wanted = trace.asked_depths.flatMap { $0.compactMap(\.self) }.unique
    #expect(Array(asked.prefix(wanted.count)) == wanted)
    #expect(asked.map { IndexPrefix(key.content, size: $0).key.description }.starts(with: trace.asked_keys.unique))
    // More is asked only when the last bit of the key is a node's.
    if trace.leaf_bits < key.size - 1 {
      #expect(asked == wanted)
      #expect(leaf == trace.leaf_bits)
    } else {
      #expect(leaf >= trace.leaf_bits)
      #expect(asked.dropFirst(wanted.count).allSatisfy { $0 > trace.leaf_bits })
    }
  }

  @Test("pht.md §7.1: on any path of nodes the walk ends at the deepest, wherever it begins")
  func everyPath() {
    for (size, allBits) in [(0, 16), (1, 16), (8, 16), (40, 48), (96, 96), (313, 328)] {
      for deepest in -1..<allBits {
        for start in [nil, 0, 1, deepest, size - 1, size, allBits, 1000].map({ $0.map { max(0, $0) } }) {
          for follows in [false, true] {
            let content = [UInt8](repeating: 0x55, count: allBits / 8)
            let key = LinearKey(content: content, size: size)
            let (asked, leaf) = run(key, start: start, follows: follows) { $0 <= deepest }
            let bound = follows ? allBits - 1 : max(0, size - 1)
            #expect(leaf == max(0, min(deepest, bound)), "size \(size) deepest \(deepest) start \(start ?? -1)")
            #expect(asked.count <= 40)
            #expect(asked.allSatisfy { $0 <= allBits })
          }
        }
      }
    }
  }

  @Test("pht.md §7.1: while the deeper answer is missing, a missing node already sends the walk up")
  func outOfOrder() {
    var walk = Walk(size: 40, allBits: 48, followsPadding: true)
    #expect(walk.begin() == .ask([20, 21]))
    #expect(walk.answered(20, isNode: false) == .ask([9, 10]))
    #expect(walk.answered(21, isNode: true) == .wait)
    #expect(walk.answered(10, isNode: false) == .wait)
    #expect(walk.answered(9, isNode: true) == .end(leaf: 9))
    #expect(walk.answered(30, isNode: true) == .end(leaf: 9))
    #expect(walk.isNode(20) == false && walk.isNode(11) == nil)
  }

  @Test("pht.md §7.1: answers that contradict each other end the walk all the same")
  func contradictions() {
    var generator = SeededSource(seed: 7)
    for _ in 0..<2000 {
      let size = Int.random(in: 0...80, using: &generator)
      let key = LinearKey(content: Array(repeating: 0, count: 11), size: size)
      let start = Bool.random(using: &generator) ? Int.random(in: 0...100, using: &generator) : nil
      let (asked, leaf) = run(key, start: start, follows: true) { _ in Bool.random(using: &generator) }
      #expect(asked.count <= 40 && (0..<88).contains(leaf))
    }
  }
}

/// Every node of the tree that the traces walk: 20 keys 61616161 00 … 13, split at 36 bits.
private func treeOfTrace(_ peer: String) -> Set<IndexPrefix> {
  var nodes: Set<IndexPrefix> = []
  for size in 0...36 {
    let prefix = IndexPrefix([0x61, 0x61, 0x61, 0x61, 0x10], size: size)
    nodes.insert(prefix)
    if peer == "4.4.2", let sibling = prefix.sibling { nodes.insert(sibling) }
    // Older peers mark another one. (pht.md §3.1)
    if peer == "2.4.12", size > 0 {
      var bytes = prefix.content
      let bit = size - 1
      bytes[bit / 8] ^= UInt8(1) << UInt8((8 - bit) & 7)
      let marked = IndexPrefix(bytes, size: size)
      if marked.content == bytes { nodes.insert(marked) }
    }
  }
  return nodes
}

/// Walks, answering each question at once, the deeper one first now and then.
private func run(
  _ key: LinearKey, start: Int? = nil, follows: Bool = true, isNode: (Int) -> Bool
) -> (asked: [Int], leaf: Int) {
  var walk = Walk(size: key.size, allBits: 8 * key.content.count, start: start, followsPadding: follows)
  var asked: [Int] = []
  var waiting: [Int] = []
  var step = walk.begin()
  while true {
    switch step {
    case .ask(let depths):
      asked += depths
      waiting += depths
    case .wait: break
    case .end(let leaf): return (asked, leaf)
    }
    guard !waiting.isEmpty else { preconditionFailure("waits for nothing") }
    let depth = waiting.removeFirst()
    step = walk.answered(depth, isNode: isNode(depth))
  }
}

extension Array where Element: Hashable {
  var unique: [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
