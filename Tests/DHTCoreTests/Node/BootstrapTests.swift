import DHTModel
import Testing

@testable import DHTCore

@Suite struct BootstrapTests {
  typealias F = CoreFixture
  private let host = Host(name: "entry")

  /// Pauses between tries, in seconds, when each comes at its time.
  private func pauses(_ count: Int, hasOperations: Bool, _ bootstrap: inout Bootstrap, from start: Instant = F.start)
    -> [Int]
  {
    var now = start
    return (0..<count).map { _ in
      bootstrap.tried(now: now, hasOperations: hasOperations)
      let next = bootstrap.nextTry ?? now
      defer { now = next }
      return Int((next - now).inSeconds)
    }
  }

  @Test("N-39, W-49: pauses double from 10 s, to a minute while somebody waits, to ten minutes else")
  func backoff() {
    var eager = Bootstrap()
    eager.add(host)
    #expect(pauses(6, hasOperations: true, &eager) == [10, 20, 40, 60, 60, 60])
    var idle = Bootstrap()
    idle.add(host)
    #expect(pauses(9, hasOperations: false, &idle) == [10, 20, 40, 80, 160, 320, 600, 600, 600])
  }

  @Test("W-49: within an hour after a connection was lost, pauses stay below a minute")
  func lostConnection() {
    var bootstrap = Bootstrap()
    bootstrap.add(host)
    bootstrap.connected()
    #expect(bootstrap.nextTry == nil)
    bootstrap.disconnected(now: F.start)
    #expect(bootstrap.nextTry == F.start)
    #expect(pauses(5, hasOperations: false, &bootstrap).last == 60)
    #expect(pauses(5, hasOperations: false, &bootstrap, from: F.at(3601)).last == 600)
  }

  @Test("W-49: a connection counts as lost though the last nodes were doubted first")
  func lostByWayOfConnecting() {
    var bootstrap = Bootstrap()
    bootstrap.add(host)
    bootstrap.connected()
    // Nothing is told of the doubt: the next word is that nobody is left.
    bootstrap.disconnected(now: F.start)
    #expect(pauses(5, hasOperations: false, &bootstrap).last == 60)
    bootstrap.disconnected(now: F.at(4000))
    #expect(pauses(5, hasOperations: false, &bootstrap, from: F.at(8000)).last == 600)
  }

  @Test("Being disconnected again does not put off what is planned; being hurried does not overrun")
  func hurry() {
    var bootstrap = Bootstrap()
    bootstrap.add(host)
    _ = pauses(4, hasOperations: false, &bootstrap)
    let planned = bootstrap.nextTry
    bootstrap.disconnected(now: F.at(100))
    #expect(bootstrap.nextTry == planned)
    bootstrap.tried(now: F.at(200), hasOperations: false)
    bootstrap.hasten(now: F.at(201))
    #expect(bootstrap.nextTry == F.at(205), "tries are five seconds apart at least")
    bootstrap.hasten(now: F.at(300))
    #expect(bootstrap.nextTry == F.at(300))
    bootstrap.tried(now: F.at(300), hasOperations: false)
    #expect(bootstrap.nextTry == F.at(310), "the pause begins anew")
  }

  @Test("W-50: a name is awaited once, and an answer that nobody waits for is none")
  func resolution() {
    var bootstrap = Bootstrap()
    bootstrap.add(host)
    bootstrap.add(host)
    #expect(bootstrap.hosts == [host] && !bootstrap.isTrying)
    bootstrap.resolve(host)
    #expect(bootstrap.isTrying)
    #expect(bootstrap.resolved(host) && !bootstrap.resolved(host) && !bootstrap.isTrying)
    bootstrap.tried(now: F.start, hasOperations: false)
    bootstrap.clear()
    #expect(bootstrap.hosts.isEmpty && bootstrap.nextTry == nil)
  }
}
