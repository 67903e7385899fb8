internal import DHTModel
internal import OpenDHT

/// The tree of an index as it stands in the network: what can be read there, and written.
struct IndexTree: Sendable {
  let network: any IndexNetwork
  let name: IndexName
  /// Bytes of the index's linear keys.
  let contentBytes: Int

  /// Reads what stands at a prefix.
  func read(_ prefix: IndexPrefix) async throws(DHTError) -> IndexNode {
    var node = IndexNode()
    try await network.read(prefix.key) { node.take($0, of: name, contentBytes: contentBytes) }
    return node
  }

  /// Marks a prefix and its sibling as nodes of the tree. Nothing is lost when that fails: the next insert does it again.
  func mark(_ prefixes: [IndexPrefix]) async {
    var writes = prefixes.flatMap { [$0, $0.sibling] }.compactMap(\.self).makeIterator()
    await withTaskGroup { group in
      for prefix in (0..<IndexLimits.parallel).compactMap({ _ in writes.next() }) {
        group.addTask { await markAlone(prefix) }
      }
      while await group.next() != nil {
        if let prefix = writes.next() { group.addTask { await markAlone(prefix) } }
      }
    }
  }

  private func markAlone(_ prefix: IndexPrefix) async {
    try? await network.write(name.canary, at: prefix.key, created: nil)
  }

  /// Marks the nodes above a prefix, each half as often as the one below it: that is how they stay alive. (pht.md §8.3)
  func markAbove(_ prefix: IndexPrefix, coin: @Sendable () -> Bool) async {
    var prefix = prefix
    while let parent = prefix.parent, coin(), !Task.isCancelled {
      await mark([parent])
      prefix = parent
    }
  }

  /// Stores an entry at a prefix.
  func write(_ entry: StoredEntry, at prefix: IndexPrefix, created: WallTime) async throws(DHTError) {
    try await network.write(name.value(of: entry), at: prefix.key, created: created)
  }

  /// Whether a canary shows up at a prefix within the time.
  func waitForMark(at prefix: IndexPrefix, for time: Duration) async -> Bool {
    await network.waitForValue(at: prefix.key, ofType: name.canaryType, for: time) { [name] in name.isCanary($0) }
  }
}

/// Where a walk ended, and what it saw.
struct Walked {
  var leaf: IndexPrefix
  /// What stands at the depths that answered.
  var nodes: [Int: IndexNode]
  /// All entries, in the order they came.
  var found: [StoredEntry]
}

extension IndexTree {
  /// Finds the leaf of a key. A read that fails makes all of it fail.
  func walk(to key: LinearKey, start: Int?, followsPadding: Bool) async throws(DHTError) -> Walked {
    let result = await withTaskGroup { group in
      var walk = Walk(
        size: key.size, allBits: 8 * key.content.count, start: start, followsPadding: followsPadding)
      var nodes: [Int: IndexNode] = [:]
      var found = IndexNode()
      var step = walk.begin()
      while true {
        switch step {
        case .ask(let depths):
          for depth in depths {
            group.addTask { await readResult(IndexPrefix(key.content, size: depth), depth) }
          }
        case .wait:
          break
        case .end(let leaf):
          group.cancelAll()
          return Result<Walked, DHTError>.success(
            Walked(leaf: IndexPrefix(key.content, size: leaf), nodes: nodes, found: found.entries))
        }
        guard let (depth, answer) = await group.next() else { preconditionFailure("a walk waits for nothing") }
        switch answer {
        case .success(let node):
          nodes[depth] = node
          for entry in node.entries { found.take(entry) }
          step = walk.answered(depth, isNode: node.isNode)
        case .failure(let error):
          group.cancelAll()
          return .failure(error)
        }
      }
    }
    return try result.get()
  }

  /// Reads a prefix, for a caller that sorts what comes by a number.
  func readResult(_ prefix: IndexPrefix, _ number: Int) async -> (Int, Result<IndexNode, DHTError>) {
    do throws(DHTError) {
      return (number, .success(try await read(prefix)))
    } catch {
      return (number, .failure(error))
    }
  }
}
