package import OpenDHT

/// What `lr` prints: the routing tables, bucket by bucket. (tools.md §3.5)
package struct RoutingReport {
  private var families: [(name: String, buckets: [BucketDescription])]

  package init(_ families: [(name: String, buckets: [BucketDescription])]) { self.families = families }

  /// Ends with an empty line.
  package var text: String {
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
