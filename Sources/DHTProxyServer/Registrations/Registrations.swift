package import DHTModel
package import DHTProxyMessages
internal import DHTSecurity
package import Logging
package import OpenDHT

/// What clients leave with a server: permanent puts and push subscriptions. Drives `PermanentPuts` and `Subscriptions` by
/// requests, the clock and the node's news; sends what they say; keeps both on disk. (proxy.md §6, §8, §10)
///
/// A permanent put and a SUBSCRIBE are answered when they are on disk: what was acknowledged outlives `kill -9`.
public actor Registrations {
  /// How registrations are kept.
  public struct Configuration: Sendable {
    /// What they may take.
    public var limits = RegistrationLimits()
    /// Where pushes go.
    public var push = PushConfiguration()
    /// The file that they are saved in; beside it stands a journal. Nil: they end with the process.
    public var statePath: String?

    /// No gateway, nothing saved.
    public init() {}
  }

  let network: RegistrationNetwork
  let logger: Logger?
  let storage: RegistrationStorage?
  let sender: PushSender
  var puts: PermanentPuts
  var subscriptions: Subscriptions
  var isRunning = false
  /// What changed since the last save, who waits for it to be safe, and the task that saves.
  var unsaved: Set<SavedID> = []
  var savers: [CheckedContinuation<Bool, Never>] = []
  var saving: Task<Void, Never>?
  /// One listen of the node for each key with subscribers.
  var listening: [InfoHash: Task<Void, Never>] = [:]
  /// Puts that are being made, each with the number of its task.
  var announcing: [UInt64: Task<DHTError?, Never>] = [:]
  var lastAnnounce: UInt64 = 0
  /// Puts that the node does not know of yet, or had no room for.
  var unannounced: Set<PermanentPut.ID> = []
  /// Puts that the node has not judged yet.
  var pending = PendingPuts()
  var background: [Task<Void, Never>] = []
  var timer: (due: Instant, task: Task<Void, Never>)?

  /// Registrations of a node. Nothing happens before `start()`.
  package init(_ dht: DHT, _ configuration: Configuration = Configuration(), logger: Logger? = nil) {
    self.init(RegistrationNetwork(dht), configuration, logger: logger)
  }

  init(_ network: RegistrationNetwork, _ configuration: Configuration, logger: Logger? = nil) {
    self.network = network
    self.logger = logger
    storage = configuration.statePath.map {
      RegistrationStorage(path: $0, journalAllowance: configuration.limits.journalAllowance)
    }
    sender = PushSender(
      configuration.push,
      transport: PushTransport(configuration.push, reported: network.reported, resolve: network.resolve),
      logger: logger)
    puts = PermanentPuts(configuration.limits, defaultTopic: configuration.push.defaultTopic)
    subscriptions = Subscriptions(configuration.limits, defaultTopic: configuration.push.defaultTopic)
  }

  /// Takes up what was saved: puts are announced again, subscriptions listen again.
  ///
  /// - Throws: what keeps the files from being read or written. Nothing runs then.
  package func start() async throws(SecurityError) {
    precondition(!isRunning && background.isEmpty, "registrations are started once")
    if let storage {
      do throws(SecurityError) { try await takeUp(from: storage) } catch {
        await storage.release()
        throw error
      }
    }
    isRunning = true
    background.append(Task { await self.listenToAll() })
    background.append(Task { await self.announceAll() })
    let tokens = sender.goneTokens
    background.append(Task { for await token in tokens { await self.tokenIsGone(token) } })
    await advance()
  }

  private func takeUp(from storage: RegistrationStorage) async throws(SecurityError) {
    let found = try await storage.load()
    for remark in found.remarks { logger?.warning("\(remark)") }
    restore(found.saved)
    try await storage.rewrite(saved)
  }

  /// Saves everything, and ends everything. The node may run on: it announces nothing that nobody would end.
  package func stop() async {
    guard isRunning else { return await sender.stop() }
    isRunning = false
    timer?.task.cancel()
    let tasks = Array(listening.values) + background
    for task in tasks { task.cancel() }
    for task in announcing.values { task.cancel() }
    for task in tasks { await task.value }
    for task in announcing.values { _ = await task.value }
    await sender.stop()
    await saving?.value
    (listening, background, timer) = ([:], [], nil)
    if let storage {
      do throws(SecurityError) { try await storage.finish(saved) } catch { logger?.error("Not saved: \(error)") }
    }
    for id in puts.entries.keys { await network.cancel(id.valueID, id.key) }
  }
}

extension Registrations {
  /// Makes a permanent put. Returns when the node has put it and it is on disk, with the value as it is announced.
  package func put(
    _ body: PutBody, at key: InfoHash, from address: IPAddress? = nil
  ) async throws(RegistrationRefusal) -> Value {
    guard isRunning else { throw .notRunning }
    var context: PushContext?
    if case .reminding(let reminded)? = body.permanence { context = reminded }
    let request = PermanentPuts.Request(value: body.value, key: key, context: context, address: address)
    let former = puts.entries[PermanentPut.ID(key: key, valueID: body.value.id)]
    let (decision, effects) = try puts.put(request, drawing: .random(in: 1 ... .max), now: .uptime)
    await perform(effects)
    switch decision {
    case .known(let value):
      guard await isSaved() else { throw .notSaved }
      return value
    case .put(let value):
      // Not this request's task: a client that hangs up does not take its put back.
      let announce = announce(value, as: PermanentPut.ID(key: key, valueID: value.id), former: former)
      let isSaved = await isSaved()
      if let error = await announce.value { throw .notStored(error) }
      guard isSaved else { throw .notSaved }
      return value
    }
  }

  /// Ends a permanent put that was made with a secret.
  package func cancelPut(_ id: Value.ID, at key: InfoHash, secret: String) async throws(RegistrationRefusal) {
    guard isRunning else { throw .notRunning }
    await perform(try puts.cancel(PermanentPut.ID(key: key, valueID: id), secret: secret))
    guard await isSaved() else { throw .notSaved }
  }

  /// Subscribes, or renews. `.known` is to be answered with the values of the key, as a get.
  package func subscribe(
    _ body: SubscribeBody, at key: InfoHash, from address: IPAddress? = nil
  ) async throws(RegistrationRefusal) -> SubscriptionOutcome {
    guard isRunning else { throw .notRunning }
    let (outcome, effects) = try subscriptions.subscribe(body, at: key, from: address, now: .uptime)
    await perform(effects)
    guard await isSaved() else { throw .notSaved }
    return outcome
  }

  /// Ends a subscription, if there is one.
  package func unsubscribe(_ body: UnsubscribeBody, at key: InfoHash) async throws(RegistrationRefusal) {
    guard isRunning else { throw .notRunning }
    await perform(try subscriptions.unsubscribe(body, at: key))
    guard await isSaved() else { throw .notSaved }
  }

  /// Sends the push that a client asked for as a test.
  package func ping(_ body: PingPushBody, from address: IPAddress? = nil) async {
    await sender.push(
      PushNotification(pongTo: body.context.kept(defaultTopic: puts.defaultTopic)), tester: address)
  }

  /// What there is, and what was sent.
  package var statistics: RegistrationStatistics {
    get async {
      let (pushes, waiting) = await (sender.statistics, sender.count)
      return RegistrationStatistics(
        pushTokens: subscriptions.tokenCount, permanentKeys: puts.keyCount, permanentPuts: puts.count,
        android: pushes.android, iOS: pushes.iOS, unifiedPush: pushes.unifiedPush, subscriptions: subscriptions.count,
        permanentPutBytes: puts.byteCount, subscriptionBytes: subscriptions.byteCount, waitingPushes: waiting,
        delivered: pushes.delivered, gone: pushes.gone, refused: pushes.refused, failed: pushes.failed,
        merged: pushes.merged, dropped: pushes.dropped, givenUp: pushes.givenUp)
    }
  }
}
