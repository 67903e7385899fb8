extension DHT {
  /// The steps of a traced get, as they happen. One operation: two loops over it share its steps.
  public struct Trace: AsyncSequence, Sendable {
    /// A step of the search.
    public typealias Element = TraceStep
    /// Never throws.
    public typealias Failure = Never
    let handle: OperationHandle<TraceBacklog>

    /// How the get ended; waits for its end. Cancelling the waiting task cancels the get.
    public var outcome: GetOutcome { get async { await handle.operation.getOutcome } }
    /// Steps that were lost since nobody read: more than 16384 of them waited.
    public var dropped: Int { handle.operation.read { $0.dropped } }
    /// Ends the get at once. Leaving the loop does the same.
    public func cancel() { handle.operation.cancel() }

    /// Makes a reader; several share the steps.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(handle: handle) }

    /// Takes the steps one by one. Dropping the last reader and the sequence ends the get.
    public struct AsyncIterator: AsyncIteratorProtocol {
      let handle: OperationHandle<TraceBacklog>
      /// The next step; nil when the get is over or its task cancelled.
      public mutating func next(isolation actor: isolated (any Actor)?) async -> TraceStep? {
        await handle.operation.next()
      }
    }
  }
}
