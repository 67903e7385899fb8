internal import DHTCore
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix

/// Threads for work that takes milliseconds: signatures, decryption, key generation. They are the process's, not a node's.
public final class WorkThreads: Sendable {
  /// For what the application asked for itself, as signing: one thread for each core. Nothing that others send waits here.
  public static var application: WorkThreads { ofProcess.withLockedValue { $0.current.application } }
  /// For opening what gets and listens of the application bring: all cores but one, since strangers choose how much of it
  /// there is, and the network is to be served meanwhile.
  public static var openings: WorkThreads { ofProcess.withLockedValue { $0.current.openings } }
  /// For what strangers bring: half of the cores, so that their flood leaves the rest for ourselves. What waits here is
  /// bounded by each node (`Limits.pendingPuts`).
  public static var strangers: WorkThreads { ofProcess.withLockedValue { $0.current.strangers } }

  private struct OfProcess: Sendable {
    let application = WorkThreads(count: System.coreCount)
    let openings = WorkThreads(count: max(1, System.coreCount - 1))
    let strangers = WorkThreads(count: max(1, System.coreCount / 2))
  }
  /// A child of fork(2) has none of its parent's threads: it makes its own when it first needs them.
  private static let ofProcess = NIOLockedValueBox(PerProcess { OfProcess() })

  private let pool: NIOThreadPool

  init(count: Int) {
    pool = NIOThreadPool(numberOfThreads: count)
    pool.start()
  }

  /// Runs a piece of work when a thread is free.
  public func run(_ work: @escaping @Sendable () -> Void) {
    pool.submit { _ in work() }
  }

  /// Runs a check, portion by portion: after each one, what waits meanwhile comes first.
  func run(_ check: RunningCheck, _ done: @escaping @Sendable (CheckResult) -> Void) {
    run {
      var check = check
      if let result = check.advance() { done(result) } else { self.run(check, done) }
    }
  }

  /// Runs a piece of work when a thread is free, and returns what it made. Blocks no thread of the caller's.
  public func value<Result: Sendable>(of work: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
      run { continuation.resume(returning: work()) }
    }
  }
}
