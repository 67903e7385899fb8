public import DHTCore
public import DHTModel

extension World {
  /// Adds a machine and starts its node, on IPv4 alone unless the configuration says otherwise. Returns its number.
  @discardableResult
  public func addNode(
    _ configuration: Configuration = .ipv4, behind nat: Int? = nil, clockSkew: Duration = .zero
  ) -> Int {
    let machine = Machine(number: machines.count, configuration: configuration, clockSkew: clockSkew)
    machines.append(machine)
    let (ipv4, ipv6) = plan.draw()
    machine.nat = nat
    if configuration.families.contains(.ipv4) {
      let ip = nat == nil ? ipv4 : IPAddress(ipv4: AddressPlan.privatePrefix + UInt32(machine.number & 0xffff))
      machine.ipv4 = attach(SocketAddress(ip: ip, port: AddressPlan.port), .machine(machine.number))
    }
    if configuration.families.contains(.ipv6) {
      machine.ipv6 = attach(SocketAddress(ip: ipv6, port: AddressPlan.port), .machine(machine.number))
    }
    start(machine.number)
    return machine.number
  }

  /// Adds nodes that join one after the other through the given ones, and lets time pass until all are connected
  /// and have looked around.
  public func populate(
    _ count: Int, _ configuration: Configuration = .ipv4, every interval: Duration = .milliseconds(50),
    through entries: [Int] = [0], settling: Duration = .seconds(30)
  ) {
    let first = machines.count
    for number in first..<first + count {
      addNode(configuration)
      bootstrap(number, through: entries.filter { $0 < number })
      run(for: interval)
    }
    for _ in 0..<300 where machines.count > 1 && !machines[first...].allSatisfy({ $0.status == .connected }) {
      run(for: .seconds(1))
    }
    run(for: settling)
  }

  /// Switches a machine on, with a new node.
  public func start(_ number: Int) {
    let machine = machines[number]
    precondition(!machine.isOn, "node \(number) runs already")
    let seed = Seed(using: &random)
    let running = Machine.Running(
      Node(machine.configuration, seed: seed, now: now, wallTime: wallTime + machine.clockSkew))
    machine.running = running
    machine.lastWallTime = now
    machine.wakeTime = .max
    machine.nodeID = running.node.id
    machine.statuses = []
    machine.byID = [:]
    settle(machine, running)
  }

  /// Tells a node to end its operations. It goes on answering.
  public func shutDown(_ number: Int) {
    drive(machines[number]) { [now] in $0.shutDown(now: now) }
    for operation in machines[number].byID.values.sorted(by: { $0.id < $1.id }) {
      report(machines[number], "not ended by shutDown: \(operation)")
    }
  }

  /// Shuts a node down in order, and switches its machine off.
  public func stop(_ number: Int) {
    shutDown(number)
    switchOff(machines[number])
  }

  /// Switches a machine off under its node. Its operations never end.
  public func crash(_ number: Int) {
    for operation in machines[number].byID.values { operation.isAbandoned = true }
    switchOff(machines[number])
  }

  /// Switches several machines off.
  public func crash(_ numbers: some Sequence<Int>) {
    for number in numbers { crash(number) }
  }

  /// Switches a machine on again, or off and on; with the same node id, or with whatever its configuration gives.
  public func restart(_ number: Int, keepingID: Bool = true) {
    let machine = machines[number]
    if machine.isOn { crash(number) }
    if keepingID { machine.configuration.nodeID = machine.nodeID }
    start(number)
  }

  /// Gives a machine other addresses, as when a laptop changes its network. Its node is not told.
  public func readdress(_ number: Int) {
    let machine = machines[number]
    let (ipv4, ipv6) = plan.draw()
    if let old = machine.ipv4 {
      endpoints[old] = nil
      machine.ipv4 = attach(SocketAddress(ip: ipv4, port: old.port), .machine(number))
      machine.nat = nil
    }
    if let old = machine.ipv6 {
      endpoints[old] = nil
      machine.ipv6 = attach(SocketAddress(ip: ipv6, port: old.port), .machine(number))
    }
  }

  /// Sets a machine's wall clock, and lets its node see it.
  public func setClockSkew(_ skew: Duration, of number: Int) {
    machines[number].clockSkew = skew
    machines[number].lastWallTime = now
    drive(machines[number]) { [now, wallTime] in $0.setWallTime(wallTime + skew, now: now) }
  }

  /// Feeds the node any input that this class has no name for, and performs what it asks for.
  @discardableResult
  public func with<Result>(_ number: Int, _ input: (_ node: inout Node, _ now: Instant) -> Result) -> Result {
    guard let result = drive(machines[number], { [now] in input(&$0, now) }) else {
      preconditionFailure("node \(number) is off")
    }
    return result
  }

  /// Looks at a node.
  public func inspect<Result>(_ number: Int, _ look: (_ node: borrowing Node, _ now: Instant) -> Result) -> Result {
    guard let running = machines[number].running else { preconditionFailure("node \(number) is off") }
    return look(running.node, now)
  }

  /// Numbers of the machines that are on.
  public var numbersOn: [Int] { machines.filter(\.isOn).map(\.number) }

  /// The number of a random machine that is on.
  public func randomNode() -> Int {
    precondition(machines.contains(where: \.isOn), "no node is on")
    while true {
      let number = Int.random(in: machines.indices, using: &random)
      if machines[number].isOn { return number }
    }
  }

  private func switchOff(_ machine: Machine) {
    machine.running = nil
    machine.byID = [:]
    machine.counted = []
    machine.wakeTime = .max
    if !keepsOperations { machine.operations = [] }
  }
}

// MARK: Entry points

extension World {
  /// Adds nodes to a node's bootstrap list, by name.
  public func bootstrap(_ number: Int, through entries: [Int]) {
    for entry in entries {
      with(number) { node, now in node.addBootstrap(Host(name: "node-\(entry)"), now: now) }
    }
  }

  /// Tells a node of a contact, as from a saved state.
  public func introduce(_ contact: NodeContact, to number: Int) {
    with(number) { node, now in node.insert(contact, now: now) }
  }

  /// How a node is reached, by those on its own side of a NAT.
  public func contact(of number: Int, _ family: AddressFamily = .ipv4) -> NodeContact {
    guard let address = machines[number].address(family) else {
      preconditionFailure("node \(number) has no \(family) address")
    }
    return NodeContact(id: machines[number].nodeID, address: address)
  }

  /// Runs a check of a node, which hears of the result after `checkTime`. A node that was stopped meanwhile does not.
  func run(_ check: Check, for machine: Machine) {
    guard let running = machine.running else { return }
    let result = check.run()
    after(checkTime) { world in
      guard machine.running === running else { return }
      world.drive(machine) { [now = world.now] in $0.checked(result, now: now) }
    }
  }

  func resolve(_ host: Host, for machine: Machine) {
    let addresses = lookUp(host.name).map { SocketAddress(ip: $0, port: host.port) }
    after(resolutionTime) { world in
      world.drive(machine) { [now = world.now] in $0.resolved(host, addresses: addresses, now: now) }
    }
  }

  private func lookUp(_ name: String) -> [IPAddress] {
    if let known = names[name] { return known }
    guard name.hasPrefix("node-"), let number = Int(name.dropFirst(5)), machines.indices.contains(number) else {
      return []
    }
    return [machines[number].ipv4?.ip, machines[number].ipv6?.ip].compactMap { $0 }
  }

  func attach(_ address: SocketAddress, _ endpoint: Endpoint) -> SocketAddress {
    let old = endpoints.updateValue(endpoint, forKey: address)
    precondition(old == nil, "\(address) is taken")
    return address
  }
}

extension Configuration {
  /// The defaults, on IPv4 alone: half the packets of both.
  public static var ipv4: Configuration {
    var configuration = Configuration()
    configuration.families = [.ipv4]
    return configuration
  }
}
