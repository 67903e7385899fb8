internal import DHTModel
internal import DHTProxyMessages
internal import Logging
internal import NIOCore
internal import OpenDHT

/// Sends pushes: drives a `PushQueue` by the clock and by the answers of gateway and endpoints. (proxy.md §8.6)
actor PushSender {
  private let configuration: PushConfiguration
  private let transport: PushTransport
  private let logger: Logger?
  /// Tokens by which nobody is reached any more; for one reader. What it does not take in time comes again with the next
  /// push to the token.
  nonisolated let goneTokens: AsyncStream<String>
  private let goneToken: AsyncStream<String>.Continuation
  private var queue: PushQueue
  private var attempts: [UInt64: Task<Void, Never>] = [:]
  private var lastAttempt: UInt64 = 0
  private var timer: (due: Instant, task: Task<Void, Never>)?
  private var isStopped = false
  private var gatewayState = GatewayState.answers
  /// When it was last said that the gateway refuses, and that pushes are dropped. Strangers can cause both.
  private var refusalNoted: Instant?
  private var dropNoted: Instant?

  /// Between two lines that strangers can cause.
  private static let pauseBetweenNotes: Duration = .seconds(60)
  /// Tokens that wait to be forgotten.
  private static let goneTokenLimit = 1024

  init(_ configuration: PushConfiguration, transport: PushTransport, logger: Logger? = nil) {
    self.configuration = configuration
    self.transport = transport
    self.logger = logger
    (goneTokens, goneToken) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.goneTokenLimit))
    queue = PushQueue(configuration.limits)
  }

  var statistics: PushStatistics { queue.statistics }
  /// Pushes that wait or are being sent.
  var count: Int { queue.count }

  /// Takes a push, or forgets it: where there is no gateway nothing is sent, and nothing fails.
  ///
  /// - Parameters:
  ///   - tester: who asked for it, if it is a test.
  func push(_ notification: PushNotification, tester: IPAddress? = nil) {
    guard !isStopped, let host = host(of: notification) else { return }
    let dropped = queue.statistics.dropped
    queue.add(notification, to: host, tester: tester?.quotaPrefix, now: .uptime)
    if queue.statistics.dropped > dropped { noteDrop() }
    proceed()
  }

  func renew(_ id: Subscription.ID, with context: PushContext) { queue.renew(id, with: context) }
  func drop(_ id: Subscription.ID) { queue.drop(id) }

  /// Ends what is being sent, and forgets what waits.
  func stop() async {
    isStopped = true
    timer?.task.cancel()
    timer = nil
    let running = attempts.values
    for task in running { task.cancel() }
    for task in running { await task.value }
    goneToken.finish()
    await transport.stop()
  }
}

extension PushSender {
  /// The name of the line to stand in; nil when there is nowhere to send to.
  private func host(of notification: PushNotification) -> String? {
    if notification.platform == .unifiedPush { return HTTPEndpoint(notification.token)?.host }
    return configuration.gateway == nil ? nil : PushQueue.gateway
  }

  private func proceed() {
    guard !isStopped else { return }
    while let job = queue.next(now: .uptime) { start(job) }
    guard let due = queue.nextDeadline else { return }
    if let timer, timer.due <= due { return }
    timer?.task.cancel()
    timer = (due, Task { await self.wake(at: due) })
  }

  private func wake(at due: Instant) async {
    do { try await Task.sleep(for: max(.zero, due - .uptime)) } catch { return }
    timer = nil
    proceed()
  }

  private func start(_ job: PushQueue.Job) {
    lastAttempt += 1
    let number = lastAttempt
    attempts[number] = Task {
      let outcome = await self.attempt(job)
      self.finish(number, job, outcome)
    }
  }

  private func attempt(_ job: PushQueue.Job) async -> PushQueue.Outcome {
    let now = WallTime.now
    let notification = job.notification.sent(at: UInt64(max(0, now.nanoseconds / 1_000_000)))
    if notification.platform == .unifiedPush {
      guard let request = PushRequest(unifiedPush: notification, release: configuration.release) else {
        return .refused
      }
      return switch await transport.send(unifiedPush: request) {
      case .answered(let status, _): .init(endpointStatus: status)
      case .silent: .failed
      case .forbidden: .refused
      }
    }
    let seconds = UInt64(max(0, now.seconds))
    guard let gateway = configuration.gateway,
      let request = PushRequest(notification, to: gateway, now: seconds, release: configuration.release)
    else { return .refused }
    let reply = await transport.send(request)
    let outcome: PushQueue.Outcome =
      switch reply {
      case .answered(let status, let body): .init(gatewayStatus: status, body: body, token: notification.token)
      case .silent, .forbidden: .failed
      }
    note(reply, outcome, of: gateway)
    return outcome
  }

  private func finish(_ number: UInt64, _ job: PushQueue.Job, _ outcome: PushQueue.Outcome) {
    attempts[number] = nil
    queue.finished(job, outcome, jitter: .random(in: 0..<1), now: .uptime)
    proceed()
    if outcome == .gone { goneToken.yield(job.notification.token) }
  }

  /// How the gateway is.
  private enum GatewayState: Equatable {
    case answers, silent
    case refuses(status: Int)

    var isRefusal: Bool { if case .refuses = self { true } else { false } }
  }

  // One line when it falls silent or refuses and one when it is back, however many pushes wait.
  private func note(_ reply: PushTransport.Reply, _ outcome: PushQueue.Outcome, of gateway: PushGateway) {
    let state: GatewayState =
      switch reply {
      case .silent, .forbidden: .silent
      case .answered(let status, _): outcome == .delivered || outcome == .gone ? .answers : .refuses(status: status)
      }
    guard state != gatewayState, !isStopped else { return }
    if state.isRefusal || gatewayState.isRefusal {
      guard Self.mayNote(&refusalNoted) else { return }
    }
    gatewayState = state
    switch state {
    case .answers: logger?.notice("The push gateway \(gateway) takes pushes again.")
    case .silent: logger?.warning("The push gateway \(gateway) does not answer; pushes wait and are tried again.")
    case .refuses(let status):
      let end = outcome == .refused ? "are lost" : "wait and are tried again"
      logger?.warning("The push gateway \(gateway) answers with status \(status); pushes \(end).")
    }
  }

  private func noteDrop() {
    guard Self.mayNote(&dropNoted) else { return }
    let (count, waiting) = (queue.statistics.dropped, queue.count)
    logger?.warning("A push found no room and was dropped, the \(count). since the start; \(waiting) wait.")
  }

  private static func mayNote(_ last: inout Instant?) -> Bool {
    let now = Instant.uptime
    if let last, now - last < pauseBetweenNotes { return false }
    last = now
    return true
  }
}

extension Instant {
  /// Now, by this machine's clock of uptime.
  static var uptime: Instant { Instant(nanoseconds: Int64(clamping: NIODeadline.now().uptimeNanoseconds)) }
}
