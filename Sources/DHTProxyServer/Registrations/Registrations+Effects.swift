internal import DHTModel
internal import DHTProxyMessages
internal import OpenDHT

extension Registrations {
  /// Puts being made at a time after a start: the node has room for others beside them.
  private static let announcesAtATime = 64
  /// Listens begun at once after a start, and the pause between so many: a thousand in a second.
  private static let listensAtATime = 50
  private static let pauseBetweenListens: Duration = .milliseconds(50)
  /// Pause between looks for puts that the node had no room for, and the longest before a listen that ended begins anew.
  private static let retryPause: Duration = .seconds(30)

  /// Does what a change asks for. What stays here is done before anything else can come between.
  func perform(_ effects: [RegistrationEffect]) async {
    for effect in effects {
      switch effect {
      case .savePut(let id): unsaved.insert(.put(id))
      case .saveSubscription(let id): unsaved.insert(.subscription(id))
      case .listen(let key): listen(to: key)
      case .unlisten(let key): listening.removeValue(forKey: key)?.cancel()
      case .cancel(let id):
        unannounced.remove(id)
        pending.forget(id)
      case .push, .renewPushes, .dropPushes: break
      }
    }
    if !unsaved.isEmpty { save() }
    arm()
    for effect in effects {
      switch effect {
      case .cancel(let id): await cancel(id)
      case .push(let notification): await sender.push(notification)
      case .renewPushes(let id):
        if let context = subscriptions.entries[id]?.context { await sender.renew(id, with: context) }
      case .dropPushes(let id): await sender.drop(id)
      case .savePut, .saveSubscription, .listen, .unlisten: break
      }
    }
  }

  /// Has the node put a value, and keep it alive. The task gives why nobody stored it, if so.
  ///
  /// - Parameters:
  ///   - former: what stood in its place.
  func announce(
    _ value: Value, as id: PermanentPut.ID, former: PermanentPut? = nil
  ) -> Task<DHTError?, Never> {
    lastAnnounce += 1
    if let entry = puts.entries[id] { pending.begin(lastAnnounce, id, entry, former: former) }
    let (number, network) = (lastAnnounce, network)
    unannounced.remove(id)
    let task = Task { () -> DHTError? in
      do throws(DHTError) {
        try await network.put(value, id.key)
        return await self.announced(number, id, nil)
      } catch {
        return await self.announced(number, id, error)
      }
    }
    announcing[number] = task
    return task
  }

  private func announced(_ number: UInt64, _ id: PermanentPut.ID, _ error: DHTError?) async -> DHTError? {
    announcing[number] = nil
    switch error {
    case nil, .replaced:
      pending.accepted(number, id)
      return nil  // a newer put of the same id is announced in its place
    case .throttled, .notRunning:
      // Nothing began: nobody would announce it. What stood before is announced still.
      await takeBack(number, id, isInvalid: false)
      if isRunning, puts.entries[id] != nil { unannounced.insert(id) }
    case .invalid: await takeBack(number, id, isInvalid: true)
    default: pending.accepted(number, id)  // the node goes on by itself
    }
    return error
  }

  /// What the node refused makes way for what stood there before: a value that W-20 protects in the network is not ended
  /// by whoever puts another under its id.
  private func takeBack(_ number: UInt64, _ id: PermanentPut.ID, isInvalid: Bool) async {
    switch pending.refused(number, id) {
    case .unchanged: break
    case .gone: if isInvalid { await perform(puts.forget(id)) }
    case .former(let former):
      // A renewal for which there was no room is one all the same.
      guard isInvalid || puts.entries[id]?.value != former.value else { break }
      puts.restore(former, as: id)
      // It may not have been announced yet.
      if isRunning { unannounced.insert(id) }
      await perform([.savePut(id)])
    }
  }

  private func cancel(_ id: PermanentPut.ID) async {
    await network.cancel(id.valueID, id.key)
    // Someone may have put it again meanwhile.
    if isRunning, let entry = puts.entries[id] { _ = announce(entry.value, as: id) }
  }

  /// Makes the puts that were saved, and again and again those that the node had no room for.
  func announceAll() async {
    while !Task.isCancelled {
      for id in unannounced.sorted(by: PermanentPut.ID.precedes) {
        guard !Task.isCancelled else { return }
        guard unannounced.contains(id), let entry = puts.entries[id] else { continue }
        let task = announce(entry.value, as: id)
        if announcing.count >= Self.announcesAtATime { _ = await task.value }
      }
      do { try await Task.sleep(for: Self.retryPause) } catch { return }
    }
  }

  /// Begins the listens of subscriptions that were saved, few at a time: each asks a dozen nodes.
  func listenToAll() async {
    for (index, key) in subscriptions.keys.keys.sorted(by: { $0 < $1 }).enumerated() {
      if subscriptions.keys[key] != nil { listen(to: key) }
      guard (index + 1).isMultiple(of: Self.listensAtATime) else { continue }
      do { try await Task.sleep(for: Self.pauseBetweenListens) } catch { return }
    }
  }

  private func listen(to key: InfoHash) {
    guard listening[key] == nil else { return }
    listening[key] = Task { await self.watch(key) }
  }

  // A listen ends by itself when the node is stopped, or has no room for it.
  private func watch(_ key: InfoHash) async {
    var pause = Duration.seconds(1)
    while !Task.isCancelled {
      await network.listen(key) { change in await self.changed(change, at: key) }
      do { try await Task.sleep(for: pause * .random(in: 1...1.25)) } catch { return }
      pause = min(pause * 2, Self.retryPause)
    }
  }

  private func changed(_ change: ListenChange, at key: InfoHash) async {
    guard !Task.isCancelled else { return }
    await perform(subscriptions.changed(change, at: key))
  }

  func tokenIsGone(_ token: String) async {
    await perform(subscriptions.dropToken(token) + puts.dropToken(token))
  }

  /// Reminds of what ends soon, ends what is over, and sleeps until the next such moment.
  func advance() async {
    let now = Instant.uptime
    await perform(puts.advance(to: now) + subscriptions.advance(to: now))
  }

  private func arm() {
    guard isRunning, let due = [puts.nextDeadline, subscriptions.nextDeadline].compactMap({ $0 }).min() else { return }
    if let timer, timer.due <= due { return }
    timer?.task.cancel()
    timer = (due, Task { await self.wake(at: due) })
  }

  private func wake(at due: Instant) async {
    do { try await Task.sleep(for: max(.zero, due - .uptime)) } catch { return }
    timer = nil
    await advance()
  }
}
