internal import DHTCore

extension DHT {
  /// The changes that a listen sees. One operation: two loops over it share its changes.
  public struct Changes: AsyncSequence, Sendable {
    /// A change of a value.
    public typealias Element = ListenChange
    /// Never throws.
    public typealias Failure = Never
    let handle: OperationHandle<ChangeBacklog>

    /// How the listen ended; waits for its end. Cancelling the waiting task cancels the listen.
    public var ending: Ending {
      get async {
        if case .success(let outcome) = await handle.operation.cancellableResult() {
          outcome.ending
        } else {
          .cancelled
        }
      }
    }
    /// Ends the listen at once. Leaving the loop does the same.
    public func cancel() { handle.operation.cancel() }

    /// Makes a reader; several share the changes.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(handle: handle) }

    /// Takes the changes one by one. Dropping the last reader and the sequence ends the listen.
    public struct AsyncIterator: AsyncIteratorProtocol {
      let handle: OperationHandle<ChangeBacklog>
      /// The next change; nil when the listen is over or its task cancelled.
      public mutating func next(isolation actor: isolated (any Actor)?) async -> ListenChange? {
        await handle.operation.next()
      }
    }
  }
}
