internal import DHTCore
internal import DHTModel
internal import DHTTransport
internal import Logging

/// Turns what happens into log lines, at a rate that no peer can raise: what peers can cause is summed up once a minute.
struct SessionLog {
  private let logger: Logger?
  private var unresolved: Set<Host> = []
  private var counters = Counters()
  private var sockets = SocketCounters()

  init(_ logger: Logger?, _ nodeID: NodeID) {
    var logger = logger
    logger?[metadataKey: "node"] = "\(nodeID)"
    self.logger = logger
  }

  mutating func started(_ ports: BoundPorts) {
    let families = [("IPv4", ports.ipv4), ("IPv6", ports.ipv6)]
    let text = families.compactMap { name, port in port.map { "\(name) port \($0)" } }.joined(separator: ", ")
    logger?.info(text.isEmpty ? "Started; a proxy works for us." : "Node started on \(text).")
    (unresolved, counters, sockets) = ([], Counters(), SocketCounters())
  }

  func stopped() { logger?.info("Node stopped.") }

  func changed(_ status: NodeStatus) {
    logger?.info("Status: IPv4 \(status.ipv4), IPv6 \(status.ipv6).")
  }

  func seenAt(_ address: IPAddress) {
    logger?.info("Most peers see this node at \(address).")
  }

  /// A name is tried again and again; only its first failure is a warning.
  mutating func unresolved(_ host: Host) {
    guard unresolved.count < 100, unresolved.insert(host).inserted else {
      logger?.debug("\(host.name) has no address.")
      return
    }
    logger?.warning("\(host.name) has no address.")
  }

  func socketDied(_ family: AddressFamily) {
    logger?.warning("The \(Self.name(family)) socket was closed by the system; it is opened again.")
  }

  func socketReopened(_ family: AddressFamily, _ port: UInt16?) {
    logger?.info("The \(Self.name(family)) socket is back on port \(port ?? 0).")
  }

  func notPublished(_ key: InfoHash, _ reason: String) {
    logger?.warning("The certificate could not be published under \(key): \(reason)")
  }

  private static func name(_ family: AddressFamily) -> String { family == .ipv4 ? "IPv4" : "IPv6" }

  mutating func minutePassed(_ new: Counters, _ newSockets: SocketCounters) {
    defer { (counters, sockets) = (new, newSockets) }
    let old = counters
    let noted = [
      ("malformed", new.malformed - old.malformed),
      ("of other networks", new.otherNetwork - old.otherNetwork),
      ("from refused sources", new.refusedSources - old.refusedSources),
      ("over the rate limit", new.rateLimited - old.rateLimited),
      ("pushes dropped", new.pushesDropped - old.pushesDropped),
      ("unexpected", new.unexpected - old.unexpected),
      ("parts dropped", new.partsDropped - old.partsDropped),
      ("malformed values", new.malformedValues - old.malformedValues),
      ("values refused", new.valuesRefused - old.valuesRefused),
      ("puts dropped unverified", new.checksDropped - old.checksDropped),
      ("news dropped unopened", new.newsDropped - old.newsDropped),
      ("values with a bad signature", new.badSignatures - old.badSignatures),
      ("values encrypted for others", new.notForUs - old.notForUs),
      ("values pushed out", new.valuesEvicted - old.valuesEvicted),
      ("refused by the system", newSockets.refused - sockets.refused),
      ("dropped before sending", newSockets.droppedFull - sockets.droppedFull),
    ]
    let text = noted.filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }.joined(separator: ", ")
    logger?.debug(
      """
      Last minute: \(new.datagramsReceived - old.datagramsReceived) datagrams received, \
      \(new.datagramsSent - old.datagramsSent) sent\(text.isEmpty ? "" : "; " + text).
      """)
  }
}
