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
  private var isGatewaySilent = false

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
  func push(_ notification: PushNotification) {
    guard !isStopped, let host = host(of: notification) else { return }
    queue.add(notification, to: host, now: .uptime)
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
    note(reply, of: gateway)
    return switch reply {
    case .answered(let status, let body): .init(gatewayStatus: status, body: body, token: notification.token)
    case .silent, .forbidden: .failed
    }
  }

  private func finish(_ number: UInt64, _ job: PushQueue.Job, _ outcome: PushQueue.Outcome) {
    attempts[number] = nil
    queue.finished(job, outcome, jitter: .random(in: 0..<1), now: .uptime)
    proceed()
    if outcome == .gone { goneToken.yield(job.notification.token) }
  }

  // One line when it falls silent and one when it is back, however many pushes wait.
  private func note(_ reply: PushTransport.Reply, of gateway: PushGateway) {
    let isSilent = reply == .silent
    guard isSilent != isGatewaySilent, !isStopped else { return }
    isGatewaySilent = isSilent
    if isSilent {
      logger?.warning("The push gateway \(gateway) does not answer; pushes wait and are tried again.")
    } else {
      logger?.notice("The push gateway \(gateway) answers again.")
    }
  }
}

extension Instant {
  /// Now, by this machine's clock of uptime.
  static var uptime: Instant { Instant(nanoseconds: Int64(clamping: NIODeadline.now().uptimeNanoseconds)) }
}
