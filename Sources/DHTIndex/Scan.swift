/// Whom to ask next for all entries of some ranges: the nodes of the tree that can hold some, from the root down.
///
/// A node is asked together with those below it while only one of its children can hold anything: so a narrow range deep in
/// the tree costs a few rounds, not one for each level.
struct Scan {
  /// Prefixes that are read at once: each is the only interesting child of the one before.
  private typealias Chain = [IndexPrefix]
  private static let chainLength = 8

  private let fields: IndexFields
  private let ranges: [[UInt8]: IndexRange]
  private var waiting: [IndexPrefix] = [.root]
  private var asked: [Chain] = []
  private var reads = 0
  private var seen: Set<StoredEntry> = []

  init(_ fields: IndexFields, _ ranges: [[UInt8]: IndexRange]) {
    self.fields = fields
    self.ranges = ranges
  }

  /// What to read next; nothing at the end.
  mutating func next() throws(IndexError) -> [IndexPrefix] {
    asked = []
    var count = 0
    while let prefix = waiting.last, count < IndexLimits.parallel {
      waiting.removeLast()
      var chain = [prefix]
      while chain.count < Self.chainLength, let last = chain.last {
        let below = children(of: last)
        guard below.count == 1 else { break }
        chain += below
      }
      asked.append(chain)
      count += chain.count
    }
    reads += count
    guard reads <= IndexLimits.readsPerScan else { throw .tooMuch }
    return asked.flatMap(\.self)
  }

  /// Takes what was read; gives the entries that are new, each with its key.
  mutating func take(_ nodes: [IndexPrefix: IndexNode]) throws(IndexError) -> [(key: IndexKey, entry: IndexEntry)] {
    var found: [(key: IndexKey, entry: IndexEntry)] = []
    for chain in asked {
      for (place, prefix) in chain.enumerated() {
        guard let node = nodes[prefix] else { break }
        for stored in node.entries {
          guard let key = fields.key(ofContent: stored.content), fields.contains(key, ranges),
            seen.insert(stored).inserted
          else { continue }
          found.append((key, stored.entry))
        }
        guard node.isNode else { break }
        if place == chain.count - 1 { waiting += children(of: prefix) }
      }
    }
    guard seen.count <= IndexLimits.entriesPerScan else { throw .tooMuch }
    return found
  }

  private func children(of prefix: IndexPrefix) -> [IndexPrefix] {
    guard prefix.size < 8 * fields.contentBytes else { return [] }
    return [prefix.child(true), prefix.child(false)].filter { fields.mayHold($0, ranges) }
  }
}
