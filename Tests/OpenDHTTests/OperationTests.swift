@testable import OpenDHT
import DHTCore
import Testing

/// The meeting point of loop and tasks, without a node.
@Suite(.timeLimit(.minutes(1)))
struct OperationTests {
  private let dht = DHT()
  private func operation() -> Operation<ValueBacklog> { Operation(backlog: ValueBacklog(), dht: dht) }
  private func event(_ texts: String...) -> Event { .values(OperationID(1), texts.map { Value($0) }, .local) }
  private func finished(_ ending: Ending) -> Result<Outcome, DHTError> { .success(.get(GetOutcome(ending: ending))) }

  @Test("values that came before the reader, then those after, then the end") func inOrder() async {
    let operation = operation()
    operation.take(event("a", "b"))
    let reader = Task {
      var texts: [String] = []
      while let next = await operation.next() { texts.append(next.value.text ?? "?") }
      return texts
    }
    operation.take(event("c"))
    operation.finish(finished(.completed))
    #expect(await reader.value == ["a", "b", "c"])
    #expect(await operation.next() == nil)
  }

  @Test("N-63: nothing comes after the end; the first end counts") func once() async {
    let operation = operation()
    operation.finish(finished(.isolated))
    operation.take(event("late"))
    operation.finish(finished(.completed))
    #expect(await operation.next() == nil)
    let result = await operation.cancellableResult()
    #expect(result.map { $0.ending } == .success(.isolated))
  }

  @Test("two readers share the values") func twoReaders() async {
    let operation = operation()
    async let first = operation.next()
    async let second = operation.next()
    while operation.waitingReaders < 2 { await Task.yield() }
    operation.take(event("a", "b"))
    #expect(Set([await first?.value.text, await second?.value.text]) == ["a", "b"])
  }

  @Test("cancelling the task that reads ends the reading at once, and what waited is dropped") func cancelled() async {
    let operation = operation()
    let reader = Task { await operation.next() }
    while operation.waitingReaders < 1 { await Task.yield() }
    reader.cancel()
    #expect(await reader.value == nil)
    #expect(operation.isCancelled)
    operation.take(event("late"))
    #expect(await operation.next() == nil)
    // The session of a node that does not run has nothing to cancel, and says so.
    #expect(await operation.cancellableResult() == .failure(.cancelled))
  }

  @Test("a task that is cancelled already gets nothing") func cancelledBefore() async {
    let operation = operation()
    operation.take(event("a"))
    let reader = Task {
      while !Task.isCancelled { await Task.yield() }
      return await operation.next()
    }
    reader.cancel()
    #expect(await reader.value == nil)
  }

  @Test("dropping the last handle cancels") func dropped() async {
    let operation = operation()
    do {
      let values = DHT.Values(handle: OperationHandle(operation))
      _ = values.makeAsyncIterator()
      #expect(!operation.isCancelled)
      _ = values
    }
    #expect(operation.isCancelled)
  }

  @Test("a reader that never reads loses values beyond the bound, counted") func bounded() async {
    let operation = operation()
    let big = Value([UInt8](repeating: 0, count: 1 << 20))
    for _ in 0..<100 { operation.take(.values(OperationID(1), [big], .local)) }
    #expect(operation.read { $0.dropped } == 36)
    let many = operation_many()
    #expect(many.read { $0.dropped } == 100_000 - ValueBacklog.maximumCount)
  }

  @Test("records are bounded by their bytes, too; what was read makes room again") func boundedRecords() {
    var backlog = RecordBacklog()
    let record = FieldRecord(userTypeBytes: [UInt8](repeating: 0, count: 1 << 16))
    backlog.take(.fields(OperationID(1), Array(repeating: record, count: 1100), .local))
    #expect(backlog.dropped == 1100 - 1024)
    #expect(backlog.popFirst() == record)
    backlog.take(.fields(OperationID(1), [record, record], .local))
    #expect(backlog.dropped == 1100 - 1024 + 1)
  }

  private func operation_many() -> Operation<ValueBacklog> {
    let operation = operation()
    for _ in 0..<100 { operation.take(.values(OperationID(1), Array(repeating: Value(""), count: 1000), .local)) }
    return operation
  }

  @Test("10,000 changes and a slow reader: it sees fewer, and ends up right") func slowReader() async {
    let operation = Operation(backlog: ChangeBacklog(), dht: dht)
    let changes = DHT.Changes(handle: OperationHandle(operation))
    let reader = Task {
      var shown: [Value.ID: String] = [:], seen = 0
      for await change in changes {
        seen += 1
        switch change {
        case .added(let value), .updated(let value): shown[value.id] = value.text
        case .expired(let value): shown[value.id] = nil
        }
        for _ in 0..<20 { await Task.yield() }
      }
      return (shown, seen)
    }
    var live: [Value.ID: String] = [:]
    var most = 0
    for step in 0..<10_000 {
      let id = Value.ID(step % 50)
      let value = Value("\(step)", id: id)
      let change: ListenChange
      switch step / 50 % 3 {
      case 0: change = .added(value)
      case 1: change = .updated(value)
      default: change = .expired(value)
      }
      if case .expired = change { live[id] = nil } else { live[id] = value.text }
      operation.take(.changes(OperationID(1), [change]))
      most = max(most, operation.read { $0.count })
    }
    operation.finish(.success(.listen(.cancelled)))
    let (shown, seen) = await reader.value
    #expect(shown == live && seen < 10_000 && most <= 50)
  }
}
