import DHTText
import OpenDHT

/// What `ll` and the banner tell of a node. (tools.md §3.2, §3.5)
struct NodeReport {
  private var head: String
  private var longID: PublicKeyID?
  private var operations: Int
  private var storage: StorageStatistics
  private var families: [(name: String, statistics: FamilyStatistics)]

  init(of node: some NodeBackend) async {
    head = await Self.head(of: node)
    longID = node.identity?.longID
    operations = await node.ongoingOperations()
    storage = await node.storageStatistics()
    families = [("IPv4", await node.statistics(.ipv4)), ("IPv6", await node.statistics(.ipv6))]
  }

  /// Ends with an empty line.
  var text: String {
    var lines = [head]
    // Ours: what peers since 3.7 want as the recipient of an encrypted value is shown nowhere else.
    if let longID { lines.append("Public key long ID \(longID)") }
    lines += [
      "\(operations) ongoing operations",
      "Storage has \(storage.values) values, using \(byteCountText(storage.bytes))",
    ]
    for family in families { lines += Self.lines(family.name, family.statistics) }
    return lines.joined(separator: "\n")
  }

  private static func lines(_ name: String, _ statistics: FamilyStatistics) -> [String] {
    var lines = [
      "\(name) stats:",
      "Known nodes: \(statistics.good) good, \(statistics.dubious) dubious, \(statistics.incoming) incoming.",
      "\(statistics.searches) searches, \(statistics.knownNodes) total cached nodes",
    ]
    if statistics.tableDepth > 1 {
      lines += [
        "Routing table depth: \(statistics.tableDepth)",
        "Network size estimation: \(statistics.networkSizeEstimate) nodes",
      ]
    }
    return lines + [""]
  }

  /// `OpenDHT node <id> running on port 4222`, or on two ports; a second line with an identity.
  static func head(of node: some NodeBackend) async -> String {
    let ports = await node.boundPorts()
    let place =
      switch (ports.ipv4, ports.ipv6) {
      case (let four?, let six?) where four != six: "IPv4 port \(four), IPv6 port \(six)"
      case (let four, let six): "port \(four ?? six ?? 0)"
      }
    let identity = node.identity.map { "\nPublic key ID \($0.id)" } ?? ""
    return "OpenDHT node \(node.nodeID) running on \(place)\(identity)"
  }

  /// What the shell prints first; ends with an empty line.
  static func banner(of node: some NodeBackend) async -> String {
    await head(of: node) + "\n (type 'h' or 'help' for a list of possible commands)\n"
  }
}
