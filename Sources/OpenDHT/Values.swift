extension DHT {
  /// The values of a get, as they come. One operation: two loops over it share its values.
  public struct Values: AsyncSequence, Sendable {
    /// A value.
    public typealias Element = Value
    /// Never throws.
    public typealias Failure = Never
    let handle: OperationHandle<ValueBacklog>

    /// How the get ended; waits for its end. Cancelling the waiting task cancels the get.
    public var outcome: GetOutcome { get async { await handle.operation.getOutcome } }
    /// Values that were lost since nobody read: more than 65536 of them, or 64 MiB, waited.
    public var dropped: Int { handle.operation.read { $0.dropped } }
    /// The same values, each with where it came from.
    public var withSources: SourcedValues { SourcedValues(handle: handle) }
    /// Ends the get at once. Leaving the loop does the same.
    public func cancel() { handle.operation.cancel() }

    /// Makes a reader; several share the values.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(handle: handle) }

    /// Takes the values one by one. Dropping the last reader and the sequence ends the get.
    public struct AsyncIterator: AsyncIteratorProtocol {
      let handle: OperationHandle<ValueBacklog>
      /// The next value; nil when the get is over or its task cancelled.
      public mutating func next(isolation actor: isolated (any Actor)?) async -> Value? {
        await handle.operation.next()?.value
      }
    }
  }

  /// The values of a get, as they come, each with where it came from.
  public struct SourcedValues: AsyncSequence, Sendable {
    /// A value and who gave it.
    public struct Element: Hashable, Sendable {
      /// The value.
      public var value: Value
      /// Who gave it: a node, or our own storage.
      public var source: Source
    }
    /// Never throws.
    public typealias Failure = Never
    let handle: OperationHandle<ValueBacklog>

    /// Makes a reader; several share the values.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(handle: handle) }

    /// Takes the values one by one. Dropping the last reader and the sequence ends the get.
    public struct AsyncIterator: AsyncIteratorProtocol {
      let handle: OperationHandle<ValueBacklog>
      /// The next value; nil when the get is over or its task cancelled.
      public mutating func next(isolation actor: isolated (any Actor)?) async -> Element? {
        await handle.operation.next()
      }
    }
  }
}

/// The result of a get.
public struct GetResult: Hashable, Sendable {
  /// Each distinct value once, in the order they came.
  public var values: [Value] = []
  /// Where each of `values` came from first, at the same index.
  public var sources: [Source] = []
  /// How the get ended, and how many of the closest nodes answered.
  public var outcome = GetOutcome(ending: .completed)

  /// An empty result.
  public init() {}
}
