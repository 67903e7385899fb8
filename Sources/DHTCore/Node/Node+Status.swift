public import DHTModel

/// Being connected, and getting there. (node.md §2.6, §2.7)
extension Node {
  /// The better of the two families.
  public var status: Status {
    let best = overlays.indices.map { overlays[$0].status(context.now) }.max() ?? .disconnected
    return best == .disconnected && bootstrap.isTrying ? .connecting : best
  }

  mutating func updateStatus() {
    guard statusMayHaveChanged else { return }
    statusMayHaveChanged = false
    let old = statuses
    let isTrying = bootstrap.isTrying
    statuses = overlays.indices.map { index in
      let status = overlays[index].status(context.now)
      return status == .disconnected && isTrying ? .connecting : status
    }
    let best = statuses.max() ?? .disconnected
    if statuses != old {
      context.outbox.tell(.statusChanged(ipv4: status(of: .ipv4), ipv6: status(of: .ipv6)))
      for index in overlays.indices where statuses[index] == .connected && old[index] != .connected { joined(index) }
      if best == .disconnected { bootstrap.disconnected(now: context.now) }
    }
    if best != .connecting { releaseHeld() }
  }

  private func status(of family: AddressFamily) -> Status { overlayIndex(family).map { statuses[$0] } ?? .disconnected }

  /// The first good node of a family: find our neighbours at once, and let what waited go on. (node.md W-12)
  private mutating func joined(_ index: Int) {
    bootstrap.connected()
    overlays[index].join(&context)
    overlays[index].upkeep.hasten(to: context.now + Upkeep.firstContactDelay)
    overlays[index].touchActive()
  }

  /// Every node of a search failed. If that leaves nobody at all, try the entry points at once. (node.md §3.7)
  mutating func searchDied() {
    guard !configuration.isPublicStable, status == .disconnected else { return }
    if !bootstrap.hosts.isEmpty { bootstrap.hasten(now: context.now) }
    advanceBootstrap()
  }
}

// MARK: Entry points

extension Node {
  /// Adds a host to the bootstrap list, to be tried at once and whenever we are cut off. Asks for its resolution by an event.
  public mutating func addBootstrap(_ host: Host, now: Instant) {
    begin(now)
    bootstrap.add(host)
    bootstrap.resolve(host)
    bootstrap.tried(now: context.now, hasOperations: hasLastingOperations)
    context.outbox.tell(.resolve(host))
    statusMayHaveChanged = true
    settle()
  }

  /// Forgets the bootstrap list.
  public mutating func clearBootstrap(now: Instant) {
    begin(now)
    bootstrap.clear()
    statusMayHaveChanged = true
    settle()
  }

  /// The answer to `Event.resolve`; empty when the name has no address.
  public mutating func resolved(_ host: Host, addresses: [SocketAddress], now: Instant) {
    begin(now)
    guard bootstrap.resolved(host) else { return }
    for address in addresses.prefix(Self.addressesPerHost) {
      guard !address.isMartian, let index = overlayIndex(address.family) else { continue }
      overlays[index].bootstrapPings += 1
      overlays[index].pingAddress(address, for: .bootstrap, &context)
    }
    statusMayHaveChanged = true
    settle()
  }

  /// Addresses pinged for one name. Names of entry points have a handful; the rest of a longer answer is left out, so
  /// that a name server cannot make us ping hundreds of strangers. A choice of ours.
  private static let addressesPerHost = 32

  /// Adds a node known from elsewhere. Sends nothing by itself; the table's upkeep follows soon.
  public mutating func insert(_ contact: NodeContact, now: Instant) {
    begin(now)
    guard contact.id != .zero, contact.id != id, !contact.address.isMartian,
      let index = overlayIndex(contact.address.family)
    else { return }
    let wasQuiet = overlays[index].contacts.table.grown <= context.now - Upkeep.quietAge
    _ = overlays[index].mention(contact, &context)
    if wasQuiet { overlays[index].upkeep.hasten(to: context.now + Upkeep.firstContactDelay) }
    statusMayHaveChanged = true
    settle()
  }

  /// Pings an address whose node id is unknown.
  public mutating func ping(_ address: SocketAddress, deadline: Instant? = nil, now: Instant) -> OperationID {
    begin(now)
    let operation = freshOperation()
    guard let index = overlayIndex(address.family), !address.isMartian, hasRoom, !isShutDown else {
      let ending: Ending = isShutDown ? .cancelled : hasRoom ? .invalid(.noAddressFamily) : .throttled
      context.outbox.tell(.finished(operation, .ping(PingOutcome(ending: ending))))
      return operation
    }
    operations[operation] = .ping(Operation.PingOperation(address: address))
    limit(operation, by: deadline)
    overlays[index].pingAddress(address, for: .ping(operation), &context)
    settle()
    return operation
  }

  mutating func endPing(_ operation: OperationID, _ contact: NodeContact, _ roundTrip: Duration) {
    guard operations.removeValue(forKey: operation) != nil else { return }
    deadlines[operation] = nil
    let outcome = PingOutcome(ending: .completed, node: contact, roundTrip: roundTrip)
    context.outbox.tell(.finished(operation, .ping(outcome)))
  }

  /// Operations that somebody waits for: all that run, listens and permanent puts among them.
  var hasLastingOperations: Bool { !operations.isEmpty || !announcements.isEmpty }

  mutating func advanceBootstrap() {
    guard let next = bootstrap.nextTry, next <= context.now else { return }
    guard (statuses.max() ?? .disconnected) != .connected else { return bootstrap.connected() }
    bootstrap.tried(now: context.now, hasOperations: hasLastingOperations)
    for host in bootstrap.hosts where !bootstrap.unresolved.contains(host) {
      bootstrap.resolve(host)
      context.outbox.tell(.resolve(host))
    }
    // The entry points may be gone while nodes we knew are back.
    for index in overlays.indices {
      let lost = overlays[index].contacts.known.nearest(to: context.id, count: Bucket.capacity) {
        $0.expired != nil && $0.pending == 0 && !$0.isClient && $0.replied > .distantPast
      }
      for contact in lost { overlays[index].probe(contact.id, &context) }
    }
    statusMayHaveChanged = true
  }
}
