internal import OpenDHT

extension PrefixIndex {
  /// Finds all entries whose keys lie in the ranges of some fields, in no particular order; all entries without ranges.
  ///
  ///     for try await found in try books.entries(in: ["title": .beginning(with: "du")]) {
  ///       print(found.key["title"] ?? [], found.entry)
  ///     }
  ///
  /// The network is read as the loop goes on, and no longer than it does. Throws `.unknownField` for a field that the index
  /// does not have; the loop throws what the network says, and `.tooMuch` when there is more than is read at once.
  public nonisolated func entries(in ranges: [String: IndexRange] = [:]) throws(IndexError) -> IndexEntries {
    let names = Set(fields.fields.map(\.name))
    for name in ranges.keys where !names.contains(Array(name.utf8)) { throw .unknownField(name) }
    let ranges = Dictionary(ranges.map { (Array($0.key.utf8), $0.value) }) { $1 }
    return IndexEntries(tree: tree, fields: fields, ranges: ranges)
  }
}

/// Entries of an index, as they are found. Each loop over it reads the network anew.
public struct IndexEntries: AsyncSequence, Sendable {
  /// An entry and the key that it was inserted under.
  public struct Element: Hashable, Sendable {
    /// The key.
    public var key: IndexKey
    /// The entry.
    public var entry: IndexEntry
  }
  /// Why the network could not be read to the end.
  public typealias Failure = IndexError
  let tree: IndexTree
  let fields: IndexFields
  let ranges: [[UInt8]: IndexRange]

  /// Begins at the root.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(tree: tree, scan: Scan(fields, ranges)) }

  /// Takes the entries one by one.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let tree: IndexTree
    var scan: Scan
    private var found: ArraySlice<Element> = []

    init(tree: IndexTree, scan: Scan) { (self.tree, self.scan) = (tree, scan) }

    /// The next entry; nil when there are no more.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(IndexError) -> Element? {
      while found.isEmpty {
        let prefixes = try scan.next()
        guard !prefixes.isEmpty else { return nil }
        var nodes: [IndexPrefix: IndexNode] = [:]
        do throws(DHTError) {
          for (prefix, node) in try await tree.readAll(prefixes) { nodes[prefix] = node }
        } catch {
          throw .network(error)
        }
        found = try scan.take(nodes).map { Element(key: $0.key, entry: $0.entry) }[...]
      }
      return found.popFirst()
    }
  }
}
