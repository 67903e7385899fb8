internal import OpenDHT

/// What the node itself counts.
struct NodeFigures {
  var ipv4 = FamilyStatistics()
  var ipv6 = FamilyStatistics()
  var storage = StorageStatistics()
  var counters = Counters()
  var sockets = SocketCounters()
  var operations = 0

  init() {}

  /// Asks a node.
  init(of dht: DHT) async {
    ipv4 = await dht.statistics(.ipv4)
    ipv6 = await dht.statistics(.ipv6)
    storage = await dht.storageStatistics
    counters = await dht.counters
    sockets = await dht.socketCounters
    operations = await dht.ongoingOperations
  }

  func write(to text: inout MetricsText) {
    writeFamilies(to: &text)
    writeStorage(to: &text)
    writeTraffic(to: &text)
    writeDrops(to: &text)
  }

  private func writeFamilies(to text: inout MetricsText) {
    let families = [("ipv4", ipv4), ("ipv6", ipv6)]
    text.family("dht_connected", .gauge, "1 when a good node is known.")
    for (name, family) in families { text.sample(["family": name], family.status == .connected ? 1 : 0) }
    text.family("dht_nodes", .gauge, "Nodes of the routing table.")
    for (name, family) in families {
      text.sample(["family": name, "state": "good"], family.good)
      text.sample(["family": name, "state": "dubious"], family.dubious)
      text.sample(["family": name, "state": "incoming"], family.incoming)
    }
    text.family("dht_network_size_estimate", .gauge, "Nodes that the depth of the routing table makes likely.")
    for (name, family) in families { text.sample(["family": name], family.networkSizeEstimate) }
    text.family("dht_searches", .gauge, "Searches, running or kept for reuse.")
    for (name, family) in families { text.sample(["family": name], family.searches) }
    text.family("dht_operations", .gauge, "Gets, queries, puts and pings that run.")
    text.sample(operations)
  }

  private func writeStorage(to text: inout MetricsText) {
    text.family("dht_storage_values", .gauge, "Values stored.")
    text.sample(["origin": "all"], storage.values)
    text.sample(["origin": "local"], storage.localValues)
    text.family("dht_storage_bytes", .gauge, "Bytes of the values stored.")
    text.sample(["origin": "all"], storage.bytes)
    text.sample(["origin": "local"], storage.localBytes)
    text.family("dht_storage_keys", .gauge, "Keys under which values are stored.")
    text.sample(storage.keys)
    text.family("dht_storage_listeners", .gauge, "Listens of other nodes.")
    text.sample(storage.listeners)
  }

  private func writeTraffic(to text: inout MetricsText) {
    text.family("dht_datagrams_total", .counter, "UDP datagrams.")
    text.sample(["direction": "sent"], counters.datagramsSent)
    text.sample(["direction": "received"], counters.datagramsReceived)
    text.family("dht_bytes_total", .counter, "Bytes of UDP datagrams, without headers.")
    text.sample(["direction": "sent"], counters.bytesSent)
    text.sample(["direction": "received"], counters.bytesReceived)
    text.family("dht_requests_total", .counter, "Requests between nodes.")
    for (direction, requests) in [("sent", counters.sent), ("received", counters.received)] {
      for (kind, count) in requests.named { text.sample(["direction": direction, "kind": kind], count) }
    }
    text.family("dht_retransmissions_total", .counter, "Requests sent again for want of an answer.")
    text.sample(counters.retransmissions)
    text.family("dht_requests_expired_total", .counter, "Requests given up after three sends.")
    text.sample(counters.requestsExpired)
  }

  private func writeDrops(to text: inout MetricsText) {
    text.family("dht_dropped_total", .counter, "What was not understood, not taken or not delivered, by reason.")
    for (reason, count) in counters.drops { text.sample(["reason": reason], count) }
    text.family(
      "dht_socket_dropped_total", .counter, "Datagrams that the sockets did not send or read whole, by reason.")
    text.sample(["reason": "cut_off"], sockets.cutOff)
    text.sample(["reason": "full"], sockets.droppedFull)
    text.sample(["reason": "refused"], sockets.refused)
    text.sample(["reason": "no_socket"], sockets.noSocket)
  }
}

extension Counters.Requests {
  fileprivate var named: [(String, Int)] {
    [
      ("ping", ping), ("find", find), ("get", get), ("put", put), ("listen", listen), ("refresh", refresh),
      ("update", update),
    ]
  }
}

extension Counters {
  fileprivate var drops: [(String, Int)] {
    [
      ("malformed", malformed), ("other_network", otherNetwork), ("refused_source", refusedSources),
      ("rate_limited", rateLimited), ("unexpected", unexpected), ("parts", partsDropped), ("pushes", pushesDropped),
      ("malformed_values", malformedValues), ("values_refused", valuesRefused), ("checks", checksDropped),
      ("news", newsDropped), ("bad_signatures", badSignatures), ("not_for_us", notForUs), ("evicted", valuesEvicted),
    ]
  }
}
