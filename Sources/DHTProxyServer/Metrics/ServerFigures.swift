/// What is open, and what is kept.
struct ServerFigures {
  let counts: Operations.Counts
  let connections: Int
  let events: EventHub.Figures
  let health: Health

  init(_ counts: Operations.Counts, connections: Int, events: EventHub.Figures, health: Health) {
    self.counts = counts
    self.connections = connections
    self.events = events
    self.health = health
  }

  func write(to text: inout MetricsText) {
    text.family("dht_proxy_ready", .gauge, "1 when the node reaches the network.")
    text.sample(health.readiness(now: .monotonic) == .ready ? 1 : 0)
    text.family("dht_proxy_connections", .gauge, "Open connections.")
    text.sample(connections)
    text.family("dht_proxy_listens", .gauge, "Running listens.")
    text.sample(counts.listens)
    text.family("dht_proxy_event_streams", .gauge, "Running event streams.")
    text.sample(events.streams)
    text.family("dht_proxy_event_stream_keys", .gauge, "Keys of event streams, each in each of its streams.")
    text.sample(events.streamKeys)
    text.family("dht_proxy_event_keys", .gauge, "Keys watched for event streams, those that linger too.")
    text.sample(events.watchedKeys)
    text.family("dht_proxy_push_tokens", .gauge, "Devices with a subscription.")
    text.sample(counts.pushTokens)
    text.family("dht_proxy_permanent_keys", .gauge, "Keys with permanent puts.")
    text.sample(counts.permanentKeys)
    text.family("dht_proxy_permanent_puts", .gauge, "Permanent puts.")
    text.sample(counts.permanentPuts)
    text.family("dht_proxy_subscriptions", .gauge, "Push subscriptions.")
    text.sample(counts.subscriptions)
    text.family("dht_proxy_registration_bytes", .gauge, "Bytes that registrations keep.")
    text.sample(["of": "permanent_puts"], counts.permanentPutBytes)
    text.sample(["of": "subscriptions"], counts.subscriptionBytes)
    writePushes(to: &text)
  }

  private func writePushes(to text: inout MetricsText) {
    text.family("dht_proxy_pushes_total", .counter, "Notifications, by platform and priority.")
    for push in counts.pushes { text.sample(["platform": push.platform, "priority": push.priority], push.count) }
    text.family(
      "dht_proxy_push_outcomes_total", .counter,
      "Tries by how they ended; notifications given up, dropped for want of room, and merged with others.")
    for (outcome, count) in counts.pushOutcomes { text.sample(["outcome": outcome], count) }
    text.family("dht_proxy_pushes_waiting", .gauge, "Notifications that wait or are being sent.")
    text.sample(counts.waitingPushes)
  }
}
