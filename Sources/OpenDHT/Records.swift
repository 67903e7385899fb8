extension DHT {
  /// The records of a query, as they come. One operation: two loops over it share its records.
  public struct Records: AsyncSequence, Sendable {
    /// The selected fields of a value.
    public typealias Element = FieldRecord
    /// Never throws.
    public typealias Failure = Never
    let handle: OperationHandle<RecordBacklog>

    /// How the query ended; waits for its end. Cancelling the waiting task cancels the query.
    public var outcome: GetOutcome { get async { await handle.operation.getOutcome } }
    /// Records that were lost since nobody read: more than 8 · 65536 of them, or 64 MiB of user types,
    /// waited.
    public var dropped: Int { handle.operation.read { $0.dropped } }
    /// Ends the query at once. Leaving the loop does the same.
    public func cancel() { handle.operation.cancel() }

    /// Makes a reader; several share the records.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(handle: handle) }

    /// Takes the records one by one. Dropping the last reader and the sequence ends the query.
    public struct AsyncIterator: AsyncIteratorProtocol {
      let handle: OperationHandle<RecordBacklog>
      /// The next record; nil when the query is over or its task cancelled.
      public mutating func next(isolation actor: isolated (any Actor)?) async -> FieldRecord? {
        await handle.operation.next()
      }
    }
  }
}
