import DHTModel

/// Whom to ask next about a key, nearest first; nothing else.
///
/// Nodes that never answered cannot push out nodes that did, however near they claim to be: otherwise a
/// handful of invented ids would cut us off from a key. (node.md W-2)
///
/// Nor can one network: ids are free to choose, addresses are not. Of each network the nearest two count first, those
/// that answered before those that did not; the others step back behind nodes of other networks, and count when there are
/// too few of these. So a small network that stands in one place works as ever. (node.md W-41)
struct Lookup {
  let key: InfoHash
  /// Sorted by distance to the key.
  private(set) var candidates: [Candidate] = []
  /// Candidates of one network that count first.
  private let perSite: Int
  /// Whether some network had more than its share. Usually none has, and nothing need be looked at.
  private(set) var hasCrowds = false

  /// Nodes that are kept once they answered. (node.md §0.1: SEARCH_NODES)
  static let confirmedLimit = 14
  /// Nodes that never answered, kept while they may still. The reference takes 25 dead ones in a row for a dead link.
  static let unconfirmedLimit = 32
  /// Nodes that were given up on, kept so that they are not asked again, and never in the place of others.
  static let failedLimit = 32
  /// Replicas of a value, and nodes that a get wants to hear. (node.md §0.1: K)
  static let width = 8

  /// Candidates that are kept though others of their network come before them, of each kind: with two, more than enough
  /// for a network of one place.
  static let crowdedLimit = 12

  init(key: InfoHash, perSite: Int = Limits().nodesPerSite) {
    self.key = key
    self.perSite = perSite
  }

  func index(of id: NodeID) -> Int? { candidates.firstIndex { $0.id == id } }

  subscript(id: NodeID) -> Candidate? { index(of: id).map { candidates[$0] } }

  /// Changes a candidate in place; does nothing when it is gone.
  mutating func update(_ id: NodeID, _ change: (inout Candidate) -> Void) {
    guard let at = index(of: id) else { return }
    change(&candidates[at])
  }

  /// Adds a node that somebody named. Returns whether it is new and near enough to be kept.
  @discardableResult
  mutating func insert(_ contact: NodeContact, hop: Int, isDoubtful: Bool = false) -> Bool {
    if let at = index(of: contact.id) {
      if !isDoubtful { candidates[at].confirm() }
      // The same id at another address: what answers is believed, what never did, or no longer does, is not.
      let isBelieved = candidates[at].answered != nil && !candidates[at].isFailed
      if !isBelieved, candidates[at].asks == 0, candidates[at].contact != contact {
        candidates[at].contact = contact
        candidates[at].revive()
        noteCrowd(at: candidates[at].site)
      }
      return false
    }
    var place = candidates.count
    while place > 0, contact.id.isCloser(to: key, than: candidates[place - 1].id) { place -= 1 }
    candidates.insert(Candidate(contact, hop: hop, isDoubtful: isDoubtful), at: place)
    noteCrowd(at: candidates[place].site)
    trim()
    return index(of: contact.id) != nil
  }

  mutating func updateAll(_ change: (inout Candidate) -> Void) {
    for at in candidates.indices { change(&candidates[at]) }
  }

  /// The eighth nearest live node; nil when there are fewer.
  var eighth: NodeID? {
    if hasCrowds {
      let front = first(Self.width) { !$0.isFailed }
      return front.count == Self.width ? front[Self.width - 1].id : nil
    }
    var live = 0
    for candidate in candidates where !candidate.isFailed {
      live += 1
      if live == Self.width { return candidate.id }
    }
    return nil
  }

  var liveCount: Int { candidates.count { !$0.isFailed } }

  mutating func remove(where test: (Candidate) -> Bool) { candidates.removeAll(where: test) }

  /// The first candidates that pass a test, nearest first.
  func first(_ count: Int, where test: (Candidate) -> Bool) -> [Candidate] {
    if hasCrowds { return firstAmongCrowds(count, where: test) }
    var found: [Candidate] = []
    for candidate in candidates where test(candidate) {
      found.append(candidate)
      if found.count == count { break }
    }
    return found
  }

  /// The nearest live nodes, which must all have answered before a get is complete. Those that are overdue
  /// count only while nobody else answered at all.
  func front(at now: Instant) -> [Candidate] {
    let prompt = first(Self.width) { !$0.isFailed && !$0.isOverdue(at: now) }
    let anyAnswer = candidates.contains { !$0.isFailed && $0.answered != nil }
    return anyAnswer && !prompt.isEmpty ? prompt : first(Self.width) { !$0.isFailed }
  }

  /// Asks in flight to nodes that are not late.
  var solicited: Int { candidates.count { $0.asks > 0 && !$0.isLate } }
}

// MARK: Crowds

extension Lookup {
  private func firstAmongCrowds(_ count: Int, where test: (Candidate) -> Bool) -> [Candidate] {
    var found: [Int] = []
    for wantsCrowded in [false, true] {
      for at in candidates.indices where found.count < count {
        if candidates[at].isCrowded == wantsCrowded, test(candidates[at]) { found.append(at) }
      }
    }
    return found.sorted().map { candidates[$0] }
  }

  /// A candidate of a network came.
  private mutating func noteCrowd(at site: UInt64?) {
    guard let site else { return }
    if !hasCrowds {
      guard candidates.count(where: { $0.site == site }) > perSite else { return }
      hasCrowds = true
    }
    markCrowds()
  }

  /// Says anew which candidates step back: others may have answered, or failed. Who never answered makes nobody step
  /// back who did: else inventing nodes in a network would keep its real ones out.
  mutating func markCrowds() {
    guard hasCrowds else { return }
    var counts: [UInt64: Int] = [:]
    for isConfirmed in [true, false] {
      for at in candidates.indices where (candidates[at].answered != nil) == isConfirmed {
        guard let site = candidates[at].site, !candidates[at].isFailed else {
          candidates[at].isCrowded = false
          continue
        }
        let count = counts[site, default: 0]
        candidates[at].isCrowded = count >= perSite
        counts[site] = count + 1
      }
    }
  }
}

extension Lookup {
  private mutating func trim() {
    var (confirmed, unconfirmed, failed) = (0, 0, 0)
    var (confirmedCrowd, unconfirmedCrowd) = (0, 0)
    // Nearest first, so the farthest of each kind go.
    candidates.removeAll { candidate in
      let isOver: Bool
      if candidate.isFailed {
        failed += 1
        isOver = failed > Self.failedLimit
      } else if candidate.isCrowded {
        if candidate.answered != nil { confirmedCrowd += 1 } else { unconfirmedCrowd += 1 }
        isOver = (candidate.answered != nil ? confirmedCrowd : unconfirmedCrowd) > Self.crowdedLimit
      } else if candidate.answered != nil {
        confirmed += 1
        isOver = confirmed > Self.confirmedLimit
      } else {
        unconfirmed += 1
        isOver = unconfirmed > Self.unconfirmedLimit
      }
      return isOver && candidate.asks == 0
    }
  }
}
