import DHTModel
import OpenDHT
import Synchronization

@testable import DHTIndex

/// A network in which every prefix is a node, and none has entries.
final class EndlessTree: IndexNetwork {
  let reads = Mutex(0)
  var now: WallTime { WallTime(seconds: 0) }
  func read(_ key: InfoHash, _ take: (Value) -> Void) async throws(DHTError) {
    reads.withLock { $0 += 1 }
    take(IndexName(Array("x".utf8)).canary)
  }
  func write(_ value: Value, at key: InfoHash, created: WallTime?) async throws(DHTError) {}
  func waitForValue(
    at key: InfoHash, ofType userType: [UInt8], for time: Duration, where test: @escaping @Sendable (Value) -> Bool
  ) async -> Bool { false }
}
