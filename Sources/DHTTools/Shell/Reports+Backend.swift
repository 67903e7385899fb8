import DHTText
import OpenDHT

// What the reports of a node are made of.

extension StorageReport {
  init(of node: some NodeBackend, at key: InfoHash?) async {
    self.init(await node.storage(at: key), await node.storageStatistics(), at: key)
  }
}

extension SearchReport {
  init(of node: some NodeBackend, at key: InfoHash?) async {
    self.init(await node.searches(at: key))
  }
}

extension RoutingReport {
  init(of node: some NodeBackend) async {
    self.init([("IPv4", await node.routingTable(.ipv4)), ("IPv6", await node.routingTable(.ipv6))])
  }
}
