internal import DHTCore
internal import DHTModel

/// A listen that another engine goes on with: keeps what the application knows from being told again. Lives on the loop.
final class ResumedListen: OperationSink {
  private let sink: any OperationSink
  /// What the application knows; nil once all of it is settled, when the engine's own account is right.
  private var known: ListenedValues?
  var isSettled: Bool { known == nil }
  private(set) var isOver = false

  init(_ sink: any OperationSink, known: [Value]) {
    // A listen that is carried over twice has one of these inside already; its knowledge was asked for.
    self.sink = (sink as? ResumedListen)?.sink ?? sink
    self.known = known.isEmpty ? nil : ListenedValues(doubtful: known)
  }

  /// Another one goes on with the listen: this one tells nothing more, and looks no more. Returns what the application
  /// knows; nil when the engine says so as well.
  func retire() -> [Value]? {
    defer { (isOver, known) = (true, nil) }
    return known?.values
  }

  var isCancelled: Bool { sink.isCancelled }
  var isLaterStep: Bool { sink.isLaterStep }

  func take(_ event: Event) {
    guard case .changes(let id, let changes) = event, var known else { return sink.take(event) }
    // Moved out, else it is copied.
    self.known = nil
    let transitions = changes.compactMap { change in
      switch change {
      case .added(let value), .updated(let value): known.take(value)
      case .expired(let value): known.expire(value.id)
      }
    }
    tell(transitions, id, known)
  }

  /// A get found these and no others.
  func reconcile(found: Set<Value.ID>, _ id: OperationID) {
    guard var known else { return }
    self.known = nil
    let transitions = known.reconcile(found: found)
    tell(transitions, id, known)
  }

  private func tell(_ transitions: [ListenedValues.Transition], _ id: OperationID, _ known: ListenedValues) {
    self.known = known.doubtfulCount == 0 ? nil : known
    let changes = transitions.compactMap { $0.change { _ in true } }
    if !changes.isEmpty { sink.take(.changes(id, changes)) }
  }

  func finish(_ result: Result<Outcome, DHTError>) {
    isOver = true
    sink.finish(result)
  }
}
