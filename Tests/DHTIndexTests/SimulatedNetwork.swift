import DHTCore
import DHTModel
import DHTSimulator
import OpenDHT
import Synchronization

@testable import DHTIndex

/// A simulated world that several indexes use. What one of them asks for is run to its end before the next.
///
/// Sendable: everything is touched under the lock alone.
final class SimulatedWorld: @unchecked Sendable {
  struct Waiter {
    var operation: DHTSimulator.Operation
    var test: (Value) -> Bool
    var continuation: CheckedContinuation<Bool, Never>
  }
  private let lock = Mutex(())
  private let world: World
  private var waiters: [Int: Waiter] = [:]
  private var number = 0
  private var gets = 0

  init(_ world: World) { self.world = world }

  /// Does something with the world, then tells the listens what they saw.
  func use<Result>(_ body: (World) -> Result) -> Result where Result: Sendable {
    let (result, woken) = lock.withLock { _ in
      nonisolated(unsafe) let world = world  // under the lock
      let result = body(world)
      var woken: [(CheckedContinuation<Bool, Never>, Bool)] = []
      for (number, waiter) in waiters {
        let isSeen = waiter.operation.changes.contains { change in
          if case .added(let value) = change.change { waiter.test(value) } else { false }
        }
        guard isSeen || waiter.operation.isFinished else { continue }
        if !waiter.operation.isFinished { world.cancel(waiter.operation) }
        waiters[number] = nil
        woken.append((waiter.continuation, isSeen))
      }
      return (result, woken)
    }
    for (continuation, isSeen) in woken { continuation.resume(returning: isSeen) }
    return result
  }

  func nextNumber() -> Int {
    use { _ in
      number += 1
      return number
    }
  }

  func wait(
    _ number: Int, at key: InfoHash, ofType userType: [UInt8], from node: Int,
    _ waiter: @escaping (DHTSimulator.Operation) -> Waiter
  ) {
    use { world in
      waiters[number] = waiter(world.listen(to: key, where: [.userType(userType)], from: node))
    }
  }

  func cancel(_ number: Int) {
    let waiter = lock.withLock { _ in
      if let waiter = waiters[number], !waiter.operation.isFinished { world.cancel(waiter.operation) }
      return waiters.removeValue(forKey: number)?.continuation
    }
    waiter?.resume(returning: false)
  }

  /// Gets since the last call.
  func takeGets() -> Int {
    use { _ in
      defer { gets = 0 }
      return gets
    }
  }

  func get(_ key: InfoHash, from node: Int) -> (values: [Value], isDone: Bool) {
    use { world in
      gets += 1
      let get = world.get(key, from: node)
      return (world.run(until: get) ? get.values : [], get.isFinished)
    }
  }

  func put(_ value: Value, at key: InfoHash, created: WallTime?, from node: Int) -> Bool {
    use { world in
      var value = value
      value.id = world.random.next()  // as the façade does
      let options = PutOptions(created: created, hasDrawnID: true)
      let put = world.put(value, at: key, options: options, from: node)
      world.run(until: put)
      guard case .put(let receipt)? = put.outcome else { return false }
      return !receipt.stored.isEmpty
    }
  }
}

/// One node of it.
struct SimulatedNode: IndexNetwork {
  let world: SimulatedWorld
  let number: Int

  var now: WallTime { world.use { $0.wallTime } }

  func read(_ key: InfoHash, _ take: (Value) -> Void) async throws(DHTError) {
    let (values, isDone) = world.get(key, from: number)
    guard isDone else { throw .timedOut }
    for value in values { take(value) }
  }

  func write(_ value: Value, at key: InfoHash, created: WallTime?) async throws(DHTError) {
    guard world.put(value, at: key, created: created, from: number) else { throw .timedOut }
  }

  func waitForValue(
    at key: InfoHash, ofType userType: [UInt8], for time: Duration, where test: @escaping @Sendable (Value) -> Bool
  ) async -> Bool {
    let waiter = world.nextNumber()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        world.wait(waiter, at: key, ofType: userType, from: number) { operation in
          SimulatedWorld.Waiter(operation: operation, test: test, continuation: continuation)
        }
        if Task.isCancelled { world.cancel(waiter) }
      }
    } onCancel: {
      world.cancel(waiter)
    }
  }
}
