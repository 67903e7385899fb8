internal import OpenDHT

extension IndexTree {
  /// The entries that share the most leading bits with a key, once the way to its leaf was walked.
  ///
  /// The subtree beside a node of depth d holds entries that share d − 1 bits with the key. So it is looked at from the
  /// leaf upwards, until something is found that no subtree further up can surpass, or the root is passed.
  func nearest(to key: LinearKey, after walked: Walked) async throws(DHTError) -> [StoredEntry] {
    var nearest = Nearest(to: key.content)
    for entry in walked.found { nearest.take(entry) }
    var reads = IndexLimits.readsPerNearest
    var prefix = walked.leaf
    while let parent = prefix.parent, let beside = prefix.sibling, nearest.sharedBits < parent.size, reads > 0 {
      for entry in try await firstEntries(below: beside, reads: &reads) { nearest.take(entry) }
      prefix = parent
    }
    return nearest.entries
  }

  /// What stands in a subtree, level by level, until there is about a node full. All of it shares the same number of
  /// bits with the key, and may be half of the index.
  private func firstEntries(below top: IndexPrefix, reads: inout Int) async throws(DHTError) -> [StoredEntry] {
    var level = [top]
    var entries: [StoredEntry] = []
    while !level.isEmpty, reads > 0, entries.count < IndexLimits.nodeEntries {
      let nodes = try await readAll(Array(level.prefix(reads)))
      reads -= nodes.count
      entries += nodes.flatMap(\.node.entries)
      level = nodes.flatMap { prefix, node in
        node.isNode && prefix.size < 8 * contentBytes ? [prefix.child(false), prefix.child(true)] : []
      }
    }
    return entries
  }

  /// Reads several prefixes, some at once; in the order given.
  func readAll(_ prefixes: [IndexPrefix]) async throws(DHTError) -> [(prefix: IndexPrefix, node: IndexNode)] {
    let result = await withTaskGroup(
      of: (Int, Result<IndexNode, DHTError>).self, returning: Result<[IndexNode?], DHTError>.self
    ) { group in
      var nodes = [IndexNode?](repeating: nil, count: prefixes.count)
      for index in prefixes.indices.prefix(IndexLimits.parallel) {
        group.addTask { await readResult(prefixes[index], index) }
      }
      var next = IndexLimits.parallel
      while let (index, answer) = await group.next() {
        switch answer {
        case .success(let node): nodes[index] = node
        case .failure(let error):
          group.cancelAll()
          return .failure(error)
        }
        guard next < prefixes.count else { continue }
        let waiting = next
        group.addTask { await readResult(prefixes[waiting], waiting) }
        next += 1
      }
      return .success(nodes)
    }
    return zip(prefixes, try result.get()).compactMap { prefix, node in node.map { (prefix, $0) } }
  }
}
