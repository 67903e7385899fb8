package import DHTModel

/// What the application was told to be under a key, while the listen that told it ends and begins again, at the same
/// source or at another.
///
/// A beginning makes everything doubtful. What the new listen tells is certain again, and no news unless its content
/// differs. What it does not tell is doubtful until gets that ran to their end say what is there: only then, and once,
/// it is expired. So no counts, which go wrong when a source tells twice or a word is lost.
///
/// One get is not enough where the source began a moment ago: a node that has just joined asks whom it knows, finds
/// nothing, and seconds later tells of the value by the listen.
package struct ListenedValues: Sendable {
  /// What a step means: before and after; nil for not there.
  package struct Transition: Sendable {
    package let old: Value?
    package let new: Value?

    /// The change for somebody who sees only some values.
    package func change(ifSeen isSeen: (Value) -> Bool) -> ListenChange? {
      switch (old.flatMap { isSeen($0) ? $0 : nil }, new.flatMap { isSeen($0) ? $0 : nil }) {
      case (nil, nil): nil
      case (nil, let new?): .added(new)
      case (_?, let new?): .updated(new)
      case (let old?, nil): .expired(old)
      }
    }
  }

  private struct Entry {
    var value: Value
    var isDoubtful: Bool
    /// Gets in a row that did not find it while it is in doubt.
    var misses = 0
  }

  /// Values under one key; nodes keep no more.
  package static let maximumCount = 65536
  /// What they may cost; nodes keep no more.
  package static let maximumBytes = 64 << 20

  private var entries: [Value.ID: Entry] = [:]
  private var bytes = 0
  /// Values that found no room.
  package private(set) var dropped = 0
  package private(set) var doubtfulCount = 0

  /// Nothing is known but these, and all are doubtful.
  package init(doubtful values: [Value] = []) {
    for value in values {
      _ = take(value)
    }
    beginAgain()
  }

  /// All that was told, by id.
  package var values: [Value] { entries.keys.sorted().compactMap { entries[$0]?.value } }

  /// A new listen begins.
  package mutating func beginAgain() {
    for id in entries.keys {
      entries[id]?.isDoubtful = true
      entries[id]?.misses = 0
    }
    doubtfulCount = entries.count
  }

  /// The listen says that a value is there.
  package mutating func take(_ value: Value) -> Transition? {
    guard let entry = entries[value.id] else {
      guard entries.count < Self.maximumCount, bytes + value.cost <= Self.maximumBytes else {
        dropped += 1
        return nil
      }
      bytes += value.cost
      entries[value.id] = Entry(value: value, isDoubtful: false)
      return Transition(old: nil, new: value)
    }
    if entry.isDoubtful { doubtfulCount -= 1 }
    entries[value.id]?.isDoubtful = false
    // An older edition may be told by who has not heard of the newer one.
    guard !entry.value.hasSameContent(as: value), !entry.value.isNewerEdition(of: value) else { return nil }
    bytes += value.cost - entry.value.cost
    entries[value.id]?.value = value
    return Transition(old: entry.value, new: value)
  }

  /// The listen says that a value is gone.
  package mutating func expire(_ id: Value.ID) -> Transition? {
    guard let entry = entries.removeValue(forKey: id) else { return nil }
    if entry.isDoubtful { doubtfulCount -= 1 }
    bytes -= entry.value.cost
    return Transition(old: entry.value, new: nil)
  }

  /// A get that began after the listen, and ran to its end, found these and no others. What is in doubt, and was missed by
  /// so many gets in a row, is gone.
  package mutating func reconcile(found: Set<Value.ID>, patience: Int = 2) -> [Transition] {
    guard doubtfulCount > 0 else { return [] }
    var gone: [Value.ID] = []
    for (id, entry) in entries where entry.isDoubtful {
      let misses = found.contains(id) ? 0 : entry.misses + 1
      entries[id]?.misses = misses
      if misses >= patience { gone.append(id) }
    }
    return gone.sorted().compactMap { expire($0) }
  }
}
