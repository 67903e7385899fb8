internal import DHTModel
internal import OpenDHT

/// An entry that this index inserted.
struct OwnEntry {
  var stored: StoredEntry
  var key: LinearKey
  var created: WallTime

  var end: WallTime { created + IndexLimits.lifetime }
  func isExpired(_ now: WallTime) -> Bool { end < now }
}

/// Our entries that move down when a prefix becomes a node of the tree, and the task that listens there.
struct Watch {
  var entries: [OwnEntry]
  let task: Task<Void, Never>
}

// Whoever splits a node leaves the entries of others where they are: each writes its own again, further down, when a mark
// appears on the next prefix of its path. (pht.md §8.4) Entries of one leaf share their listens.
extension PrefixIndex {
  /// Sees to an entry that stands at a node, until it expires.
  func watch(_ entry: OwnEntry, below node: IndexPrefix) {
    // Not into the padding, where no reader of OpenDHT comes.
    guard node.size + 1 < entry.key.size else { return }
    let prefix = IndexPrefix(entry.key.content, size: node.size + 1)
    if watches[prefix] != nil {
      watches[prefix]?.entries.removeAll { $0.stored == entry.stored }
      watches[prefix]?.entries.append(entry)
    } else if watches.count < IndexLimits.watches, let task = task(of: prefix) {
      watches[prefix] = Watch(entries: [entry], task: task)
    }
  }

  /// Prefixes that are watched, for tests.
  package var watched: [IndexPrefix] { Array(watches.keys) }

  // Holds the index only while it works, so that releasing the index ends the listens.
  private func task(of prefix: IndexPrefix) -> Task<Void, Never>? {
    spawn { [weak self, tree] in
      while let end = await self?.end(of: prefix) {
        if await tree.waitForMark(at: prefix, for: end - tree.network.now) {
          await self?.moveDown(to: prefix)
          return
        }
        // Neither marked nor over: the network is gone.
        if Task.isCancelled || tree.network.now < end { break }
      }
      await self?.forget(prefix)
    }
  }

  /// When the last entry below a prefix expires; nil when all have.
  private func end(of prefix: IndexPrefix) -> WallTime? {
    let now = tree.network.now
    watches[prefix]?.entries.removeAll { $0.isExpired(now) }
    return watches[prefix]?.entries.map(\.end).max()
  }

  private func forget(_ prefix: IndexPrefix) { watches[prefix] = nil }

  /// Writes entries again, at a prefix that became a node, or deeper. Where that fails they stay where they were.
  private func moveDown(to prefix: IndexPrefix) async {
    guard let watch = watches.removeValue(forKey: prefix) else { return }
    for entry in watch.entries where !entry.isExpired(tree.network.now) {
      do throws(DHTError) {
        let walked = try await walk(to: entry.key, followsPadding: false)
        // The walk may have missed the mark: never up again, or entries would go in circles.
        let target = walked.leaf.size > prefix.size ? walked.leaf : prefix
        try await place(entry, at: target, marking: [target])
      } catch {
        continue
      }
    }
  }
}
