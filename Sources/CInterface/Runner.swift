internal import COpenDHT
internal import DHTTransport
internal import Logging
internal import NIOConcurrencyHelpers
internal import OpenDHT

/// A node of C's, which can be started and stopped.
final class Runner: Sendable {
  enum State {
    case stopped
    /// Being started or stopped by another thread, which opens the gate.
    case busy(Gate<Void>)
    case running(Life)
  }
  let state = NIOLockedValueBox(State.stopped)
  let log = LogTarget()
  /// Entry points named before the start.
  let bootstrap = NIOLockedValueBox<[Host]>([])

  /// The life that goes on, if it is this process's.
  var life: Life? {
    state.withLockedValue { state in
      if case .running(let life) = state, life.isOurs { life } else { nil }
    }
  }

  /// Starts a node, unless one runs, and waits until its sockets are open.
  func run(_ configuration: DHT.Configuration) -> DHTError? {
    let gate = Gate<Void>()
    let isStarting = state.withLockedValue { state -> Bool? in
      switch state {
      case .running(let life) where life.isOurs: return nil
      // What a parent left behind stays as it is: nothing of it can be ended here.
      case .running(let life): _ = Unmanaged.passRetained(life)
      case .busy: return false
      case .stopped: break
      }
      state = .busy(gate)
      return true
    }
    guard let isStarting else { return nil }
    guard isStarting else { return .alreadyRunning }
    let result = start(configuration)
    state.withLockedValue { state in
      switch result {
      case .success(let life): state = .running(life)
      case .failure: state = .stopped
      }
    }
    gate.open(())
    guard case .failure(let error) = result else { return nil }
    return error
  }

  private func start(_ configuration: DHT.Configuration) -> Result<Life, DHTError> {
    guard let thread = RunnerThread() else { return .failure(.cannotBind("the system gives no more threads")) }
    var configuration = configuration
    configuration.bootstrap += bootstrap.withLockedValue { $0 }
    configuration.logger = Logger(label: "opendht") { [log] _ in TargetLog(log) }
    let life = Life(DHT(configuration), on: thread)
    let gate = Gate<DHTError?>()
    _ = life.perform { dht in
      do throws(DHTError) {
        try await dht.start()
        gate.open(nil)
      } catch {
        gate.open(error)
      }
    }
    guard let error = gate.wait() ?? nil else { return .success(life) }
    thread.end()
    return .failure(error)
  }

  /// Ends what runs, and waits until every callback has returned. On the runner's own thread it only begins that.
  func stop() {
    let gate = Gate<Void>()
    enum Found { case nothing, another(Gate<Void>), life(Life) }
    let found = state.withLockedValue { state -> Found in
      switch state {
      case .stopped: return .nothing
      case .busy(let gate): return .another(gate)
      case .running(let life):
        // A parent's: kept for ever, since ending it would touch what the parent still uses.
        guard life.isOurs else {
          _ = Unmanaged.passRetained(life)
          state = .stopped
          return .nothing
        }
        state = .busy(gate)
        return .life(life)
      }
    }
    switch found {
    case .nothing: break
    case .another(let gate): _ = gate.wait()
    case .life(let life):
      let isOwnThread = life.thread.isCurrent
      let ended = Gate<Void>()
      life.end { [self] in
        if isOwnThread {
          life.thread.end()
          stopped(gate)
        }
        ended.open(())
      }
      guard !isOwnThread else { return }
      _ = ended.wait()
      life.thread.end()
      stopped(gate)
    }
  }

  private func stopped(_ gate: Gate<Void>) {
    state.withLockedValue { $0 = .stopped }
    gate.open(())
  }

  /// The answer to a question that the node answers at once; nil when none runs. Blocks for that time, on any thread:
  /// questions have a thread of their own, since a callback that asks keeps the runner's.
  func ask<Answer: Sendable>(_ question: @escaping @Sendable (DHT) async -> Answer) -> Answer? {
    guard let dht = life?.dht, let thread = Self.questions.withLockedValue({ $0.current }) else { return nil }
    let gate = Gate<Answer>()
    Task(executorPreference: thread) { gate.open(await question(dht)) }
    return gate.wait()
  }
  private static let questions = NIOLockedValueBox(PerProcess { RunnerThread() })
}
