import DHTCollections
public import DHTModel

/// Puts, and what keeps them alive, over all families. (node.md §4.3–4.5)
extension Node {
  mutating func startPut(_ operation: OperationID, _ put: Operation.PutOperation) {
    for id in announcementsByKey[put.key] ?? [] {
      guard let old = announcements[id], old.value.id == put.value.id else { continue }
      if old.value.hasSameContent(as: put.value), old.isPermanent == put.options.isPermanent {
        return announcements[id]?.running.isEmpty == true ? renew(operation, put, id) : join(operation, put, id)
      }
      replace(id)
    }
    announce(operation, put)
  }

  /// An equal put is running, or keeps running: both share its result. (N-77)
  private mutating func join(_ operation: OperationID, _ put: Operation.PutOperation, _ id: Announce.ID) {
    var put = put
    put.announcement = id
    operations[operation] = .put(put)
    announcements[id]?.operations.append(operation)
    announcements[id]?.waiting.append(operation)
    announcementOfPut[operation] = id
    guard put.options.verify else { return }
    announcements[id]?.wantsVerify = true
    for index in overlays.indices { overlays[index].verifyAnnounce(id, at: put.key) }
  }

  /// The same value is kept alive already. What its first round achieved may be long untrue: a new round, in which
  /// nodes that hold the value only refresh it, tells how things are.
  private mutating func renew(_ operation: OperationID, _ put: Operation.PutOperation, _ id: Announce.ID) {
    let earlier = announcements[id]?.operations ?? []
    stopAnnouncement(id)
    announce(operation, put)
    guard let fresh = announcementOfPut[operation] else { return }
    // An application that puts the same again and again holds it by its newest puts.
    let kept = earlier.suffix(Self.holders)
    for other in earlier { announcementOfPut[other] = nil }
    announcements[fresh]?.operations += kept
    for other in kept { announcementOfPut[other] = fresh }
  }

  /// Ended puts of one permanent value that each must be cancelled before it is let go.
  private static let holders = 64

  /// Other content under the same id: the newest wins. (N-78)
  private mutating func replace(_ id: Announce.ID) {
    for operation in announcements[id]?.waiting ?? [] { finish(operation, .replaced) }
    stopAnnouncement(id)
  }

  private mutating func announce(_ operation: OperationID, _ put: Operation.PutOperation) {
    var put = put
    let id = freshSharedID()
    put.announcement = id
    operations[operation] = .put(put)
    var announcement = Announcement(
      id: id, key: put.key, value: put.value, isPermanent: put.options.isPermanent, wantsVerify: put.options.verify,
      isStoredLocally: put.isStoredLocally)
    announcement.operations = [operation]
    announcement.waiting = [operation]
    let announce = Announce(
      id: id, value: put.value, created: put.created, isPermanent: put.options.isPermanent,
      wantsVerify: put.options.verify, isGuarded: put.hasChosenID,
      lifetime: store.lifetime(ofType: put.value.type))
    for index in overlays.indices where overlays[index].startAnnounce(announce, at: put.key, &context) {
      announcement.running.insert(overlays[index].family)
    }
    announcements[id] = announcement
    announcementsByKey[put.key, default: []].append(id)
    announcementOfPut[operation] = id
    if announcement.running.isEmpty {
      finish(operation, overlays.isEmpty ? .invalid(.noAddressFamily) : .throttled)
      stopAnnouncement(id)
    }
  }

  mutating func acknowledge(_ id: Announce.ID, _ contact: NodeContact) {
    for operation in announcements[id]?.waiting ?? [] { context.outbox.tell(.acknowledged(operation, contact)) }
  }

  /// One family's first round is over.
  mutating func endAnnounce(_ id: Announce.ID, _ family: AddressFamily, _ end: Announce.End) {
    guard var announcement = announcements[id] else { return }
    announcement.running.remove(family)
    announcement.ends.append(end)
    announcements[id] = announcement
    if announcement.running.isEmpty || announcement.isStored && announcement.running.allSatisfy({ !isConnected($0) }) {
      reportAnnouncement(id)
    } else if announcement.isStored {
      // One family has it; the other gets a moment to say so, too. (N-88)
      announcements[id]?.grace = context.now + Self.familyGrace
      announceDeadlines.push(id, at: context.now + Self.familyGrace)
    }
  }

  /// Tells the puts that wait what was achieved.
  mutating func reportAnnouncement(_ id: Announce.ID) {
    guard let announcement = announcements[id] else { return }
    let ending: Ending = announcement.ends.allSatisfy(\.isIsolated) ? .isolated : .completed
    for operation in announcement.waiting { finish(operation, ending) }
    announcements[id]?.waiting = []
    announcements[id]?.grace = nil
    if !announcement.isPermanent, announcement.running.isEmpty { forgetAnnouncement(id) }
  }

  /// A put leaves its announcement, and takes a receipt with it. Ended early, it ends the work that only it wanted.
  mutating func leave(_ put: Operation.PutOperation, _ operation: OperationID, _ ending: Ending) -> PutReceipt {
    guard let id = put.announcement, announcements[id] != nil else {
      return PutReceipt(ending: ending, valueID: put.value.id, isStoredLocally: put.isStoredLocally)
    }
    announcements[id]?.waiting.removeAll { $0 == operation }
    let isEarly = ending == .cancelled || ending == .timedOut
    guard isEarly, let announcement = announcements[id], announcement.waiting.isEmpty else {
      return announcements[id]?.receipt(ending) ?? PutReceipt(ending: ending, valueID: put.value.id)
    }
    if !announcement.isPermanent || ending == .cancelled && announcement.operations == [operation] {
      return letGo(id)?.receipt(ending) ?? announcement.receipt(ending)
    }
    return partial(announcement).receipt(ending)
  }

  /// Takes an announcement from the searches. What nodes have, they keep until it expires.
  @discardableResult
  mutating func stopAnnouncement(_ id: Announce.ID) -> Announcement? {
    guard let announcement = forgetAnnouncement(id) else { return nil }
    let result = partial(announcement)
    for index in overlays.indices { _ = overlays[index].stopAnnounce(id, at: announcement.key) }
    return result
  }

  /// Nobody wants a value kept alive any more: it is not announced, and our copy lives as long as those of others.
  @discardableResult
  mutating func letGo(_ id: Announce.ID) -> Announcement? {
    guard let announcement = stopAnnouncement(id) else { return nil }
    if announcement.isPermanent, announcement.isStoredLocally {
      _ = store.put(
        announcement.value, at: announcement.key, created: context.now, origin: .local(isPermanent: false),
        now: context.now)
    }
    return announcement
  }

  @discardableResult
  private mutating func forgetAnnouncement(_ id: Announce.ID) -> Announcement? {
    guard let announcement = announcements.removeValue(forKey: id) else { return nil }
    for operation in announcement.operations { announcementOfPut[operation] = nil }
    announcementsByKey[announcement.key]?.removeAll { $0 == id }
    if announcementsByKey[announcement.key]?.isEmpty == true { announcementsByKey[announcement.key] = nil }
    return announcement
  }

  /// The announcement with what its unfinished families achieved so far.
  private func partial(_ announcement: Announcement) -> Announcement {
    var result = announcement
    for overlay in overlays where announcement.running.contains(overlay.family) {
      guard let announce = overlay.searches[announcement.key]?.announces.first(where: { $0.id == announcement.id })
      else { continue }
      var failed = announce.failed
      for (node, status) in announce.statuses.sorted(by: { $0.key < $1.key }) where status.isUnfinished {
        if let contact = overlay.contacts.known[node]?.contact {
          failed.append(PutFailure(node: contact, reason: .unfinished))
        }
      }
      result.ends.append(Announce.End(isIsolated: announce.stored.isEmpty, stored: announce.stored, failed: failed))
    }
    return result
  }

  /// Stops announcing a value, and removes it from our own storage. Other nodes keep it until it expires.
  /// Returns whether there was one.
  @discardableResult
  public mutating func cancelPut(_ valueID: Value.ID, at key: InfoHash, now: Instant) -> Bool {
    begin(now)
    var found = false
    for id in announcementsByKey[key] ?? [] {
      guard let announcement = announcements[id], announcement.value.id == valueID else { continue }
      for operation in announcement.waiting { finish(operation, .cancelled) }
      stopAnnouncement(id)
      found = true
    }
    for operation in held {
      if case .put(let put)? = operations[operation], put.key == key, put.value.id == valueID {
        finish(operation, .cancelled)
        found = true
      }
    }
    if found { _ = store.removeLocal(valueID, at: key) }
    settle()
    return found
  }
}

extension Announce.Status {
  /// Whether a node's answer is still out.
  var isUnfinished: Bool {
    switch self {
    case .probing, .putting, .refreshing, .verifying: true
    case .acknowledged, .refused, .withheld: false
    }
  }
}
