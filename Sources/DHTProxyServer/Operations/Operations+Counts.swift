internal import DHTProxyMessages

extension Operations {
  /// What other parts count, for figures.
  struct Counts {
    var listens = 0
    /// Devices with a subscription, keys with permanent puts, permanent puts.
    var pushTokens = 0, permanentKeys = 0, permanentPuts = 0
    /// Notifications sent, by platform and priority.
    var pushes: [(platform: String, priority: String, count: Int)] = []

    init(listens: Int, _ registrations: RegistrationStatistics?) {
      self.listens = listens
      guard let registrations else { return }
      (pushTokens, permanentKeys) = (registrations.pushTokens, registrations.permanentKeys)
      permanentPuts = registrations.permanentPuts
      let named = [
        ("android", registrations.android), ("ios", registrations.iOS), ("unifiedpush", registrations.unifiedPush),
      ]
      pushes = named.flatMap { [($0.0, "high", $0.1.high), ($0.0, "normal", $0.1.normal)] }
    }
  }
}
