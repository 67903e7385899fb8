internal import DHTProxyMessages

extension Operations {
  /// What other parts count, for figures.
  struct Counts {
    var listens = 0
    /// Devices with a subscription, keys with permanent puts, permanent puts.
    var pushTokens = 0, permanentKeys = 0, permanentPuts = 0
    /// Notifications sent, by platform and priority.
    var pushes: [(platform: String, priority: String, count: Int)] = []
    /// Notifications by what became of them; those that wait.
    var pushOutcomes: [(outcome: String, count: Int)] = []
    var waitingPushes = 0
    /// Subscriptions; bytes of permanent puts and of subscriptions.
    var subscriptions = 0, permanentPutBytes = 0, subscriptionBytes = 0

    init(listens: Int, _ registrations: RegistrationStatistics?) {
      self.listens = listens
      guard let registrations else { return }
      (pushTokens, permanentKeys) = (registrations.pushTokens, registrations.permanentKeys)
      permanentPuts = registrations.permanentPuts
      (waitingPushes, subscriptions) = (registrations.waitingPushes, registrations.subscriptions)
      (permanentPutBytes, subscriptionBytes) = (registrations.permanentPutBytes, registrations.subscriptionBytes)
      pushOutcomes = [
        ("delivered", registrations.delivered), ("gone", registrations.gone), ("refused", registrations.refused),
        ("failed", registrations.failed), ("given_up", registrations.givenUp), ("dropped", registrations.dropped),
        ("merged", registrations.merged),
      ]
      let named = [
        ("android", registrations.android), ("ios", registrations.iOS), ("unifiedpush", registrations.unifiedPush),
      ]
      pushes = named.flatMap { [($0.0, "high", $0.1.high), ($0.0, "normal", $0.1.normal)] }
    }
  }
}
