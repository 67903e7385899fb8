internal import DHTCore

/// A ping of a host with several addresses: the first answer counts, the last silence too. Lives on the event loop.
final class HostPing: OperationSink {
  private let operation: Operation<NoBacklog>
  private var remaining: Int
  private let answered: () -> Void

  /// `answered` is called when an answer makes the other pings needless.
  init(_ operation: Operation<NoBacklog>, addresses: Int, answered: @escaping () -> Void) {
    self.operation = operation
    remaining = addresses
    self.answered = answered
  }

  var isCancelled: Bool { operation.isCancelled }

  func take(_ event: Event) {}

  func finish(_ result: Result<Outcome, DHTError>) {
    remaining -= 1
    if case .success(.ping(let outcome)) = result, outcome.node != nil {
      operation.finish(result)
      if remaining > 0 { answered() }
    } else if remaining == 0 {
      operation.finish(result)
    }
  }
}
