import DHTCore
import DHTModel

// The driver of a node: one input, every output, then sleep.
extension World {
  /// Feeds one input to the node, then performs all that it asks for. Nil when the machine is off.
  @discardableResult
  func drive<Result>(_ machine: Machine, _ input: (inout Node) -> Result) -> Result? {
    guard let running = machine.running else { return nil }
    setClock(of: machine, running)
    let result = input(&running.node)
    settle(machine, running)
    return result
  }

  /// Starts an operation. It is registered before the outputs are taken, since it may be over at once.
  func start(
    _ kind: Operation.Kind, _ key: InfoHash?, on number: Int, _ input: (inout Node) -> OperationID
  ) -> Operation {
    let machine = machines[number]
    guard let running = machine.running else { preconditionFailure("node \(number) is off: it can do no \(kind)") }
    setClock(of: machine, running)
    let id = input(&running.node)
    let operation = Operation(node: number, id: id, kind: kind, key: key, started: now)
    if machine.byID.updateValue(operation, forKey: id) != nil {
      report(machine, "operation id \(id.number) given twice")
    }
    machine.operations.append(operation)
    if key != nil, kind != .listen { machine.counted.append(operation) }
    settle(machine, running)
    return operation
  }

  /// A wake-up that was asked for. Older ones stay in the queue and are ignored here.
  func wake(_ machine: Machine, at time: Int64) {
    guard machine.wakeTime == time, let running = machine.running else { return }
    machine.wakeTime = .max
    if let deadline = running.node.nextDeadline, deadline <= now {
      setClock(of: machine, running)
      running.node.advance(to: now)
      noteIdleWake(machine, running)
    }
    settle(machine, running)
  }

  func settle(_ machine: Machine, _ running: Machine.Running) {
    takeDatagrams(machine, running)
    while let event = running.node.nextEvent() { handle(event, of: machine) }
    guard let deadline = running.node.nextDeadline else { return }
    let time = max(deadline.nanoseconds, now.nanoseconds + (machine.idleWakes > Self.idleWakeLimit ? 1_000_000 : 0))
    guard time < machine.wakeTime else { return }
    machine.wakeTime = time
    queue.add(.wake, UInt32(machine.number), at: time)
  }

  private func takeDatagrams(_ machine: Machine, _ running: Machine.Running) {
    running.node.takeDatagrams { bytes, destination in self.send(bytes, from: machine, to: destination) }
    while !machine.refusedSends.isEmpty {
      let refused = machine.refusedSends
      machine.refusedSends.removeAll()
      for destination in refused { running.node.sendFailed(to: destination, now: now) }
      running.node.takeDatagrams { bytes, destination in self.send(bytes, from: machine, to: destination) }
    }
  }

  /// The node's clock is read once a minute, as a driver of the product does.
  private func setClock(of machine: Machine, _ running: Machine.Running) {
    guard now - machine.lastWallTime >= .seconds(60) else { return }
    machine.lastWallTime = now
    running.node.setWallTime(wallTime + machine.clockSkew, now: now)
  }

  /// More wake-ups at one moment than any honest node needs.
  private static var idleWakeLimit: Int { 1000 }

  /// A node whose deadline does not move on when it is woken would stop the world.
  private func noteIdleWake(_ machine: Machine, _ running: Machine.Running) {
    guard let next = running.node.nextDeadline, next <= now else {
      machine.idleWakes = 0
      return
    }
    machine.idleWakes += 1
    if machine.idleWakes == Self.idleWakeLimit {
      report(machine, "wakes \(machine.idleWakes) times without a change of time")
    }
  }
}
