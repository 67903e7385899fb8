public import DHTModel
public import OpenDHT

/// An index in the network: finds entries by keys of one or more fields, exactly or by the longest common prefix.
///
///     let books = try PrefixIndex(dht, named: "books", fields: ["title": 16])
///     try await books.insert(IndexEntry(hash: InfoHash(hashing: "dune")), under: IndexKey(text: ["title": "dune"]))
///     for entry in try await books.lookup(IndexKey(text: ["title": "dune"])).entries { print(entry) }
///
/// Everyone who uses the name and the fields shares the index; what OpenDHT calls Pht reads what this writes, and the
/// reverse. Anyone can write to it. Entries live ten minutes: insert them again before that to keep them.
///
/// The index tends what it inserted for as long as it is held: when others split a node, its entries move down with it.
public actor PrefixIndex {
  /// The fields of its keys.
  public nonisolated let fields: IndexFields
  let tree: IndexTree
  /// Thrown for each node above one that was marked; a test may load it.
  let coin: @Sendable () -> Bool
  var cache = LeafCache()
  var watches: [IndexPrefix: Watch] = [:]
  /// Starts a task of its own; nil when the place where they run is being torn down.
  typealias Spawn = @Sendable (@escaping @Sendable () async -> Void) -> Task<Void, Never>?
  let spawn: Spawn
  private var climbs: [Int: Task<Void, Never>] = [:]
  private var climbCount = 0

  /// The index of this name. Sends nothing.
  ///
  /// Throws when there is no field, one twice, or when they are too long for a value of the network.
  public init(_ dht: DHT, named name: String, fields: IndexFields) throws(IndexError) {
    try self.init(dht, named: Array(name.utf8), fields: fields)
  }

  /// The index of a name that is no text.
  public init(_ dht: DHT, named name: [UInt8], fields: IndexFields) throws(IndexError) {
    try self.init(on: dht, named: name, fields: fields)
  }

  package init(
    on network: any IndexNetwork, named name: [UInt8], fields: IndexFields,
    coin: @escaping @Sendable () -> Bool = { Bool.random() },
    spawn: @escaping @Sendable (@escaping @Sendable () async -> Void) -> Task<Void, Never>? = { work in
      Task { await work() }
    }
  ) throws(IndexError) {
    try fields.validate()
    self.fields = fields
    self.coin = coin
    self.spawn = spawn
    tree = IndexTree(network: network, name: IndexName(name), contentBytes: fields.contentBytes)
  }

  deinit {
    for watch in watches.values { watch.task.cancel() }
    for task in climbs.values { task.cancel() }
  }
}

extension DHT {
  /// The index of this name, over this node. See `PrefixIndex`.
  ///
  ///     let books = try dht.index(named: "books", fields: ["title": 16])
  ///
  /// Throws when there is no field, one twice, or when they are too long for a value of the network.
  public func index(named name: String, fields: IndexFields) throws(IndexError) -> PrefixIndex {
    try PrefixIndex(self, named: name, fields: fields)
  }
}

/// Which entries a lookup finds.
public enum IndexMatch: Hashable, Sendable {
  /// Those of just the key.
  case exact
  /// Those that share the most leading bits with the key; of very many that share as many, some.
  case nearest
}

/// What a lookup found.
public struct IndexResult: Hashable, Sendable {
  /// Each entry once.
  public var entries: [IndexEntry]
  /// The node of the tree where the key stands, or would stand: as deep as its own bits go, without the padding.
  public var leaf: IndexPrefix
}

extension PrefixIndex {
  /// Finds entries; none is a result, too.
  ///
  ///     let found = try await books.lookup(IndexKey(text: ["title": "dun"]), .nearest)
  ///     print(found.entries)
  ///
  /// Throws when the key does not fit the index, and when the network cannot be asked. Cancelling the task ends it.
  public func lookup(_ key: IndexKey, _ match: IndexMatch = .exact) async throws(IndexError) -> IndexResult {
    let key = try fields.linear(key)
    do throws(DHTError) {
      let walked = try await walk(to: key, followsPadding: true)
      cache.insert(walked.leaf, now: tree.network.now)
      let stored =
        switch match {
        case .exact: walked.found.filter { $0.content == key.content }
        case .nearest: try await tree.nearest(to: key, after: walked)
        }
      var seen: Set<IndexEntry> = []
      let leaf = IndexPrefix(key.content, size: min(walked.leaf.size, max(0, key.size - 1)))
      return IndexResult(entries: stored.map(\.entry).filter { seen.insert($0).inserted }, leaf: leaf)
    } catch {
      throw .network(error)
    }
  }

  /// Stores an entry under a key, for ten minutes from `created`, nil for now.
  ///
  ///     try await books.insert(IndexEntry(hash: shelf, id: 7), under: ["title": Array("dune".utf8)])
  ///
  /// Throws when the key does not fit the index, `.expired` when the entry is too old, and what the network says when no
  /// node took it. Cancelling the task ends it; what was sent until then stays until it expires.
  public func insert(
    _ entry: IndexEntry, under key: IndexKey, created: WallTime? = nil
  ) async throws(IndexError) {
    let key = try fields.linear(key)
    let now = tree.network.now
    let ours = OwnEntry(
      stored: StoredEntry(content: key.content, entry: entry), key: key, created: created ?? now)
    guard !ours.isExpired(now) else { throw .expired }
    do throws(DHTError) {
      let walked = try await walk(to: key, followsPadding: false)
      let found = walked.found.filter { $0 != ours.stored }
      switch Placement(of: key, leaf: walked.leaf.size, among: found) {
      case .join:
        let target = try await joined(walked)
        try await place(ours, at: target, marking: [target])
      case .split(let depth):
        let levels = (walked.leaf.size...depth).reversed().map { IndexPrefix(key.content, size: $0) }
        try await place(ours, at: levels[0], marking: levels)
      }
    } catch {
      throw .network(error)
    }
  }
}

extension PrefixIndex {
  func walk(to key: LinearKey, followsPadding: Bool) async throws(DHTError) -> Walked {
    let start = cache.depth(of: key.content, now: tree.network.now)
    return try await tree.walk(to: key, start: start, followsPadding: followsPadding)
  }

  /// The leaf; or the node above it, when few entries stand there, here and beside it. (pht.md §8.1)
  private func joined(_ walked: Walked) async throws(DHTError) -> IndexPrefix {
    let leaf = walked.leaf
    guard let parent = leaf.parent, let sibling = leaf.sibling else { return leaf }
    var count = 0
    for (prefix, known) in [(leaf, walked.nodes[leaf.size]), (parent, walked.nodes[parent.size]), (sibling, nil)] {
      // A read that fails counts as nothing, as peers have it.
      let node = if let known { known } else { (try? await tree.read(prefix)) ?? IndexNode() }
      count += node.entries.count
      guard count < IndexLimits.nodeEntries else { return leaf }
    }
    return parent
  }

  /// Writes an entry and the marks of its way, then sees to it until it expires.
  func place(
    _ entry: OwnEntry, at target: IndexPrefix, marking levels: [IndexPrefix]
  ) async throws(DHTError) {
    cache.insert(target, now: tree.network.now)
    async let marking: Void = tree.mark(levels)
    do throws(DHTError) {
      try await tree.write(entry.stored, at: target, created: entry.created)
    } catch {
      await marking
      throw error
    }
    await marking
    climb(from: levels.last ?? target)
    watch(entry, below: target)
  }

  private func climb(from prefix: IndexPrefix) {
    climbCount += 1
    let number = climbCount
    climbs[number] = spawn { [weak self, tree, coin] in
      await tree.markAbove(prefix, coin: coin)
      await self?.climbed(number)
    }
  }

  private func climbed(_ number: Int) { climbs[number] = nil }

  /// Whether no node is being marked for what was inserted before, for tests.
  package var isIdle: Bool { climbs.isEmpty }
}
