internal import DHTCore

/// The put of a certificate, which nobody but the session waits for. Lives on the event loop.
final class Publication: OperationSink {
  private let finished: (PutReceipt) -> Void

  /// `finished` is called with what the first round reached, unless the node is stopped first.
  init(_ finished: @escaping (PutReceipt) -> Void) { self.finished = finished }

  var isCancelled: Bool { false }

  func take(_ event: Event) {}

  func finish(_ result: Result<Outcome, DHTError>) {
    if case .success(.put(let receipt)) = result { finished(receipt) }
  }
}

extension PutReceipt {
  /// Whether something else has the value's id where it should stand, or it is refused there.
  var isShutOut: Bool {
    if case .invalid(.wouldReplaceSignedValue) = ending { return true }
    let refusals = failed.count { $0.reason == .holdsSignedValue || $0.reason == .notFoundOnVerify }
    return refusals > stored.count
  }
}
