@testable import DHTTransport
import DHTCore
import DHTModel
import NIOCore
import NIOPosix
import Testing
#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A driver on the loopback, seen from plain sockets.
@Suite(.timeLimit(.minutes(1)))
struct NodeDriverTests {
  /// A ping as peers send it. (wire.md §3.2)
  private func ping(_ transaction: UInt8, from id: UInt8 = 1) -> [UInt8] {
    hexBytes("85a16181a26964c414")! + Array(repeating: id, count: 20)
      + hexBytes("a171a470696e67a174ce000000")! + [transaction] + hexBytes("a179a171a176a4524e4731")!
  }

  @Test("a ping is answered from the same socket, on each family", arguments: AddressFamily.allCases)
  func answers(family: AddressFamily) async throws {
    try await Running.with { running in
      let peer = try PlainSocket(family)
      peer.send(ping(7), to: try #require(await running.port(family)))
      let reply = try #require(peer.receive())
      #expect(reply.contains(running.id.bytes))
    }
  }

  @Test("a burst is read whole, and answered") func burst() async throws {
    try await Running.with { running in
      let peer = try PlainSocket()
      let port = try #require(await running.port(.ipv4))
      for number in 0..<100 { peer.send(ping(UInt8(number)), to: port) }
      for _ in 0..<100 { #expect(peer.receive() != nil) }
      let counters = await running.counters
      #expect(counters.received >= 100 && counters.sent >= 100 && counters.reads <= counters.received)
    }
  }

  @Test("the answers to a burst leave with few calls") func batchedAnswers() async throws {
    try await Running.with { running in
      let peer = try PlainSocket()
      let port = try #require(await running.port(.ipv4))
      // From the loop itself: all wait when it comes to read.
      let pings = (0..<56).map { ping(UInt8($0)) }
      await running.onLoop { _ in for ping in pings { peer.send(ping, to: port) } }
      for _ in 0..<56 { #expect(peer.receive() != nil) }
      let counters = await running.counters
      #expect(counters.sent >= 56 && counters.writes <= 10, "\(counters)")
    }
  }

  @Test("W§1: datagrams of any length and content are survived") func anything()
    async throws
  {
    try await Running.with { running in
      let peer = try PlainSocket()
      let port = try #require(await running.port(.ipv4))
      var random = SystemRandomNumberGenerator()
      for length in [0, 1, 2, 3, 7, 100, 1500, 2048, 2049, 9000, 65_507] {
        peer.send((0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }, to: port)
      }
      peer.send(ping(9), to: port)
      #expect(peer.receive()?.contains(running.id.bytes) == true)
    }
  }

  @Test("W§1: the first datagram over 2047 bytes is lost, those after it come in whole, up to the longest")
  func longDatagrams() async throws {
    try await Running.with { running in
      let peer = try PlainSocket()
      let port = try #require(await running.port(.ipv4))
      // A ping whose unknown key holds many bytes is a ping, if nothing is cut off.
      func ping(padding: Int) -> [UInt8] {
        let count = [UInt8(truncatingIfNeeded: padding >> 8), UInt8(truncatingIfNeeded: padding)]
        return hexBytes("86")! + self.ping(9).dropFirst() + hexBytes("a178c5")! + count
          + Array(repeating: 0, count: padding)
      }
      peer.send(ping(padding: 1900), to: port)
      #expect(peer.receive() != nil)
      peer.send(ping(padding: 3000), to: port)
      // Once it was read, there is room.
      while await running.counters.reads < 2 { try await Task.sleep(for: .milliseconds(5)) }
      #expect(await running.counters.cutOff == 1)
      for padding in [3000, 65_000, 2000, 65_440] {
        peer.send(ping(padding: padding), to: port)
        #expect(peer.receive()?.contains(running.id.bytes) == true, "\(padding)")
      }
    }
  }

  @Test("destinations that the system refuses cost no socket: peers can name them") func refusedDestinations()
    async throws
  {
    try await Running.with { running in
      let port = try #require(await running.port(.ipv4))
      let ended = await running.pings([
        "127.255.255.255:9",  // broadcast of the loopback: not permitted
        "[2001:db8::1]:9",  // no route from ::1
      ])
      #expect(ended.allSatisfy { $0.node == nil })
      #expect(await running.counters.refused >= 1)
      let peer = try PlainSocket()
      peer.send(ping(1), to: port)
      #expect(peer.receive() != nil)
    }
  }

  @Test("a socket that dies is told, opened again on its port, and told to be back") func reopened() async throws {
    try await Running.with { running in
      let port = try #require(await running.port(.ipv4))
      await running.killSocket(.ipv4)
      #expect(await running.answers(ping(1), to: port))
      #expect(await running.port(.ipv4) == port)
      #expect(await running.told == ["IPv4 died", "IPv4 reopened"])
    }
  }

  @Test("a dead socket is tried until it lives, whether the system refuses it or the loop") func reopenedLater()
    async throws
  {
    try await Running.with { running in
      let port = try #require(await running.port(.ipv4))
      await running.onLoop { driver in
        let bind = driver.bindAgain
        var (tries, admissions) = (0, 0)
        driver.reopenInterval = .milliseconds(20)
        driver.bindAgain = { family, port in
          tries += 1
          return tries < 3 ? nil : bind(family, port)
        }
        driver.admit = {
          admissions += 1
          if admissions < 3 { throw SystemError(code: EMFILE) }
        }
      }
      await running.killSocket(.ipv4)
      #expect(await running.answers(ping(1), to: port))
      #expect(await running.told == ["IPv4 died", "IPv4 reopened"])
    }
  }

  @Test("what is asked while a socket is dead goes out of the new one: nobody is given up for our own fault")
  func healed()
    async throws
  {
    try await Running.with { running in
      let peer = try PlainSocket(patience: 5)
      let address = peer.address
      await running.onLoop { driver in
        driver.reopenInterval = .milliseconds(100)
        let bind = driver.bindAgain
        var tries = 0
        driver.bindAgain = { family, port in
          tries += 1
          return tries < 3 ? nil : bind(family, port)
        }
      }
      await running.killSocket(.ipv4)
      let ping = await running.onLoop { driver -> OperationID in
        var ping = OperationID(0)
        driver.step { node, now in ping = node.ping(address, now: now) }
        return ping
      }
      #expect(peer.receive() != nil, "a second later, the ping is sent again")
      #expect(ping != nil)
      #expect(await running.told == ["IPv4 died", "IPv4 reopened"])
    }
  }

  @Test("when every destination is refused, nothing the node tries instead is left lying") func refusedInTurn()
    async throws
  {
    try await Running.with { running in
      await running.onLoop { driver in
        driver.step { node, now in
          for number in 0..<200 {
            let address = DHTModel.SocketAddress(ip: IPAddress(ipv4: 0x7fff_ffff), port: UInt16(1 + number))
            node.insert(NodeContact(id: InfoHash(UInt32(number), 2, 3, 4, 5), address: address), now: now)
          }
          _ = node.get(InfoHash(9, 9, 9, 9, 9), now: now)
        }
      }
      var rounds = 0
      while await running.onLoop({ $0.hasWaitingDatagrams }) == true, rounds < 20 {
        rounds += 1
        try await Task.sleep(for: .milliseconds(5))
      }
      #expect(rounds < 20)
    }
  }

  @Test("after the stop the port is free and nothing is told") func stop() async throws {
    var port: UInt16 = 0
    try await Running.with { running in port = try #require(await running.port(.ipv4)) }
    let again = try BoundSocket(PlainSocket.loopback(.ipv4), port: port, configuration: SocketConfiguration())
    again.close()
  }
}

/// A driver that runs, reached from tests.
private final class Running: Sendable {
  let id = InfoHash(1, 2, 3, 4, 5)
  private let loop = MultiThreadedEventLoopGroup.singleton.next()
  private let driver: NIOLoopBoundBox<NodeDriver?>
  private let ears: NIOLoopBoundBox<Ears>

  private final class Ears: NodeDriverDelegate {
    var waiting: [OperationID: (PingOutcome) -> Void] = [:]
    func handle(_ event: Event) {
      if case .finished(let id, .ping(let outcome)) = event { waiting.removeValue(forKey: id)?(outcome) }
    }
    var told: [String] = []
    func couldNotResolve(_ host: Host) {}
    func socketDied(_ family: AddressFamily) { told.append("\(family == .ipv4 ? "IPv4" : "IPv6") died") }
    func socketReopened(_ family: AddressFamily) { told.append("\(family == .ipv4 ? "IPv4" : "IPv6") reopened") }
    func minutePassed() {}
  }

  private init() {
    driver = .makeEmptyBox(eventLoop: loop)
    ears = .makeBoxSendingValue(Ears(), eventLoop: loop)
  }

  static func with(_ body: (Running) async throws -> Void) async throws {
    let running = Running()
    try await running.start()
    do { try await body(running) } catch {
      await running.stop()
      throw error
    }
    await running.stop()
  }

  private func start() async throws {
    let result: Result<Void, TransportError> = await withCheckedContinuation { continuation in
      loop.execute { [self] in
        var configuration = Configuration()
        configuration.nodeID = id
        let transport = TransportConfiguration(ipv4: PlainSocket.loopback(.ipv4), ipv6: PlainSocket.loopback(.ipv6))
        NodeDriver.start(configuration, transport, on: loop, delegate: ears.value) { result in
          if case .success(let started) = result { self.driver.value = started }
          continuation.resume(returning: result.map { _ in })
        }
      }
    }
    try result.get()
  }

  @discardableResult
  func onLoop<Answer: Sendable>(_ body: @escaping @Sendable (NodeDriver) -> Answer) async -> Answer? {
    await withCheckedContinuation { continuation in
      loop.execute { [self] in continuation.resume(returning: driver.value.map(body)) }
    }
  }

  func port(_ family: AddressFamily) async -> UInt16? { await onLoop { $0.port(family) } ?? nil }
  var counters: SocketCounters { get async { await onLoop { $0.counters } ?? SocketCounters() } }
  func killSocket(_ family: AddressFamily) async { _ = await onLoop { $0.killSocket(family) } }
  var told: [String] {
    get async {
      await withCheckedContinuation { continuation in
        loop.execute { [self] in continuation.resume(returning: ears.value.told) }
      }
    }
  }
  private func stop() async {
    await withCheckedContinuation { continuation in
      loop.execute { [self] in driver.value?.stop { continuation.resume() } ?? continuation.resume() }
    }
  }

  /// Whether the node answers a ping that is sent again and again, for a while.
  func answers(_ ping: [UInt8], to port: UInt16) async -> Bool {
    guard let peer = try? PlainSocket(patience: 0.1) else { return false }
    for _ in 0..<50 {
      peer.send(ping, to: port)
      if peer.receive() != nil { return true }
    }
    return false
  }

  /// Pings addresses that never answer; how each ended.
  func pings(_ addresses: [String]) async -> [PingOutcome] {
    var outcomes: [PingOutcome] = []
    for text in addresses {
      let parts = text.replacing("[", with: "").split(separator: text.hasPrefix("[") ? "]:" : ":", maxSplits: 1)
      let host = Host(name: String(parts[0]), port: UInt16(parts[1]) ?? 0)
      guard let address = Resolver.literal(host) else { continue }
      outcomes.append(
        await withCheckedContinuation { continuation in
          loop.execute { [self] in
            driver.value?.step { node, now in
              let id = node.ping(address, deadline: now + .milliseconds(300), now: now)
              ears.value.waiting[id] = { continuation.resume(returning: $0) }
            }
          }
        })
    }
    return outcomes
  }
}
