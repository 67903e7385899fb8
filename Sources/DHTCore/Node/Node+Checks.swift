public import DHTModel
import DHTWire

/// Values that wait for the security layer. The slow work is done elsewhere and comes back as an input.
///
///     put of others ─▶ policy is slow? ─▶ .check ─┄ other thread ┄─▶ checked ─▶ stored, answered
///     value for us  ─▶ sealed?         ─▶ .check ─┄ other thread ┄─▶ checked ─▶ delivered, or counted
extension Node {
  /// A check was run. One that nobody waits for any more is ignored.
  public mutating func checked(_ result: CheckResult, now: Instant) {
    begin(now)
    guard let waiter = checks.take(result.id) else { return }
    switch (waiter, result.answer) {
    case (.put(let put), .admitted(let decisions)): admit(put, decisions)
    case (.get(let operation, let source), .opened(let openings)):
      count(openings)
      deliver(openings, source, to: operation)
    case (.news(let id), .opened(let openings)):
      count(openings)
      hear(openings, id, of: result.id)
    // A result answers the question that was asked: `Check` makes both.
    case (.put, .opened), (.get, .admitted), (.news, .admitted): break
    }
    settle()
  }
}

// MARK: Puts of others

extension Node {
  /// A put with values whose policies are slow: they are asked elsewhere, and the sender is answered afterwards.
  mutating func check(_ put: PendingPut) {
    guard let id = checks.add(put) else {
      context.counters.checksDropped += 1
      return
    }
    let origin = ValueType.Origin(key: put.key, sender: put.sender.id, address: put.sender.address)
    let admissions = put.values.map { store.admission(of: $0, at: put.key, origin) }
    context.outbox.tell(.check(Check(id: id, work: .admit(admissions))))
  }

  private mutating func admit(_ put: PendingPut, _ decisions: [Admission.Decision]) {
    let isOutdated = zip(put.values, decisions).contains { value, decision in
      store.value(value.id, at: put.key) != decision.old
    }
    if isOutdated, put.repetitions < Self.checkRepetitions {
      var put = put
      put.repetitions += 1
      return check(put)
    }
    for (value, decision) in zip(put.values, decisions) {
      keep(value, put, decision)
    }
    takeStoreChanges()
    acknowledge(put)
  }

  private mutating func keep(_ value: Value, _ put: PendingPut, _ decision: Admission.Decision) {
    let result = store.put(
      value, at: put.key, created: put.created, origin: .remote(put.sender, decision), now: context.now)
    if case .refused = result { context.counters.valuesRefused += 1 }
  }

  /// Times a put is checked again since another changed what it would replace.
  private static let checkRepetitions = 3
}

// MARK: Values for the application

extension Node {
  /// Has values opened for a get.
  mutating func open(_ values: [Value], from source: Source, _ opener: ValueOpener, for operation: OperationID) {
    context.outbox.tell(.check(Check(id: checks.add(operation, source), work: .open(values, opener))))
  }

  private mutating func count(_ openings: [ValueOpener.Opening]) {
    for opening in openings {
      switch opening {
      case .opened: break
      case .refused(.badSignature): context.counters.badSignatures += 1
      case .refused(.notForUs): context.counters.notForUs += 1
      }
    }
  }
}
