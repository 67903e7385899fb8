@testable import OpenDHT
import DHTCore
import DHTTransport
import NIOConcurrencyHelpers
import Testing

/// Names that take long to look up.
@Suite(.timeLimit(.minutes(1)))
struct ResolvingTests {
  /// Runs `body` with a node whose look-ups block until the end of it.
  private func withSlowNames(_ body: (DHT) async throws -> Void) async throws {
    let gate = ConditionLock(value: 0)
    try await Neighbourhood.run(1) { network in
      let dht = network.first
      await dht.onLoop { session in
        session.node?.resolver = Resolver { _ in
          gate.lock(whenValue: 1)
          gate.unlock()
          return []
        }
      }
      do { try await body(dht) } catch {
        gate.open()
        throw error
      }
      gate.open()
    }
  }

  @Test("the deadline of a ping covers the look-up of the name") func deadline() async throws {
    try await withSlowNames { dht in
      let time = await elapsed {
        await #expect(throws: DHTError.timedOut) { try await dht.ping("slow", deadline: .milliseconds(100)) }
      }
      #expect(time >= .milliseconds(95))
      #expect(await dht.ongoingOperations == 0)
    }
  }

  @Test("a ping whose name is being looked up ends when it is cancelled, and when the node stops") func ends()
    async throws
  {
    try await withSlowNames { dht in
      let cancelled = Task { try await dht.ping("slow", deadline: .seconds(3600)) }
      while await dht.ongoingOperations == 0 { await Task.yield() }
      cancelled.cancel()
      await #expect(throws: DHTError.cancelled) { try await cancelled.value }
      let stopped = Task { try await dht.ping("slow") }
      while await dht.ongoingOperations == 0 { await Task.yield() }
      await dht.stop()
      await #expect(throws: DHTError.cancelled) { try await stopped.value }
    }
  }

  @Test("a drain ends with the last look-up") func drain() async throws {
    try await withSlowNames { dht in
      let ping = Task { try await dht.ping("slow", deadline: .seconds(1)) }
      while await dht.ongoingOperations == 0 { await Task.yield() }
      #expect(await dht.drain(timeout: .seconds(30)))
      await #expect(throws: DHTError.timedOut) { try await ping.value }
    }
  }

  @Test("looking up a host ends when its task is cancelled, and when the node stops") func resolve() async throws {
    try await withSlowNames { dht in
      let cancelled = Task { await dht.resolve("slow") }
      cancelled.cancel()
      #expect(await cancelled.value == [])
      let stopped = Task { await dht.resolve("slow") }
      while await dht.onLoop({ $0.waitingResolves }) == 0 { await Task.yield() }
      await dht.stop()
      #expect(await stopped.value == [])
    }
  }
}

extension ConditionLock<Int> {
  fileprivate func open() {
    lock()
    unlock(withValue: 1)
  }
}
