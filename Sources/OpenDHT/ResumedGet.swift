internal import DHTCore
internal import DHTModel

/// A get or query that another engine does once more: keeps what was delivered from being delivered again. Lives on the
/// loop.
final class ResumedGet: OperationSink {
  private let sink: any OperationSink
  private let known: [Value.ID: [Value]]
  private let records: Set<FieldRecord>
  private let knownCount: Int

  init(_ sink: any OperationSink, known: KnownResults) {
    self.sink = sink
    self.known = Dictionary(grouping: known.values, by: \.id)
    records = known.records
    knownCount = known.values.count + known.records.count
  }

  var isCancelled: Bool { sink.isCancelled }
  var isLaterStep: Bool { sink.isLaterStep }

  func take(_ event: Event) {
    switch event {
    case .values(let id, let values, let source):
      let news = values.filter { value in !(known[value.id] ?? []).contains { $0.hasSameContent(as: value) } }
      if !news.isEmpty { sink.take(.values(id, news, source)) }
    case .fields(let id, let found, let source):
      let news = found.filter { !records.contains($0) }
      if !news.isEmpty { sink.take(.fields(id, news, source)) }
    default: sink.take(event)
    }
  }

  /// What the engine before delivered counts, too.
  func finish(_ result: Result<Outcome, DHTError>) {
    guard case .success(.get(var outcome)) = result else { return sink.finish(result) }
    outcome.delivered += knownCount
    sink.finish(.success(.get(outcome)))
  }
}
