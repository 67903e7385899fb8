internal import DHTProxyMessages
internal import NIOConcurrencyHelpers
internal import Synchronization

/// Requests, counted for the statistics.
final class RequestCounters: Sendable {
  private let requests = Atomic(0)
  private let listens = Atomic(0)
  private let last = NIOLockedValueBox<(requests: Int, at: ContinuousClock.Instant, rate: Double)>((0, .now, 0))

  /// Rates are taken over at least this long.
  private static let period = Duration.seconds(1)

  /// Counts one. Node information by its short path does not count with peers; by either path it does not here.
  func count(_ route: Route?) {
    if route != .nodeInformation { requests.add(1, ordering: .relaxed) }
  }
  func listenBegan() { listens.add(1, ordering: .relaxed) }
  func listenEnded() { listens.subtract(1, ordering: .relaxed) }

  /// Connections with a listen.
  var listenCount: Int { listens.load(ordering: .relaxed) }

  /// Requests per second since the last time this was asked, and over a second at least.
  func rate(now: ContinuousClock.Instant = .now) -> Double {
    let count = requests.load(ordering: .relaxed)
    return last.withLockedValue { last in
      let time = now - last.at
      if time >= Self.period { last = (count, now, Double(count - last.requests) / (time / .seconds(1))) }
      return last.rate
    }
  }
}
