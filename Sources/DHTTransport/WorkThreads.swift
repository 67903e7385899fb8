internal import NIOCore
internal import NIOPosix

/// Threads for work that takes milliseconds: signatures, decryption, key generation. They are the process's, not a node's.
public final class WorkThreads: Sendable {
  /// For what an application waits for: one thread for each core.
  public static let application = WorkThreads(count: System.coreCount)
  /// For what strangers bring: half of the cores, so that their flood leaves the rest for ourselves. What waits here is
  /// bounded by each node (`Limits.pendingPuts`).
  public static let strangers = WorkThreads(count: max(1, System.coreCount / 2))

  private let pool: NIOThreadPool

  private init(count: Int) {
    pool = NIOThreadPool(numberOfThreads: count)
    pool.start()
  }

  /// Runs a piece of work when a thread is free.
  public func run(_ work: @escaping @Sendable () -> Void) {
    pool.submit { _ in work() }
  }

  /// Runs a piece of work when a thread is free, and returns what it made. Blocks no thread of the caller's.
  public func value<Result: Sendable>(of work: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
      run { continuation.resume(returning: work()) }
    }
  }
}
