@testable import OpenDHT
import DHTTransport
import Logging
import Testing

struct SessionLogTests {
  /// Keeps what is logged.
  private struct Page: LogHandler {
    let lines: Lines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }
    func log(event: LogEvent) { lines.append("\(event.level): \(event.message)") }
  }
  private let lines = Lines()
  private var logger: Logger { Logger(label: "test") { [lines] _ in Page(lines: lines) } }

  @Test("what peers cause is one line a minute, however much it is") func summary() {
    var log = SessionLog(logger, InfoHash(hashing: "me"))
    var counters = Counters()
    counters.datagramsReceived = 1_000_000
    counters.malformed = 999_999
    counters.rateLimited = 3
    log.minutePassed(counters, SocketCounters())
    log.minutePassed(counters, SocketCounters())
    #expect(
      lines.all == [
        "debug: Last minute: 1000000 datagrams received, 0 sent; 999999 malformed, 3 over the rate limit.",
        "debug: Last minute: 0 datagrams received, 0 sent.",
      ])
  }

  @Test("a name without address is one warning, however often it is tried") func unresolved() {
    var log = SessionLog(logger, InfoHash(hashing: "me"))
    for _ in 0..<3 { log.unresolved("no-such-host.invalid") }
    #expect(lines.all.filter { $0.hasPrefix("warning") } == ["warning: no-such-host.invalid has no address."])
  }

  @Test("a socket that dies is a warning, and its return is told") func sockets() {
    let log = SessionLog(logger, InfoHash(hashing: "me"))
    log.socketDied(.ipv6)
    log.socketReopened(.ipv6, 4222)
    #expect(
      lines.all == [
        "warning: The IPv6 socket was closed by the system; it is opened again.",
        "info: The IPv6 socket is back on port 4222.",
      ])
  }

  @Test("a node tells when it starts, connects and stops") func life() async throws {
    try await Neighbourhood.run(1) { network in
      var configuration = DHT.loopback([.ipv4, .ipv6])
      configuration.logger = logger
      configuration.bootstrap = [await network.first.host]
      let dht = DHT(configuration)
      try await dht.start()
      try await dht.waitUntilConnected()
      let ports = await dht.boundPorts
      await dht.stop()
      #expect(lines.all.first == "info: Node started on IPv4 port \(ports.ipv4 ?? 0), IPv6 port \(ports.ipv6 ?? 0).")
      #expect(lines.all.contains { $0.hasPrefix("info: Status: IPv4 connected") })
      #expect(lines.all.last == "info: Node stopped.")
    }
  }
}
