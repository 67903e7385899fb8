internal import DHTCore
internal import NIOConcurrencyHelpers

/// What an operation delivers and nobody has taken yet. Bounded, whatever the reader does.
protocol OperationBacklog: Sendable {
  associatedtype Element: Sendable
  /// Takes what an event brings, and merges it with what waits.
  mutating func take(_ event: Event)
  /// Removes and returns the oldest element.
  mutating func popFirst() -> Element?
}

/// For operations that deliver nothing but their outcome.
struct NoBacklog: OperationBacklog {
  mutating func take(_ event: Event) {}
  mutating func popFirst() -> Never? { nil }
}

/// What the session sees of an operation: where to put its events.
protocol OperationSink: AnyObject {
  func take(_ event: Event)
  func finish(_ result: Result<Outcome, DHTError>)
  var isCancelled: Bool { get }
  /// Whether it is a later step of something that began before; a drain waits for it then, and lets it begin.
  var isLaterStep: Bool { get }
}

extension OperationSink {
  var isLaterStep: Bool { false }
}

/// One call of the application, between the event loop, which delivers, and the tasks that read.
///
/// The lock is the façade's only kind of lock: it guards what passes from one thread to the other, for the time of an
/// append or a removal. Continuations are resumed outside it.
final class Operation<Backlog: OperationBacklog>: OperationSink, Sendable {
  private struct State {
    var backlog: Backlog
    var readers: [CheckedContinuation<Backlog.Element?, Never>] = []
    var waiters: [CheckedContinuation<Result<Outcome, DHTError>, Never>] = []
    var result: Result<Outcome, DHTError>?
    var isCancelled = false

    /// What a reader gets at once: an element, or the end; nil when it has to wait.
    mutating func ready() -> Backlog.Element?? {
      if isCancelled { return .some(nil) }
      if let element = backlog.popFirst() { return element }
      return result == nil ? nil : .some(nil)
    }
  }
  private let state: NIOLockedValueBox<State>
  private let dht: DHT
  let isLaterStep = DHT.isInSteps

  init(backlog: Backlog, dht: DHT) {
    state = NIOLockedValueBox(State(backlog: backlog))
    self.dht = dht
  }
}

// What the session calls, on the loop.
extension Operation {
  var isCancelled: Bool { state.withLockedValue { $0.isCancelled } }

  func take(_ event: Event) {
    let served = state.withLockedValue { state -> [(CheckedContinuation<Backlog.Element?, Never>, Backlog.Element)] in
      guard !state.isCancelled, state.result == nil else { return [] }
      state.backlog.take(event)
      var served: [(CheckedContinuation<Backlog.Element?, Never>, Backlog.Element)] = []
      while !state.readers.isEmpty, let element = state.backlog.popFirst() {
        served.append((state.readers.removeFirst(), element))
      }
      return served
    }
    for (reader, element) in served { reader.resume(returning: element) }
  }

  func finish(_ result: Result<Outcome, DHTError>) {
    let waiting = state.withLockedValue { state -> State? in
      guard state.result == nil else { return nil }
      defer {
        state.result = result
        (state.readers, state.waiters) = ([], [])
      }
      return state
    }
    guard let waiting else { return }
    for reader in waiting.readers { reader.resume(returning: nil) }
    for waiter in waiting.waiters { waiter.resume(returning: result) }
  }
}

// What readers call, on any thread.
extension Operation {
  /// The next element; nil when the operation is over and everything was taken, or when it was cancelled.
  func next() async -> Backlog.Element? {
    if Task.isCancelled {
      cancel()
      return nil
    }
    if let ready = state.withLockedValue({ $0.ready() }) { return ready }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let ready = state.withLockedValue { state in
          let ready = state.ready()
          if ready == nil { state.readers.append(continuation) }
          return ready
        }
        if let ready { continuation.resume(returning: ready) }
      }
    } onCancel: {
      cancel()
    }
  }

  /// How the operation ended, once it has. Cancelling the task cancels the operation; its end is still waited for,
  /// which is one turn of the loop.
  func cancellableResult() async -> Result<Outcome, DHTError> {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let now = state.withLockedValue { state in
          if state.result == nil { state.waiters.append(continuation) }
          return state.result
        }
        if let now { continuation.resume(returning: now) }
      }
    } onCancel: {
      cancel()
    }
  }

  /// Tasks that wait for an element, for tests.
  var waitingReaders: Int { state.withLockedValue { $0.readers.count } }

  /// Reads something of what waits.
  func read<Answer>(_ question: (Backlog) -> Answer) -> Answer { state.withLockedValue { question($0.backlog) } }

  /// Ends the operation at once. What nobody took yet is dropped. No effect when it is over.
  func cancel() {
    let readers = state.withLockedValue { state -> [CheckedContinuation<Backlog.Element?, Never>]? in
      guard !state.isCancelled, state.result == nil else { return nil }
      state.isCancelled = true
      defer { state.readers = [] }
      return state.readers
    }
    guard let readers else { return }
    for reader in readers { reader.resume(returning: nil) }
    dht.tell { session in session.cancel(self) }
  }
}

/// Held by a sequence and its iterators; cancels the operation when the last of them is gone.
final class OperationHandle<Backlog: OperationBacklog>: Sendable {
  let operation: Operation<Backlog>

  init(_ operation: Operation<Backlog>) { self.operation = operation }
  deinit { operation.cancel() }
}
