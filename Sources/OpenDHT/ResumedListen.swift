internal import DHTCore
internal import DHTModel

/// A listen that another engine goes on with: keeps what the application knows from being told again. Lives on the loop.
final class ResumedListen: OperationSink {
  private let sink: any OperationSink
  private var known: ListenedValues
  /// Whether all that was known before is settled; then the engine's own account is right.
  var isSettled: Bool { known.doubtfulCount == 0 }
  private(set) var isOver = false

  init(_ sink: any OperationSink, known: [Value]) {
    // A listen that is carried over twice has one of these inside already; its knowledge was asked for.
    self.sink = (sink as? ResumedListen)?.sink ?? sink
    self.known = ListenedValues(doubtful: known)
  }

  var isCancelled: Bool { sink.isCancelled }
  var isLaterStep: Bool { sink.isLaterStep }
  /// What the application knows.
  var values: [Value] { known.values }

  func take(_ event: Event) {
    guard case .changes(let id, let changes) = event else { return sink.take(event) }
    tell(
      changes.compactMap { change in
        switch change {
        case .added(let value), .updated(let value): known.take(value)
        case .expired(let value): known.expire(value.id)
        }
      }, id)
  }

  /// A get found these and no others.
  func reconcile(found: Set<Value.ID>, _ id: OperationID) { tell(known.reconcile(found: found), id) }

  private func tell(_ transitions: [ListenedValues.Transition], _ id: OperationID) {
    let changes = transitions.compactMap { $0.change { _ in true } }
    if !changes.isEmpty { sink.take(.changes(id, changes)) }
  }

  func finish(_ result: Result<Outcome, DHTError>) {
    isOver = true
    sink.finish(result)
  }
}
