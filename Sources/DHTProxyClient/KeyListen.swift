internal import DHTCore
internal import DHTModel
internal import NIOCore
internal import OpenDHT

/// All listens of one kind to one key: they share one connection, or one subscription.
final class KeyListen {
  /// What is shared: those who pass values on see encrypted ones closed, others see them open.
  struct Name: Hashable {
    let key: InfoHash
    let isForwarded: Bool
  }

  let name: Name
  var key: InfoHash { name.key }
  /// What the key's listens were told, over all connections.
  var known = ListenedValues()
  /// Listens of the application, in the order they came.
  var subscribers: [(id: OperationID, query: Query)] = []
  /// The connection, or the request to subscribe.
  var task: Task<Void, Never>?
  /// Tells connections and subscriptions apart; what comes from an earlier one is passed over.
  struct Generation: Hashable, Sendable {
    /// Of the listen: another one may have had the key before.
    let number: UInt64
    var count: UInt64 = 0
  }
  var generation: Generation
  /// Whether the head of the connection's answer is there.
  var isStreaming = false
  var heartbeat: Heartbeat?
  var pace: RetryPace
  /// The next attempt, or the end of a silent connection.
  var timer: Scheduled<Void>?
  /// A get that tells what is gone since the connection before, and the wait for the next.
  var look: Task<Void, Never>?
  var lookTimer: Scheduled<Void>?
  var lookPace: RetryPace
  /// When the subscription is renewed; nil for a connection.
  var subscription: RenewalPlan?
  /// The push token that it was made with.
  var subscribedToken: String?

  init(_ name: Name, number: UInt64, _ limits: ProxyLimits) {
    self.name = name
    generation = Generation(number: number)
    pace = RetryPace(limits)
    lookPace = RetryPace(shortest: limits.shortestPause * 5, longest: limits.longestPause)
  }

  /// Ends all that runs for it.
  func close() {
    task?.cancel()
    look?.cancel()
    timer?.cancel()
    lookTimer?.cancel()
    (task, look, timer, lookTimer, heartbeat) = (nil, nil, nil, nil, nil)
    isStreaming = false
    generation.count += 1
  }
}
