internal import DHTProxyMessages

/// What became of pushes since the start.
struct PushStatistics: Equatable, Sendable {
  /// Pushes that were tried, each counted once. (proxy.md §9.2)
  var android = ServerStatistics.Pushes()
  var iOS = ServerStatistics.Pushes()
  var unifiedPush = ServerStatistics.Pushes()
  /// Tries by how they ended.
  var delivered = 0, gone = 0, refused = 0, failed = 0
  /// Pushes that became part of another; for which there was no room; whose last try failed.
  var merged = 0, dropped = 0, givenUp = 0

  mutating func count(_ outcome: PushQueue.Outcome) {
    switch outcome {
    case .delivered: delivered += 1
    case .gone: gone += 1
    case .refused: refused += 1
    case .failed: failed += 1
    }
  }

  // Platforms without a name are not counted, as peers do not.
  mutating func countAttempt(_ notification: PushNotification) {
    switch notification.platform {
    case .android: android.count(notification)
    case .iOS: iOS.count(notification)
    case .unifiedPush: unifiedPush.count(notification)
    default: break
    }
  }
}

extension ServerStatistics.Pushes {
  fileprivate mutating func count(_ notification: PushNotification) {
    if notification.isUrgent { high += 1 } else { normal += 1 }
  }
}
