import OpenDHT

/// What `lr` prints: the routing tables, bucket by bucket. (tools.md §3.5)
struct RoutingReport {
  private var families: [(name: String, buckets: [BucketDescription])]

  init(of node: some NodeBackend) async {
    families = [("IPv4", await node.routingTable(.ipv4)), ("IPv6", await node.routingTable(.ipv6))]
  }

  /// Ends with an empty line.
  var text: String {
    var lines: [String] = []
    for family in families {
      lines.append("\(family.name) routing table:")
      for bucket in family.buckets {
        let cached = bucket.hasCandidate ? " (cached)" : ""
        lines.append("\(bucket.first) count: \(bucket.nodes.count) updated: \(agoText(bucket.sinceUpdated))\(cached)")
        lines += bucket.nodes.map(Self.line)
      }
      lines.append("")
    }
    return lines.joined(separator: "\n")
  }

  private static func line(_ node: NodeDescription) -> String {
    let mark =
      switch node.state {
      case .good: " [good]"
      case .expired: " [expired]"
      case .dubious: ""
      }
    return
      "    Node \(node.contact) updated: \(agoText(node.sinceHeard)), replied: \(agoText(node.sinceReplied))\(mark)"
  }
}
