public import DHTCore
public import DHTModel

extension World {
  /// Stores a value.
  @discardableResult
  public func put(
    _ value: Value, at key: InfoHash, options: PutOptions = PutOptions(), deadline: Duration? = nil, from number: Int
  ) -> Operation {
    var options = options
    if let deadline { options.deadline = now + deadline }
    return start(.put, key, on: number) { [now] in $0.put(value, at: key, options: options, now: now) }
  }

  /// Stores a value and keeps it alive until cancelled.
  @discardableResult
  public func putPermanently(_ value: Value, at key: InfoHash, from number: Int) -> Operation {
    var options = PutOptions()
    options.isPermanent = true
    return put(value, at: key, options: options, from: number)
  }

  /// Fetches values.
  @discardableResult
  public func get(
    _ key: InfoHash, where filters: [Query.Filter] = [], deadline: Duration? = nil, isTraced: Bool = false,
    from number: Int
  ) -> Operation {
    let end = deadline.map { now + $0 }
    return start(.get, key, on: number) { [now] in
      $0.get(key, where: filters, deadline: end, isTraced: isTraced, now: now)
    }
  }

  /// Fetches selected fields.
  @discardableResult
  public func query(_ key: InfoHash, _ query: Query, deadline: Duration? = nil, from number: Int) -> Operation {
    let end = deadline.map { now + $0 }
    return start(.query, key, on: number) { [now] in $0.query(key, query, deadline: end, now: now) }
  }

  /// Asks to be told of changes, until cancelled.
  @discardableResult
  public func listen(
    to key: InfoHash, where filters: [Query.Filter] = [], deadline: Duration? = nil, from number: Int
  ) -> Operation {
    let end = deadline.map { now + $0 }
    return start(.listen, key, on: number) { [now] in
      $0.listen(to: key, where: filters, deadline: end, now: now)
    }
  }

  /// Pings an address.
  @discardableResult
  public func ping(_ address: SocketAddress, deadline: Duration? = nil, from number: Int) -> Operation {
    let end = deadline.map { now + $0 }
    return start(.ping, nil, on: number) { [now] in $0.ping(address, deadline: end, now: now) }
  }

  /// Ends an operation.
  public func cancel(_ operation: Operation) {
    drive(machines[operation.node]) { [now] in $0.cancel(operation.id, now: now) }
  }

  /// Stops announcing a value. Returns whether there was one.
  @discardableResult
  public func cancelPut(_ id: Value.ID, at key: InfoHash, from number: Int) -> Bool {
    with(number) { node, now in node.cancelPut(id, at: key, now: now) }
  }
}

// MARK: Events

extension World {
  func handle(_ event: Event, of machine: Machine) {
    switch event {
    case .values(let id, let values, let source):
      guard let operation = running(id, machine, event) else { return }
      check(values: values, of: operation, machine)
      if operation.values.isEmpty { operation.firstValueAt = now }
      operation.values += values
      operation.sources += values.map { _ in source }
    case .fields(let id, let records, _):
      guard let operation = running(id, machine, event) else { return }
      if records.isEmpty { report(machine, "an event without records: \(operation)") }
      if operation.records.isEmpty { operation.firstValueAt = now }
      operation.records += records
    case .changes(let id, let changes):
      guard let operation = running(id, machine, event) else { return }
      if changes.isEmpty { report(machine, "an event without changes: \(operation)") }
      for change in changes { record(change, of: operation, machine) }
    case .acknowledged(let id, let contact):
      running(id, machine, event)?.acknowledged.append(contact)
    case .traced(let id, let step):
      running(id, machine, event)?.steps.append(step)
    case .finished(let id, let outcome):
      guard let operation = running(id, machine, event) else { return }
      finish(operation, outcome, machine)
    case .statusChanged(let ipv4, let ipv6):
      machine.statuses.append((now, ipv4, ipv6))
    case .check(let check):
      run(check, for: machine)
    case .resolve(let host):
      resolve(host, for: machine)
    case .publicAddressChanged(let ip):
      machine.reportedAddress = ip
    }
  }

  /// The operation that an event is about; an event about one that is over, or never was, is a violation.
  private func running(_ id: OperationID, _ machine: Machine, _ event: Event) -> Operation? {
    if let operation = machine.byID[id] { return operation }
    let over = machine.operations.last { $0.id == id }
    report(machine, "\(event) for \(over.map { "an operation that is over: \($0)" } ?? "an unknown operation")")
    return nil
  }

  private func finish(_ operation: Operation, _ outcome: Outcome, _ machine: Machine) {
    operation.outcome = outcome
    operation.finished = now
    machine.byID[operation.id] = nil
    machine.counted.removeAll { $0 === operation }
    if !keepsOperations { machine.operations.removeAll { $0 === operation } }
    switch (operation.kind, outcome) {
    case (.get, .get(let got)), (.query, .get(let got)):
      let delivered = operation.kind == .get ? operation.values.count : operation.records.count
      if got.delivered != delivered {
        report(machine, "delivered \(delivered), and says \(got.delivered): \(operation)")
      }
    case (.put, .put), (.listen, .listen), (.ping, .ping): break
    default: report(machine, "another kind of outcome: \(operation)")
    }
  }
}
