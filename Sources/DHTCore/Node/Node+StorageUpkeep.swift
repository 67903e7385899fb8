import DHTCollections
import DHTModel

/// Passing on what we keep for others, when asked to. (node.md §5.8)
///
/// Off by default: a value then lives as long as its publisher puts it again.
extension Node {
  /// How often a key is looked at, the first time so long after it came. Deployed peers mean to do the same, but their
  /// first look never comes. (node.md W-28)
  private static let keyPause: Duration = .seconds(600)
  /// Values that end sooner are not worth passing on. Same source.
  private static let worthwhileLife: Duration = .seconds(600)

  /// Whether values are still being passed on. After `shutDown`, a driver that wants nothing lost waits until they are.
  public var isPassingOn: Bool { announcements.values.contains { $0.operations.isEmpty } }

  /// A key came to be stored.
  mutating func watchKey(_ key: InfoHash) {
    guard configuration.maintainsStorage, watchedKeys.insert(key).inserted else { return }
    keyDeadlines.push(key, at: context.now + Self.keyPause)
  }

  mutating func advanceWatchedKeys() {
    while let key = keyDeadlines.popDue(context.now) {
      guard store.hasKey(key), !isShutDown else {
        watchedKeys.remove(key)
        continue
      }
      keyDeadlines.push(key, at: context.now + Self.keyPause)
      // Eight live nodes nearer than we are: it is theirs.
      let farther = overlays.indices.filter { index in
        let nearest = closestGood(to: key, count: Bucket.capacity, index)
        return nearest.count == Bucket.capacity && nearest.allSatisfy { $0.id.isCloser(to: key, than: id) }
      }
      passOn(key, over: farther, livingLonger: Self.worthwhileLife)
    }
  }

  /// Passes on everything, since this node is about to leave.
  mutating func passOnAll() {
    guard configuration.maintainsStorage else { return }
    for description in store.descriptions(at: nil, now: context.now) {
      passOn(description.key, over: Array(overlays.indices), livingLonger: .zero)
    }
  }

  private mutating func passOn(_ key: InfoHash, over indices: [Int], livingLonger life: Duration) {
    guard !indices.isEmpty, let stored = store.descriptions(at: key, now: context.now).first else { return }
    for entry in stored.values where entry.remaining.map({ $0 > life }) ?? true {
      let isAnnounced = (announcementsByKey[key] ?? []).contains { announcements[$0]?.value.id == entry.value.id }
      guard !isAnnounced else { continue }
      let announce = Announce(
        id: freshSharedID(), value: entry.value, created: context.now - entry.age, isPermanent: false,
        wantsVerify: false, isGuarded: true, lifetime: store.lifetime(ofType: entry.value.type))
      var announcement = Announcement(
        id: announce.id, key: key, value: entry.value, isPermanent: false, wantsVerify: false, isStoredLocally: true)
      for index in indices where overlays[index].startAnnounce(announce, at: key, &context) {
        announcement.running.insert(overlays[index].family)
      }
      guard !announcement.running.isEmpty else { continue }
      announcements[announce.id] = announcement
      announcementsByKey[key, default: []].append(announce.id)
    }
  }
}
