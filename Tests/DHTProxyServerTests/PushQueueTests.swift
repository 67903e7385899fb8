import DHTModel
import DHTProxyMessages
import Testing

@testable import DHTProxyServer

/// Pushes on their way, in virtual time. (proxy.md §8.6, §16)
@Suite struct PushQueueTests {
  private let key = InfoHash(hex: "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33")!
  private let start = Instant(nanoseconds: 0)
  private let window = PushLimits().mergeWindow

  private func push(
    _ ids: [Value.ID], token: String = "t", expired: Bool = false, priority: UInt64 = 0, session: String = "s"
  ) -> PushNotification {
    let context = PushContext(token: token, clientID: "c", platform: .android, sessionID: session)
    let values = ids.map { Value(id: $0, content: .plain(.init(data: [])), priority: priority) }
    return PushNotification(of: values, areExpired: expired, at: key, to: context, time: 0)
  }
  private func values(_ notification: PushNotification?) -> PushedValues? {
    if case .values(let values)? = notification?.data.subject { values } else { nil }
  }

  @Test("X-58: a burst is one push with the ids of all, as urgent as the most urgent")
  func merging() {
    var queue = PushQueue(PushLimits())
    queue.add(push([1], priority: 1), to: "h", now: start)
    queue.add(push([2, 3]), to: "h", now: start + window / 2)
    queue.add(push([2], expired: true), to: "h", now: start + window / 2)
    queue.add(push([1], token: "u"), to: "h", now: start + window / 2)
    #expect(queue.next(now: start + window / 2) == nil)
    let job = queue.next(now: start + window)
    #expect(values(job?.notification)?.ids == [1, 2, 3] && values(job?.notification)?.pushTypes == ["", "", ""])
    #expect(values(job?.notification)?.expired == [] && job?.notification.isUrgent == true)
    #expect(queue.next(now: start + window) == nil)
    #expect(queue.next(now: start + window * 2)?.notification.token == "u")
    #expect(queue.statistics.merged == 2 && queue.count == 2)
  }

  @Test("X-58: what came and went within the window is told as gone, and several that are gone without saying which")
  func mergingExpired() {
    var queue = PushQueue(PushLimits())
    queue.add(push([1]), to: "h", now: start)
    queue.add(push([1], expired: true), to: "h", now: start)
    let job = queue.next(now: start + window)
    #expect(values(job?.notification)?.expired == [1] && job?.notification.isUrgent == false)
    #expect(values(push([1], expired: true).merged(with: push([2], expired: true), idLimit: 64))?.expired == [])
    #expect(values(push([1, 2]).merged(with: push([3, 4]), idLimit: 3))?.ids == [1, 2, 3])
  }

  @Test("Tried again with growing pauses, a bounded number of times")
  func retries() {
    var queue = PushQueue(PushLimits())
    queue.add(push([1]), to: "h", now: start)
    var now = start + window
    var pauses: [Double] = []
    while let job = queue.next(now: now) {
      queue.finished(job, .failed, jitter: 0, now: now)
      guard let next = queue.nextDeadline else { break }
      pauses.append((next - now).inSeconds)
      now = next
    }
    #expect(pauses == [1, 4, 16, 64, 256, 600, 600, 600, 600])
    #expect(queue.count == 0 && queue.nextDeadline == nil)
    #expect(queue.statistics.failed == 10 && queue.statistics.givenUp == 1 && queue.statistics.android.high == 1)
  }

  @Test("What comes while one is being sent waits for it, and is merged with it if that fails")
  func whileSending() throws {
    var queue = PushQueue(PushLimits())
    queue.add(push([1]), to: "h", now: start)
    var next = queue.next(now: start + window)
    var job = try #require(next)
    queue.add(push([2]), to: "h", now: start + window)
    #expect(queue.next(now: start + window * 10) == nil)
    queue.finished(job, .failed, jitter: 0, now: start)
    next = queue.next(now: start + .seconds(1))
    job = try #require(next)
    #expect(values(job.notification)?.ids == [1, 2] && job.attempt == 2)
    queue.add(push([3]), to: "h", now: start)
    queue.finished(job, .delivered, jitter: 0, now: start + .seconds(1))
    next = queue.next(now: start + .seconds(2))
    job = try #require(next)
    #expect(values(job.notification)?.ids == [3] && job.attempt == 1)
    queue.finished(job, .delivered, jitter: 0, now: start)
    #expect(queue.count == 0 && queue.statistics.delivered == 2)
  }

  @Test("Few requests to one host at a time: a slow host does not hold up the others")
  func hosts() {
    var limits = PushLimits()
    limits.requestsPerHost = 2
    limits.requests = 3
    var queue = PushQueue(limits)
    for index in 0..<10 { queue.add(push([1], token: "slow\(index)"), to: "slow", now: start) }
    for index in 0..<2 { queue.add(push([1], token: "quick\(index)"), to: "quick", now: start) }
    var jobs: [PushQueue.Job] = []
    while let job = queue.next(now: start + window) { jobs.append(job) }
    #expect(jobs.map(\.host).sorted() == ["quick", "slow", "slow"])
    var sent = 0
    while let job = jobs.popLast() {
      sent += 1
      queue.finished(job, .delivered, jitter: 0, now: start + window)
      while let next = queue.next(now: start + window) { jobs.append(next) }
    }
    #expect(sent == 12 && queue.count == 0)
  }

  @Test("The gateway never waits for hosts that strangers name, however slow, and one host does not take all the room")
  func strangers() {
    var limits = PushLimits()
    limits.requests = 4
    limits.requestsPerHost = 2
    limits.waitingPerHost = 5
    var queue = PushQueue(limits)
    for index in 0..<20 { queue.add(push([1], token: "a\(index)"), to: "host\(index % 4)", now: start) }
    for index in 0..<9 { queue.add(push([1], token: "b\(index)"), to: "host0", now: start) }
    #expect(queue.count == 20 && queue.statistics.dropped == 9)
    var sent = 0
    while queue.next(now: start + window) != nil { sent += 1 }
    #expect(sent == 4)
    for index in 0..<5 { queue.add(push([1], token: "c\(index)"), to: PushQueue.gateway, now: start) }
    var jobs: [PushQueue.Job] = []
    while let job = queue.next(now: start + window) { jobs.append(job) }
    #expect(jobs.map(\.notification.token) == ["c0", "c1"])
    for job in jobs { queue.finished(job, .delivered, jitter: 0, now: start + window) }
    jobs = []
    while let job = queue.next(now: start + window) { jobs.append(job) }
    #expect(jobs.map(\.notification.token) == ["c2", "c3"])
  }

  @Test("Hosts that strangers name leave the gateway its room; a test is tried once, and few wait for each address")
  func roomOfTheGateway() {
    var limits = PushLimits()
    limits.waiting = 20
    limits.waitingUnifiedPush = 10
    limits.testsPerAddress = 3
    var queue = PushQueue(limits)
    for index in 0..<30 { queue.add(push([1], token: "a\(index)"), to: "host\(index)", now: start) }
    #expect(queue.count == 10 && queue.statistics.dropped == 20)
    for index in 0..<9 { queue.add(push([1], token: "b\(index)"), to: PushQueue.gateway, now: start) }
    #expect(queue.count == 19 && queue.statistics.dropped == 20)
    queue = PushQueue(limits)
    for address in [1, 2] as [UInt32] {
      for index in 0..<9 {
        let context = PushContext(token: "\(address)", clientID: "\(index)", platform: .android)
        queue.add(PushNotification(pongTo: context), to: "h", tester: IPAddress(ipv4: address), now: start)
      }
    }
    #expect(queue.count == 6 && queue.statistics.dropped == 12)
    while let job = queue.next(now: start + window) {
      queue.finished(job, .failed, jitter: 0, now: start + window)
    }
    #expect(queue.count == 0 && queue.statistics.givenUp == 6)
  }

  @Test("A line does not grow by what is dropped from it")
  func leftPlaces() throws {
    var queue = PushQueue(PushLimits())
    for index in 0..<8 { queue.add(push([1], token: "a\(index)"), to: PushQueue.gateway, now: start) }
    while queue.next(now: start + window) != nil {}
    let id = Subscription.ID(token: "t", key: key, clientID: "c")
    for turn in 1...1000 {
      let now = start + window * (turn + 1)
      queue.add(push([1]), to: PushQueue.gateway, now: now - window)
      #expect(queue.next(now: now) == nil)
      queue.drop(id)
    }
    #expect(queue.placeCount < 100 && queue.count == 8)
  }

  @Test("Full: what is new is dropped and counted; what waits still takes in what comes")
  func full() {
    var limits = PushLimits()
    limits.waiting = 2
    var queue = PushQueue(limits)
    for token in ["a", "b", "c"] { queue.add(push([1], token: token), to: "h", now: start) }
    queue.add(push([2], token: "a"), to: "h", now: start)
    #expect(queue.count == 2 && queue.statistics.dropped == 1 && queue.statistics.merged == 1)
  }

  @Test("X-59: what waits goes out with the session of a new SUBSCRIBE; X-60: what waits for one who left does not")
  func renewed() throws {
    var queue = PushQueue(PushLimits())
    let id = Subscription.ID(token: "t", key: key, clientID: "c")
    queue.add(push([1]), to: "h", now: start)
    queue.renew(id, with: PushContext(token: "t", clientID: "c", platform: .iOS, sessionID: "s2", topic: "x"))
    let next = queue.next(now: start + window)
    let job = try #require(next)
    #expect(job.notification.data.sessionID == "s2" && job.notification.platform == .iOS)
    queue.drop(id)
    queue.finished(job, .failed, jitter: 0, now: start + window)
    #expect(queue.count == 0)
    queue.add(push([1]), to: "h", now: start)
    queue.drop(id)
    #expect(queue.count == 0 && queue.next(now: start + window) == nil)
    // Dropped while it stood in line, then wanted again.
    queue.add(push([5]), to: "h", now: start)
    queue.add(push([5], token: "u"), to: "h", now: start)
    _ = queue.next(now: start + window)
    queue.drop(.init(token: "u", key: key, clientID: "c"))
    queue.add(push([6], token: "u"), to: "h", now: start + window)
    #expect(values(queue.next(now: start + window * 2)?.notification)?.ids == [6])
    #expect(queue.next(now: start + window * 2) == nil)
  }

  @Test("A gateway's answer names dead tokens; an endpoint's status tells")
  func outcomes() {
    func gateway(_ status: Int, _ error: String = "", token: String = "t") -> PushQueue.Outcome {
      let body =
        #"{"counts":1,"logs":[{"type":"failed-push","platform":"ios","token":"t","message":"","error":"\#(error)"}],"success":"ok"}"#
      return .init(gatewayStatus: status, body: Array(body.utf8), token: token)
    }
    #expect(gateway(200) == .delivered && gateway(200, "Unregistered") == .gone)
    #expect(gateway(200, "Unregistered", token: "u") == .delivered && gateway(200, "InternalServerError") == .delivered)
    #expect(gateway(500) == .failed && gateway(429) == .failed && gateway(400) == .refused)
    #expect(PushQueue.Outcome(gatewayStatus: 200, body: Array("[[[".utf8), token: "t") == .delivered)
    #expect(
      [201, 404, 410, 429, 503, 302, 413].map { PushQueue.Outcome(endpointStatus: $0) }
        == [.delivered, .gone, .gone, .failed, .failed, .refused, .refused])
  }
}
