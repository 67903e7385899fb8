import DHTCore
import DHTModel

// What must hold in every world, whatever is done to it.
extension World {
  func report(_ machine: Machine, _ text: String) {
    guard violations.count < 100 else { return }
    violations.append(Violation(time: .nanoseconds(now.nanoseconds), node: machine.number, text: text))
  }

  /// A get tells each distinct content once.
  func check(values: [Value], of operation: Operation, _ machine: Machine) {
    if values.isEmpty { report(machine, "an event without values: \(operation)") }
    for (index, value) in values.enumerated() {
      let known = operation.values + values[..<index]
      if known.contains(where: { $0.id == value.id && $0.hasSameContent(as: value) && $0.sequence == value.sequence }) {
        report(machine, "value \(value.id) told twice: \(operation)")
      }
    }
  }

  /// A listen tells of values that come, change and go, in that order.
  func record(_ change: ListenChange, of operation: Operation, _ machine: Machine) {
    operation.changes.append(Operation.TimedChange(at: now, change: change))
    if operation.firstValueAt == nil { operation.firstValueAt = now }
    switch change {
    case .added(let value):
      if operation.present.updateValue(value, forKey: value.id) != nil {
        report(machine, "value \(value.id) added twice: \(operation)")
      }
    case .updated(let value):
      let old = operation.present.updateValue(value, forKey: value.id)
      if old == nil { report(machine, "value \(value.id) updated, but never added: \(operation)") }
      if let old, old.hasSameContent(as: value), old.sequence == value.sequence {
        report(machine, "value \(value.id) updated without a change: \(operation)")
      }
    case .expired(let value):
      if operation.present.removeValue(forKey: value.id) == nil {
        report(machine, "value \(value.id) expired, but was not there: \(operation)")
      }
    }
  }

  /// Checks the parts of every node that can be seen from outside, and that nothing runs which nobody started.
  public func checkInvariants() {
    for machine in machines {
      guard let running = machine.running else { continue }
      for family in [AddressFamily.ipv4, .ipv6] {
        check(table: running.node.routingTableDescription(family, now: now), family, machine)
      }
      let known = machine.byID.count
      if running.node.operationCount < known {
        report(machine, "\(known) operations run, and the node says \(running.node.operationCount)")
      }
    }
  }

  /// The ranges of the buckets, by their first ids, cover all ids once: each node must stand in the one that holds it.
  private func check(table: [BucketDescription], _ family: AddressFamily, _ machine: Machine) {
    let buckets = table.sorted { $0.first < $1.first }
    for (index, bucket) in buckets.enumerated() {
      let count = bucket.nodes.count
      if count > 8, !machine.configuration.isBootstrap { report(machine, "a bucket of \(count) nodes") }
      let next = index + 1 < buckets.count ? buckets[index + 1].first : nil
      if next == bucket.first { report(machine, "two buckets begin at \(bucket.first)") }
      for node in bucket.nodes {
        let id = node.contact.id
        if id < bucket.first || next.map({ id >= $0 }) ?? false { report(machine, "\(id) is in the wrong bucket") }
        if id == machine.nodeID || id == .zero { report(machine, "\(id) is in the table") }
        if node.contact.address.family != family { report(machine, "\(node.contact) is in the table of \(family)") }
      }
      if Set(bucket.nodes.map(\.contact.id)).count != count { report(machine, "a node twice in a bucket") }
    }
  }

  /// Ends the world: checks that all but listens ends by itself, checks every node, and shuts all down.
  public func end() {
    endOperations()
    checkInvariants()
    for machine in machines where machine.isOn {
      shutDown(machine.number)
      if let count = machine.running?.node.operationCount, count != 0 {
        report(machine, "\(count) operations left after shutDown")
      }
    }
  }

  /// Gets, queries, pings and first rounds of puts end by themselves, whatever became of the network.
  private func endOperations() {
    let operations = machines.flatMap { $0.byID.values.filter { $0.kind != .listen } }
    guard !run(until: operations, atMost: Self.patience) else { return }
    for operation in operations.sorted(by: { ($0.node, $0.id) < ($1.node, $1.id) }) where !operation.isFinished {
      report(machines[operation.node], "never ends: \(operation)")
    }
  }

  /// A get, query, put or ping that nobody answers: three sends take 10 s, of those it asks in turn. With room for puts
  /// that go from node to node.
  private static var patience: Duration { .seconds(120) }

  /// The seed, the violations and the last 100 happenings to packets: what a failing test prints.
  public var story: String {
    var lines = ["seed \(seed), digest \(String(digest, radix: 16)), \(secondsText(.nanoseconds(now.nanoseconds))) s"]
    lines += violations.map { "violation: \($0)" }
    lines += trace.entries.suffix(100).map(\.description)
    return lines.joined(separator: "\n")
  }

  /// The last happenings to packets, oldest first.
  public var recentTrace: [TraceEntry] { trace.entries }
}
