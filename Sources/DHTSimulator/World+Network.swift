import DHTCore
public import DHTModel

// What happens to a packet between two sockets.
extension World {
  /// A node's system takes a packet.
  func send(_ packet: RawSpan, from machine: Machine, to destination: SocketAddress) {
    machine.datagramsSent += 1
    machine.bytesSent += packet.byteCount
    guard let inside = machine.address(destination.family), !unreachable.contains(destination) else {
      note(.unreachable, machine.address(destination.family) ?? destination, destination, packet)
      machine.refusedSends.append(destination)
      return
    }
    for operation in machine.counted {
      if let key = operation.key, packet.contains(key) { operation.datagrams += 1 }
    }
    let source: SocketAddress
    if let nat = machine.nat, inside.family == .ipv4 {
      source = nats[nat].translate(outgoing: inside, to: destination, now: now)
    } else {
      source = inside
    }
    transmit(packet, from: source, to: destination, side: machine.side, nat: machine.nat)
  }

  /// A packet is on the wire. Its fate is drawn now.
  func transmit(
    _ packet: RawSpan, from source: SocketAddress, to destination: SocketAddress, side: UInt8, nat: Int? = nil
  ) {
    packetsSent += 1
    bytesSent += packet.byteCount
    addToDigest(packet, source, destination)
    guard packet.byteCount <= PacketPool.maximumPacketBytes else {
      return note(.unreachable, source, destination, packet)
    }
    let target = endpoint(at: destination, seenFromBehind: nat)
    if case .nobody = target { return note(.nobody, source, destination, packet) }
    if isPartitioned, self.side(of: target) != side { return note(.partitioned, source, destination, packet) }
    if packetRandom.happens(network.loss) { return note(.lost, source, destination, packet) }
    let isDoubled = packetRandom.happens(network.duplication)
    note(isDoubled ? .duplicated : .sent, source, destination, packet)
    let header = PacketPool.Header(source: source, destination: destination, target: target, count: packet.byteCount)
    for _ in 0..<(isDoubled ? 2 : 1) {
      let delay = times.draw(from: source, to: destination, using: &packetRandom)
      queue.add(.arrival, pool.add(packet, header), at: now.nanoseconds + delay)
    }
  }

  /// A packet reaches its destination.
  func arrive(_ slot: PacketPool.Slot) {
    let header = pool.header(of: slot)
    switch header.target {
    case .machine(let number): arrive(slot, header, at: machines[number], header.destination)
    case .puppet(let number): arrive(slot, header, at: puppets[number])
    case .nat(let number): arrive(slot, header, atNAT: number)
    case .nobody: pool.release(slot)
    }
  }

  private func arrive(
    _ slot: PacketPool.Slot, _ header: PacketPool.Header, at machine: Machine, _ inside: SocketAddress
  ) {
    guard let running = machine.running, machine.address(inside.family) == inside else {
      pool.withBytes(of: slot) { note(.nobody, header.source, header.destination, $0) }
      return pool.release(slot)
    }
    pool.withBytes(of: slot) {
      note(.delivered, header.source, header.destination, $0)
      running.node.receive($0, from: header.source, now: now)
    }
    pool.release(slot)
    settle(machine, running)
  }

  private func arrive(_ slot: PacketPool.Slot, _ header: PacketPool.Header, atNAT number: Int) {
    let inside = nats[number].translate(incoming: header.destination.port, from: header.source, now: now)
    if let inside, case .machine(let machine) = endpoints[inside] ?? .nobody {
      return arrive(slot, header, at: machines[machine], inside)
    }
    pool.withBytes(of: slot) { note(.refusedByNAT, header.source, header.destination, $0) }
    pool.release(slot)
  }

  private func arrive(_ slot: PacketPool.Slot, _ header: PacketPool.Header, at puppet: Puppet) {
    let bytes = pool.withBytes(of: slot) { packet in
      note(.delivered, header.source, header.destination, packet)
      return (0..<packet.byteCount).map { packet.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
    }
    pool.release(slot)
    puppet.receive(bytes, from: header.source, to: header.destination)
  }

  private func endpoint(at address: SocketAddress, seenFromBehind nat: Int?) -> Endpoint {
    guard let endpoint = endpoints[address] else {
      // No router here sends a packet back in at the side it came from.
      guard !nats.isEmpty, let target = natsByIP[address.ip], target != nat else { return .nobody }
      return .nat(target)
    }
    if case .machine(let number) = endpoint, address.family == .ipv4, let other = machines[number].nat, other != nat {
      return .nobody
    }
    return endpoint
  }

  private func side(of endpoint: Endpoint) -> UInt8 {
    switch endpoint {
    case .machine(let number): machines[number].side
    case .puppet(let number): puppets[number].side
    case .nat, .nobody: 0
    }
  }

  private func addToDigest(_ packet: RawSpan, _ source: SocketAddress, _ destination: SocketAddress) {
    fingerprint.add(UInt64(bitPattern: now.nanoseconds))
    fingerprint.add(source.ip.high ^ source.ip.low)
    fingerprint.add(destination.ip.high ^ destination.ip.low)
    fingerprint.add(UInt64(source.port) << 16 | UInt64(destination.port))
    fingerprint.add(packet)
  }

  private func note(_ fate: TraceEntry.Fate, _ source: SocketAddress, _ destination: SocketAddress, _ packet: RawSpan) {
    if trace.isEnabled { trace.add(now.nanoseconds, fate, source, destination, packet) }
    guard let onTrace else { return }
    let bytes = (0..<packet.byteCount).map { packet.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
    onTrace(
      TraceEntry(
        time: .nanoseconds(now.nanoseconds), fate: fate, source: source, destination: destination, bytes: bytes))
  }
}

// MARK: Disturbances

extension World {
  /// Divides the network: nodes of different groups cannot talk. Nodes in no group form one more.
  public func partition(_ groups: [[Int]]) {
    heal()
    isPartitioned = true
    for (index, group) in groups.enumerated() {
      for number in group { machines[number].side = UInt8(index + 1) }
    }
  }

  /// Cuts machines off from everybody, as when their cables are pulled.
  public func isolate(_ numbers: [Int]) { partition(numbers.map { [$0] }) }

  /// Ends every partition.
  public func heal() {
    isPartitioned = false
    for machine in machines { machine.side = 0 }
    for puppet in puppets { puppet.side = 0 }
  }

  /// Sets whether systems refuse to send to an address, as when its network is unreachable.
  public func setUnreachable(_ address: SocketAddress, _ isUnreachable: Bool = true) {
    if isUnreachable { unreachable.insert(address) } else { unreachable.remove(address) }
  }

  /// Adds a router with address translation. Returns its number, for `addNode(behind:)`.
  public func addNAT(_ model: NATModel = NATModel()) -> Int {
    let ip = plan.draw().ipv4
    nats.append(NAT(publicIP: ip, model: model))
    natsByIP[ip] = nats.count - 1
    return nats.count - 1
  }

  /// The public address of a router.
  public func publicAddress(ofNAT number: Int) -> IPAddress { nats[number].publicIP }

  /// Lets a router forget its mappings, as after a reboot.
  public func rebind(nat number: Int) { nats[number].rebind() }
}

extension RawSpan {
  /// Whether the 20 bytes of a hash stand anywhere in here.
  func contains(_ hash: InfoHash) -> Bool {
    let (a, b, c, d, e) = hash.words
    guard byteCount >= InfoHash.byteCount else { return false }
    let first = UInt8(a >> 24)
    for offset in 0...byteCount - InfoHash.byteCount
    where unsafeLoad(fromByteOffset: offset, as: UInt8.self) == first {
      if InfoHash(reading: self, at: offset) == InfoHash(a, b, c, d, e) { return true }
    }
    return false
  }
}
