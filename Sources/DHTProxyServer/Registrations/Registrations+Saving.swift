internal import DHTModel
internal import DHTSecurity
internal import Logging
internal import OpenDHT

/// Names what is saved.
enum SavedID: Hashable, Sendable {
  case put(PermanentPut.ID)
  case subscription(Subscription.ID)
}

extension Registrations {
  /// After a save that failed, the next is tried so much later: a full disk stays full for a while.
  private static let pauseAfterFailure: Duration = .seconds(2)

  /// Waits until all that has changed so far is on disk. False when it cannot be written.
  func isSaved() async -> Bool {
    guard storage != nil, !unsaved.isEmpty || saving != nil else { return true }
    // The last save may have been made: what comes now is not promised.
    guard isRunning else { return false }
    return await withCheckedContinuation { continuation in
      savers.append(continuation)
      save()
    }
  }

  /// Has everything that changed written, soon.
  func save() {
    guard storage != nil else {
      unsaved = []
      return
    }
    if saving == nil, isRunning { saving = Task { await self.saveAll() } }
  }

  // What comes while the disk is busy is written by the next turn, all at once: however many requests there are, the disk
  // is waited for once at a time.
  private func saveAll() async {
    while !unsaved.isEmpty || !savers.isEmpty {
      let (ids, waiting) = (unsaved, savers)
      (unsaved, savers) = ([], [])
      let error = await write(ids)
      for continuation in waiting { continuation.resume(returning: error == nil) }
      guard let error else { continue }
      unsaved.formUnion(ids)
      logger?.error("Registrations cannot be saved: \(error)")
      guard isRunning else { break }
      try? await Task.sleep(for: Self.pauseAfterFailure)
    }
    saving = nil
    let waiting = savers
    savers = []
    for continuation in waiting { continuation.resume(returning: false) }
  }

  private func write(_ ids: Set<SavedID>) async -> SecurityError? {
    guard let storage else { return nil }
    do throws(SecurityError) {
      if await storage.mustRewrite {
        try await storage.rewrite(saved)
      } else {
        try await storage.append(ids.map { change(of: $0) })
      }
      return nil
    } catch {
      return error
    }
  }
}

extension Registrations {
  /// Everything, to be written.
  var saved: SavedRegistrations {
    let offset = Self.offsetOfDates
    var saved = SavedRegistrations()
    saved.puts = puts.entries.mapValues { SavedRegistrations.Put($0, offset) }
    saved.subscribers = subscriptions.entries.mapValues { SavedRegistrations.Subscriber($0, offset) }
    return saved
  }

  private func change(of id: SavedID) -> RegistrationChange {
    let offset = Self.offsetOfDates
    return switch id {
    case .put(let id): .put(id, puts.entries[id].map { SavedRegistrations.Put($0, offset) })
    case .subscription(let id):
      .subscriber(id, subscriptions.entries[id].map { SavedRegistrations.Subscriber($0, offset) })
    }
  }

  /// Takes up what was saved. What is over ends, and what is due is reminded of, with the first `advance`. `start`
  /// begins the listens; the node puts what has to be put by and by.
  func restore(_ saved: SavedRegistrations) {
    let offset = Self.offsetOfDates
    // No later than a lifetime from now: a clock that was wrong does not keep anything for years.
    let latest = Instant.uptime + puts.limits.lifetime
    for (id, put) in saved.puts {
      let end = min(Instant(seconds: put.end, offset), latest)
      puts.restore(PermanentPut(value: put.value, end: end, context: put.context, secret: put.secret), as: id)
      unannounced.insert(id)
    }
    for (id, subscriber) in saved.subscribers {
      let end = min(Instant(seconds: subscriber.end, offset), latest)
      let entry = Subscription(context: subscriber.context, end: end, secret: subscriber.secret)
      _ = subscriptions.restore(entry, as: id)
    }
  }

  /// Nanoseconds from the clock of uptime to the date.
  private static var offsetOfDates: Int64 { WallTime.now.nanoseconds - Instant.uptime.nanoseconds }
}

extension Instant {
  fileprivate init(seconds: Int64, _ offset: Int64) {
    self.init(nanoseconds: WallTime(seconds: seconds).nanoseconds.subtractingClamped(offset))
  }
}

extension Int64 {
  fileprivate func subtractingClamped(_ other: Int64) -> Int64 {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? (self > 0 ? .max / 2 : .min / 2) : difference
  }
}

extension SavedRegistrations.Put {
  fileprivate init(_ put: PermanentPut, _ offset: Int64) {
    let end = WallTime(nanoseconds: put.end.nanoseconds &+ offset)
    self.init(value: put.value, end: end.seconds, context: put.context, secret: put.secret)
  }
}

extension SavedRegistrations.Subscriber {
  fileprivate init(_ subscription: Subscription, _ offset: Int64) {
    let end = WallTime(nanoseconds: subscription.end.nanoseconds &+ offset)
    self.init(context: subscription.context, end: end.seconds, secret: subscription.secret)
  }
}
