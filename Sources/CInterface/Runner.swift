internal import COpenDHT
internal import DHTTransport
internal import Logging
internal import NIOConcurrencyHelpers
internal import OpenDHT

/// A node of C's, which can be started and stopped.
final class Runner: Sendable {
  fileprivate enum State {
    case stopped
    /// Its sockets are being opened; whoever waits for that, waits at the gate.
    case starting(Life, Gate<Void>)
    case running(Life)
    /// Its operations are being ended, and then it.
    case ending(Life, Gate<Void>)

    var life: Life? {
      switch self {
      case .stopped: nil
      case .starting(let life, _), .running(let life), .ending(let life, _): life
      }
    }

    /// A child of fork(2) finds its parent's life, of which nothing runs there and nothing can be ended.
    fileprivate mutating func forgetParent() {
      guard let life, !life.isOurs else { return }
      keepForEver(life)
      self = .stopped
    }
  }
  private let state = NIOLockedValueBox(State.stopped)
  /// Entry points, for each start.
  private let entries = NIOLockedValueBox<[Host]>([])
  let log = LogTarget()
  let pendingPuts = PendingPuts()

  /// The life in which operations can begin.
  var life: Life? {
    state.withLockedValue { state in
      if case .running(let life) = state, life.isOurs { life } else { nil }
    }
  }
}

// From start to stop.
extension Runner {
  /// Starts a node, unless one runs, and waits until its sockets are open.
  func run(_ configuration: DHT.Configuration) -> DHTError? {
    guard life == nil else { return nil }
    guard let thread = RunnerThread() else { return .cannotBind("the system gives no more threads") }
    var configuration = configuration
    configuration.logger = Logger(label: "opendht") { [log] _ in TargetLog(log) }
    let life = Life(DHT(configuration), on: thread)
    return run(life)
  }

  fileprivate enum Turn { case mine, wait(Gate<Void>), over(DHTError?) }

  private func run(_ life: Life) -> DHTError? {
    let gate = Gate<Void>()
    while true {
      switch state.withLockedValue({ $0.beginStart(of: life, gate) }) {
      case .over(let error):
        life.thread.end()
        return error
      case .wait(let other): _ = other.wait()
      case .mine:
        let error = start(life)
        if error != nil { life.thread.end() }
        state.withLockedValue { $0 = error == nil ? .running(life) : .stopped }
        gate.open(())
        return error
      }
    }
  }

  private func start(_ life: Life) -> DHTError? {
    // What is named from now on is told to the life itself.
    life.dht.bootstrap(to: entries.withLockedValue { $0 })
    let gate = Gate<DHTError?>()
    _ = life.perform { dht in
      do throws(DHTError) {
        try await dht.start()
        gate.open(nil)
      } catch {
        gate.open(error)
      }
    }
    return gate.wait() ?? nil
  }

  /// Ends what runs, and waits until every callback has returned. On the runner's own thread it only begins that.
  func stop() {
    let gate = Gate<Void>()
    while true {
      switch state.withLockedValue({ $0.beginEnd(gate) }) {
      case .over: return
      case .wait(let other): _ = other.wait()
      case .mine:
        guard let life = state.withLockedValue({ $0.life }) else { return }
        return end(life, gate)
      }
    }
  }

  private func end(_ life: Life, _ gate: Gate<Void>) {
    guard !life.thread.isCurrent else {
      return life.end { [self] in
        life.thread.end()
        stopped(gate)
      }
    }
    let ended = Gate<Void>()
    life.end { ended.open(()) }
    _ = ended.wait()
    life.thread.end()
    stopped(gate)
  }

  private func stopped(_ gate: Gate<Void>) {
    state.withLockedValue { $0 = .stopped }
    gate.open(())
  }
}

extension Runner.State {
  /// Whose turn it is to start. On the thread that is to end first, nobody can wait for its end.
  fileprivate mutating func beginStart(of life: Life, _ gate: Gate<Void>) -> Runner.Turn {
    forgetParent()
    switch self {
    case .running: return .over(nil)
    case .starting(_, let other): return .wait(other)
    case .ending(let old, let other): return old.thread.isCurrent ? .over(.cancelled) : .wait(other)
    case .stopped:
      self = .starting(life, gate)
      return .mine
    }
  }

  /// Whose turn it is to stop.
  fileprivate mutating func beginEnd(_ gate: Gate<Void>) -> Runner.Turn {
    forgetParent()
    switch self {
    case .stopped: return .over(nil)
    case .starting(_, let other): return .wait(other)
    case .ending(let life, let other): return life.thread.isCurrent ? .over(nil) : .wait(other)
    case .running(let life):
      self = .ending(life, gate)
      return .mine
    }
  }
}

// What needs no operation.
extension Runner {
  /// Adds an entry point, now and for each start.
  func addEntry(_ host: Host) {
    entries.withLockedValue { if !$0.contains(host) { $0.append(host) } }
    tell { dht in dht.bootstrap(to: host) }
  }

  /// Forgets every entry point.
  func clearEntries() {
    entries.withLockedValue { $0 = [] }
    tell { dht in dht.clearBootstrap() }
  }

  /// Tells something to the node, also to one that is being started; false when there is none.
  @discardableResult
  func tell(_ news: (DHT) -> Void) -> Bool {
    guard let life = state.withLockedValue({ $0.life }), life.isOurs else { return false }
    news(life.dht)
    return true
  }

  /// The answer to a question that the node answers at once; nil, and the reason remembered, when none runs. Blocks for
  /// that time, on any thread: questions have a thread of their own, since a callback that asks keeps the runner's.
  func ask<Answer: Sendable>(_ question: @escaping @Sendable (DHT) async -> Answer) -> Answer? {
    guard let dht = life?.dht, let thread = Self.questions.withLockedValue({ $0.current }).thread else {
      fail(DHTError.notRunning)
      return nil
    }
    let gate = Gate<Answer>()
    Task(executorPreference: thread) { gate.open(await question(dht)) }
    return gate.wait()
  }

  private static let questions = NIOLockedValueBox(PerProcess { Questions() })
}

/// Where questions are answered. Made when the first is asked; a system that had no thread then may have one later.
private final class Questions: Sendable {
  private let made = NIOLockedValueBox<RunnerThread?>(nil)
  var thread: RunnerThread? {
    made.withLockedValue { made in
      if made == nil { made = RunnerThread() }
      return made
    }
  }
}
