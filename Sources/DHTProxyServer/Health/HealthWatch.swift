internal import DHTModel
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import OpenDHT

/// Follows a node's health while the server runs.
final class HealthWatch: Sendable {
  private let health: NIOLockedValueBox<Health>
  private let tasks = NIOLockedValueBox<[Task<Void, Never>]>([])
  private let dht: DHT
  private let settings: HealthSettings

  init(of dht: DHT, _ settings: HealthSettings) {
    self.dht = dht
    self.settings = settings
    health = NIOLockedValueBox(Health(settings, now: .monotonic))
  }

  /// The health now.
  var current: Health { health.withLockedValue { $0 } }

  func start() {
    let followers = [Task { await followStatus() }, Task { await followPulse() }]
    tasks.withLockedValue { $0 = followers }
  }

  func stop() {
    let followers = tasks.withLockedValue { tasks in
      defer { tasks = [] }
      return tasks
    }
    for task in followers { task.cancel() }
  }

  private func followStatus() async {
    while !Task.isCancelled {
      for await status in dht.statusUpdates { health.withLockedValue { $0.update(status, now: .monotonic) } }
      // The node stopped. It may be started again.
      health.withLockedValue { $0.end() }
      try? await Task.sleep(for: settings.pulse)
    }
  }

  private func followPulse() async {
    while !Task.isCancelled {
      _ = await dht.ongoingOperations
      health.withLockedValue { $0.pulse(now: .monotonic) }
      try? await Task.sleep(for: settings.pulse)
    }
  }
}

extension Instant {
  /// Now, on the machine's clock that never goes back.
  static var monotonic: Instant { Instant(nanoseconds: Int64(clamping: NIODeadline.now().uptimeNanoseconds)) }
}
