internal import DHTModel
internal import DHTProxyMessages
internal import NIOCore

/// Pushes on their way: merged while they wait, sent to each host by few at a time, tried again with growing pauses.
///
/// ```
///  add ─▶ waiting ──window, pause──▶ ready, in its host's line ──next──▶ sending ──finished──▶ gone
///            ▲  merged with what waits                                      │ failed
///            └──────────────────────────────────────────────────────────────┘
/// ```
struct PushQueue: Sendable {
  /// What one push at a time is about.
  struct Destination: Hashable, Sendable {
    enum Subject: Hashable, Sendable {
      case values(InfoHash), timeout(InfoHash, Value.ID?), test
    }
    var token: String
    var clientID: String
    var subject: Subject
  }
  /// A push to be sent now.
  struct Job: Sendable {
    let destination: Destination
    let host: String
    let notification: PushNotification
    let attempt: Int
  }
  /// How a try ended.
  enum Outcome: Sendable {
    case delivered
    /// The device is not there any more.
    case gone
    /// It is not taken, and never will be.
    case refused
    /// Nobody answered, or it may work later.
    case failed
  }

  /// The line of the gateway. No host has an empty name.
  static let gateway = ""

  private struct Entry {
    var host: String
    /// Who asked for it, if it is a test.
    var tester: IPAddress?
    /// What waits, or stands in line; nil while nothing came after what is being sent.
    var waiting: PushNotification?
    var attempts = 0
    var isSending = false
    var isReady = false
    /// Whether what is being sent is for nobody any more.
    var isDropped = false
  }
  private struct Line {
    var ready = CircularBuffer<Destination>()
    var sending = 0
    /// Whether its host stands among those whose turn comes.
    var hasTurn = false
  }

  let limits: PushLimits
  private(set) var statistics = PushStatistics()
  private var entries: [Destination: Entry] = [:]
  private var deadlines = Deadlines<Destination>()
  private var lines: [String: Line] = [:]
  /// Hosts of UnifiedPush in whose line something is ready, in turn; and requests to them.
  private var turns = CircularBuffer<String>()
  private var sending = 0
  private var countsByHost: [String: Int] = [:]
  private var countsByTester: [IPAddress: Int] = [:]

  init(_ limits: PushLimits) { self.limits = limits }

  /// Pushes that wait or are being sent.
  var count: Int { entries.count }
  var nextDeadline: Instant? { deadlines.nextDeadline }
  /// Places in lines, left ones included; for tests.
  var placeCount: Int { lines.values.reduce(0) { $0 + $1.ready.count } }

  /// Something is to be pushed. Waits a moment for more of the same.
  ///
  /// - Parameters:
  ///   - tester: who asked for it, if it is a test.
  mutating func add(_ notification: PushNotification, to host: String, tester: IPAddress? = nil, now: Instant) {
    let destination = Destination(notification)
    if entries[destination] == nil {
      guard hasRoom(host, tester) else {
        statistics.dropped += 1
        return
      }
      entries[destination] = Entry(host: host, tester: tester)
      countsByHost[host, default: 0] += 1
      if let tester { countsByTester[tester, default: 0] += 1 }
    }
    guard var entry = entries[destination] else { return }
    entry.isDropped = false
    if let waiting = entry.waiting {
      statistics.merged += 1
      entry.waiting = waiting.merged(with: notification, idLimit: limits.idsPerPush)
    } else {
      entry.waiting = notification
      if !entry.isSending { deadlines.set(destination, at: now + limits.mergeWindow) }
    }
    entries[destination] = entry
  }

  /// A client subscribed again: what waits for it is for its new run.
  mutating func renew(_ id: Subscription.ID, with context: PushContext) {
    for destination in Self.destinations(of: id) {
      entries[destination]?.waiting?.platform = context.platform
      entries[destination]?.waiting?.topic = context.topic
      entries[destination]?.waiting?.data.sessionID = context.sessionID
    }
  }

  /// A client is gone: nothing is sent to it.
  mutating func drop(_ id: Subscription.ID) {
    for destination in Self.destinations(of: id) { drop(destination) }
  }

  /// The next push to be sent; nil when there is none now.
  mutating func next(now: Instant) -> Job? {
    while let destination = deadlines.popDue(now) { makeReady(destination) }
    while let line = lines[Self.gateway], !line.ready.isEmpty, line.sending < limits.requestsPerHost {
      if let job = take(from: Self.gateway) { return job }
    }
    guard sending < limits.requests else { return nil }
    while let host = turns.popFirst() {
      lines[host]?.hasTurn = false
      // A host that is busy gets its turn back when one of its requests is over.
      guard let line = lines[host], line.sending < limits.requestsPerHost else { continue }
      let job = take(from: host)
      giveTurn(to: host)
      if let job { return job }
    }
    return nil
  }

  /// A try is over.
  ///
  /// - Parameters:
  ///   - jitter: 0 ..< 1, at random.
  mutating func finished(_ job: Job, _ outcome: Outcome, jitter: Double, now: Instant) {
    if job.host != Self.gateway { sending -= 1 }
    lines[job.host]?.sending -= 1
    giveTurn(to: job.host)
    statistics.count(outcome)
    guard var entry = entries[job.destination] else { return }
    entry.isSending = false
    let attempts = job.destination.subject == .test ? 1 : limits.attempts
    if outcome == .failed, !entry.isDropped, job.attempt < attempts {
      entry.waiting =
        entry.waiting.map { job.notification.merged(with: $0, idLimit: limits.idsPerPush) } ?? job.notification
      entry.attempts = job.attempt
      deadlines.set(job.destination, at: now + pause(after: job.attempt, jitter))
    } else {
      if outcome == .failed, !entry.isDropped { statistics.givenUp += 1 }
      entry.attempts = 0
      if entry.waiting != nil { deadlines.set(job.destination, at: now + limits.mergeWindow) }
    }
    if entry.waiting == nil { remove(job.destination) } else { entries[job.destination] = entry }
  }
}

extension PushQueue {
  private static func destinations(of id: Subscription.ID) -> [Destination] {
    [.values(id.key), .timeout(id.key, nil)].map { Destination(token: id.token, clientID: id.clientID, subject: $0) }
  }

  private func hasRoom(_ host: String, _ tester: IPAddress?) -> Bool {
    guard entries.count < limits.waiting else { return false }
    if let tester, countsByTester[tester, default: 0] >= limits.testsPerAddress { return false }
    if host == Self.gateway { return true }
    return entries.count - countsByHost[Self.gateway, default: 0] < limits.waitingUnifiedPush
      && countsByHost[host, default: 0] < limits.waitingPerHost
  }

  private mutating func drop(_ destination: Destination) {
    guard var entry = entries[destination] else { return }
    deadlines.remove(destination)
    entry.waiting = nil
    entry.isDropped = true
    // What stands in line is passed over when its turn comes.
    if entry.isSending { entries[destination] = entry } else { remove(destination) }
  }

  private mutating func remove(_ destination: Destination) {
    guard let entry = entries.removeValue(forKey: destination) else { return }
    countsByHost.decrement(entry.host)
    if let tester = entry.tester { countsByTester.decrement(tester) }
  }

  private mutating func makeReady(_ destination: Destination) {
    guard let entry = entries[destination], entry.waiting != nil, !entry.isReady, !entry.isSending else { return }
    entries[destination]?.isReady = true
    compact(entry.host)
    lines[entry.host, default: Line()].ready.append(destination)
    giveTurn(to: entry.host)
  }

  // What was dropped while it stood in line leaves its place behind, and may stand there again; never more than there are
  // pushes.
  private mutating func compact(_ host: String) {
    guard let line = lines[host], line.ready.count > 2 * countsByHost[host, default: 0] + 64 else { return }
    var seen: Set<Destination> = []
    let ready = line.ready.filter { entries[$0]?.isReady == true && seen.insert($0).inserted }
    lines[host]?.ready = CircularBuffer(ready)
  }

  /// Puts a host back in turn if something is ready for it, and forgets it if nothing is left to do.
  private mutating func giveTurn(to host: String) {
    guard let line = lines[host], !line.hasTurn else { return }
    if !line.ready.isEmpty {
      guard host != Self.gateway else { return }
      lines[host]?.hasTurn = true
      turns.append(host)
    } else if line.sending == 0 {
      lines[host] = nil
    }
  }

  private mutating func take(from host: String) -> Job? {
    guard let destination = lines[host]?.ready.popFirst() else { return nil }
    guard var entry = entries[destination], entry.isReady, let notification = entry.waiting else { return nil }
    entry.isReady = false
    entry.isSending = true
    entry.waiting = nil
    entries[destination] = entry
    lines[host]?.sending += 1
    if host != Self.gateway { sending += 1 }
    if entry.attempts == 0 { statistics.countAttempt(notification) }
    return Job(destination: destination, host: host, notification: notification, attempt: entry.attempts + 1)
  }

  private func pause(after attempt: Int, _ jitter: Double) -> Duration {
    var pause = limits.firstPause
    for _ in 1..<max(attempt, 1) where pause < limits.longestPause { pause = pause * 4 }
    return min(pause, limits.longestPause) * (1 + jitter / 4)
  }
}

extension PushQueue.Destination {
  init(_ notification: PushNotification) {
    token = notification.token
    clientID = notification.data.clientID
    subject =
      switch notification.data.subject {
      case .values(let values): .values(values.key)
      case .timeout(let key, let id): .timeout(key, id)
      case .pong, .unknown: .test
      }
  }
}
