import DHTModel
import OpenDHT
import Synchronization

@testable import DHTIndex

/// A network in memory, with a clock that only the test moves.
final class MemoryNetwork: IndexNetwork, Sendable {
  struct Stored: Sendable {
    var value: Value
    var created: WallTime
    var end: WallTime { created + .seconds(600) }
  }
  private struct Waiter: Sendable {
    var key: InfoHash
    var userType: [UInt8]
    var end: WallTime
    var test: @Sendable (Value) -> Bool
    var continuation: CheckedContinuation<Bool, Never>
  }
  private struct State {
    var now = WallTime(seconds: 1_000_000)
    var stored: [InfoHash: [Stored]] = [:]
    var reads: [InfoHash] = []
    var writes: [(key: InfoHash, value: Value)] = []
    var waiters: [Int: Waiter] = [:]
    var number = 0
    var failure: DHTError?
    var unreadable: Set<InfoHash> = []
  }
  private let state = Mutex(State())

  var now: WallTime { state.withLock { $0.now } }

  func read(_ key: InfoHash, _ take: (Value) -> Void) async throws(DHTError) {
    let (values, failure) = state.withLock { state -> ([Stored], DHTError?) in
      state.reads.append(key)
      let now = state.now
      return (
        state.stored[key, default: []].filter { $0.end > now },
        state.failure ?? (state.unreadable.contains(key) ? .isolated : nil)
      )
    }
    if let failure { throw failure }
    for stored in values { take(stored.value) }
  }

  func write(_ value: Value, at key: InfoHash, created: WallTime?) async throws(DHTError) {
    let (woken, failure) = state.withLock { state -> ([Waiter], DHTError?) in
      if let failure = state.failure { return ([], failure) }
      state.number += 1
      var value = value
      if value.id == 0 { value.id = Value.ID(state.number) }
      state.writes.append((key, value))
      state.stored[key, default: []].append(Stored(value: value, created: created ?? state.now))
      let hit = state.waiters.filter {
        $0.value.key == key && $0.value.userType == value.body?.userTypeBytes && $0.value.test(value)
      }
      for number in hit.keys { state.waiters[number] = nil }
      return (Array(hit.values), nil)
    }
    if let failure { throw failure }
    for waiter in woken { waiter.continuation.resume(returning: true) }
  }

  func waitForValue(
    at key: InfoHash, ofType userType: [UInt8], for time: Duration, where test: @escaping @Sendable (Value) -> Bool
  ) async -> Bool {
    let number = state.withLock { state in
      state.number += 1
      return state.number
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let answer = state.withLock { state -> Bool? in
          if Task.isCancelled || state.failure != nil { return false }
          let now = state.now
          if state.stored[key, default: []].contains(where: {
            $0.end > now && $0.value.body?.userTypeBytes == userType && test($0.value)
          }) {
            return true
          }
          state.waiters[number] = Waiter(
            key: key, userType: userType, end: state.now + time, test: test, continuation: continuation)
          return nil
        }
        if let answer { continuation.resume(returning: answer) }
      }
    } onCancel: {
      let waiter = state.withLock { $0.waiters.removeValue(forKey: number) }
      waiter?.continuation.resume(returning: false)
    }
  }
}

extension MemoryNetwork {
  /// Moves the clock, and ends what waits no longer.
  func advance(by time: Duration) {
    let over = state.withLock { state -> [Waiter] in
      state.now = state.now + time
      let now = state.now
      let over = state.waiters.filter { $0.value.end <= now }
      for number in over.keys { state.waiters[number] = nil }
      return Array(over.values)
    }
    for waiter in over { waiter.continuation.resume(returning: false) }
  }

  /// Lets every call fail from now on, and what waits end.
  func fail(_ error: DHTError?) {
    let waiters = state.withLock { state -> [Waiter] in
      state.failure = error
      defer { if error != nil { state.waiters = [:] } }
      return error == nil ? [] : Array(state.waiters.values)
    }
    for waiter in waiters { waiter.continuation.resume(returning: false) }
  }

  /// Lets reads of one key fail.
  func failReads(of key: InfoHash) { state.withLock { _ = $0.unreadable.insert(key) } }
  /// Listens that run.
  var waiting: Int { state.withLock { $0.waiters.count } }
  /// Keys that were read, in order, since the last call.
  func takeReads() -> [InfoHash] {
    state.withLock { state in
      defer { state.reads = [] }
      return state.reads
    }
  }
  /// What was written, in order, since the last call.
  func takeWrites() -> [(key: InfoHash, value: Value)] {
    state.withLock { state in
      defer { state.writes = [] }
      return state.writes
    }
  }
  /// What stands at a key.
  func stored(at key: InfoHash) -> [Stored] {
    state.withLock { state in state.stored[key, default: []].filter { $0.end > state.now } }
  }
  /// Puts a value there, as a stranger does.
  func plant(_ value: Value, at prefix: IndexPrefix) async {
    try? await write(value, at: prefix.key, created: nil)
  }
}

/// Waits until something that other tasks do has come true. They need turns only: nothing here takes time.
func eventually(_ condition: () async -> Bool) async -> Bool {
  for _ in 0..<200_000 {
    if await condition() { return true }
    await Task.yield()
  }
  return false
}
