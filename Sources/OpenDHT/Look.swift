internal import DHTCore
internal import DHTModel

/// A get of the session's own, for the ids that are under a key. Lives on the event loop.
final class Look: OperationSink {
  private var ids: Set<Value.ID> = []
  private let finished: (Set<Value.ID>?) -> Void

  /// `finished` is called with the ids that were found; with nil when nobody who could know was asked.
  init(_ finished: @escaping (Set<Value.ID>?) -> Void) { self.finished = finished }

  var isCancelled: Bool { false }

  func take(_ event: Event) {
    guard case .values(_, let values, _) = event else { return }
    ids.formUnion(values.map(\.id))
  }

  func finish(_ result: Result<Outcome, DHTError>) {
    guard case .success(.get(let outcome)) = result, outcome.ending == .completed, outcome.incomplete == 0 else {
      return finished(nil)
    }
    finished(ids)
  }
}
