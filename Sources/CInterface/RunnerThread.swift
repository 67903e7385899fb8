internal import NIOConcurrencyHelpers

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// The thread of a runner: all its tasks run on it, one at a time, and so all its callbacks.
///
/// It takes no part in the pool of Swift's tasks: a callback that blocks holds up its own runner alone, and a child of
/// fork(2), where that pool is dead, can have runners of its own.
///
/// Sendable: `jobs` and `isEnding` are touched under `lock` alone, `thread` is set once by `init`.
final class RunnerThread: TaskExecutor, @unchecked Sendable {
  private enum Signal { case nothing, something }
  private let lock = ConditionLock(value: Signal.nothing)
  private var jobs: [UnownedJob] = []
  private var isEnding = false
  private var thread: pthread_t?

  /// Starts the thread; nil when the system has none to give.
  init?() {
    // The thread keeps this object until it ends.
    let context = Unmanaged.passRetained(self)
    #if canImport(Darwin)
      var started: pthread_t?
    #else
      var started = pthread_t()
    #endif
    let code = pthread_create(
      &started, nil,
      { context in
        #if canImport(Darwin)
          Unmanaged<RunnerThread>.fromOpaque(context).takeRetainedValue().run()
        #else
          if let context { Unmanaged<RunnerThread>.fromOpaque(context).takeRetainedValue().run() }
        #endif
        return nil
      }, context.toOpaque())
    guard code == 0 else {
      context.release()
      return nil
    }
    thread = started
  }

  /// Whether the caller runs on this thread.
  var isCurrent: Bool { thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    lock.lock()
    jobs.append(job)
    lock.unlock(withValue: .something)
  }

  /// Ends the thread when everything given so far has run. Waits for that, unless called on the thread itself.
  func end() {
    lock.lock()
    isEnding = true
    lock.unlock(withValue: .something)
    guard let thread else { return }
    if isCurrent { pthread_detach(thread) } else { pthread_join(thread, nil) }
  }

  private func run() {
    while true {
      lock.lock(whenValue: .something)
      let batch = jobs
      let ends = isEnding
      jobs = []
      lock.unlock(withValue: ends ? .something : .nothing)
      for job in batch { job.runSynchronously(on: asUnownedTaskExecutor()) }
      if ends, batch.isEmpty { return }
    }
  }
}
