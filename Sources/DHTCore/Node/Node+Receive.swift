public import DHTModel
import DHTWire

/// The way of a datagram in.
///
///     bytes ─▶ source ok? ─▶ decode ─▶ our network? ─▶ parts ─▶ rate limit ─▶ request: answer it
///                                                                            reply: to who waits for it
extension Node {
  /// A datagram arrived. Whatever it holds, this neither traps nor grows without bound.
  public mutating func receive(_ bytes: RawSpan, from source: SocketAddress, now: Instant) {
    begin(now)
    context.counters.datagramsReceived += 1
    context.counters.bytesReceived += bytes.byteCount
    let source = source.unmapped
    guard !source.isMartian, !context.blacklist.contains(source, now: context.now),
      let index = overlayIndex(source.family)
    else {
      context.counters.refusedSources += 1
      return
    }
    let message: Message
    do throws(WireError) {
      message = try Message(decoding: bytes)
    } catch {
      context.counters.malformed += 1
      return
    }
    guard message.network == configuration.network else {
      context.counters.otherNetwork += 1
      return
    }
    receive(message, from: source, index)
    settle()
  }

  private mutating func receive(_ message: Message, from source: SocketAddress, _ index: Int) {
    switch message.body {
    case .part(let part):
      receive(part, message.transaction, from: source, index)
    case .request(let sender, let request):
      guard isStranger(sender) else { return }
      let isAdmitted = limiter.admits(
        source.ip, isCostly: request.isCostly, now: context.now,
        isGood: overlays[index].isGood(NodeContact(id: sender, address: source), now: context.now))
      guard isAdmitted else {
        context.counters.rateLimited += 1
        return
      }
      context.counters.malformedValues += message.body.values?.malformed ?? 0
      context.counters.received.count(request)
      assembleOrHandle(message, from: source, index)
    case .reply(let sender, let reply):
      guard isStranger(sender) else { return }
      context.counters.malformedValues += reply.values.malformed
      if !reply.values.announced.isEmpty {
        // A head that nobody waits for opens no reassembly.
        guard overlays[index].awaits(message.transaction, from: source) else {
          context.counters.unexpected += 1
          return
        }
      }
      assembleOrHandle(message, from: source, index)
    case .failure(let sender, _), .legacyPush(let sender, _):
      guard isStranger(sender) else { return }
      handle(message, missing: 0, from: source, index)
    }
  }

  /// Whether an id can be a sender's: not ours. A packet with the zero id is not even decoded. (wire.md §1.5)
  private mutating func isStranger(_ sender: NodeID) -> Bool {
    guard sender != id else {
      context.counters.refusedSources += 1
      return false
    }
    return true
  }

  private mutating func assembleOrHandle(_ message: Message, from source: SocketAddress, _ index: Int) {
    guard let values = message.body.values, !values.announced.isEmpty else {
      return handle(message, missing: 0, from: source, index)
    }
    let isAwaited = isAwaited(message, from: source, index)
    switch reassembler.open(message, from: source, now: context.now, isAwaited: isAwaited) {
    case .complete(let whole): handle(whole, missing: 0, from: source, index)
    case .pending:
      // Only now: a head that finds no room leaves the request to be sent again.
      if case .reply = message.body { overlays[index].receiveHead(message.transaction, now: context.now) }
    case .duplicate: break
    case .refused: context.counters.partsDropped += 1
    }
  }

  /// Whether we asked this address for what its message brings: a reply, or a push of a listen of ours.
  private func isAwaited(_ message: Message, from source: SocketAddress, _ index: Int) -> Bool {
    switch message.body {
    case .reply: true
    case .request(_, .update(let update)): overlays[index].awaits(update.socket, from: source)
    case .request, .failure, .legacyPush, .part: false
    }
  }

  private mutating func receive(_ part: Part, _ transaction: TransactionID, from source: SocketAddress, _ index: Int) {
    // A part without an open reassembly costs as much as a request. (wire.md §7.2)
    let isAwaited = overlays[index].awaits(transaction, from: source)
    let isExpected = isAwaited || reassembler.isOpen(transaction: transaction, from: source)
    guard isExpected || limiter.admits(source.ip, now: context.now) else {
      context.counters.rateLimited += 1
      return
    }
    let added = reassembler.add(
      part, transaction: transaction, from: source, now: context.now, allowsEarly: true, isAwaited: isAwaited)
    switch added {
    case .complete(let message): handle(message, missing: 0, from: source, index)
    case .pending, .early: break
    case .unknown, .refused: context.counters.partsDropped += 1
    }
  }

  /// Some parts of a message never came. What did come of a reply is used.
  mutating func receiveIncomplete(_ expired: Reassembler.Expired) {
    context.counters.partsDropped += expired.missing
    guard let index = overlayIndex(expired.source.family), case .reply = expired.message.body else { return }
    handle(expired.message, missing: expired.missing, from: expired.source, index)
  }

  private mutating func handle(_ message: Message, missing: Int, from source: SocketAddress, _ index: Int) {
    let isExpected: Bool
    switch message.body {
    case .request(let sender, let request):
      overlays[index].noteSender(sender, at: source, isClient: message.isClient, &context)
      answer(request, sender: sender, from: source, message.transaction, index)
      return
    case .reply(let sender, let reply):
      isExpected = overlays[index].receive(
        reply, missing: missing, sender: sender, from: source, message.transaction, isClient: message.isClient, &context
      )
      if isExpected { take(reply, from: source, index) }
      if !isExpected { overlays[index].noteSender(sender, at: source, isClient: message.isClient, &context) }
    case .failure(let sender, let failure):
      isExpected = overlays[index].receive(
        failure, sender: sender, from: source, message.transaction, isClient: message.isClient, &context)
    case .legacyPush(let sender, let push):
      isExpected = overlays[index].receive(push, sender: sender, from: source, message.transaction)
    case .part:
      return
    }
    if !isExpected { context.counters.unexpected += 1 }
  }

  /// What a reply tells beyond what was asked: our address, and nodes of the other family.
  private mutating func take(_ reply: Reply, from source: SocketAddress, _ index: Int) {
    if let observed = reply.observed { observe(observed, by: source) }
    for other in overlays.indices where other != index {
      let nodes = families[other] == .ipv4 ? reply.nodes4 : reply.nodes6
      if nodes == nil { continue }
      _ = overlays[other].mention(nodes, by: source, &context)
    }
  }

  /// A peer tells from which address it sees us. (node.md §7.2)
  private mutating func observe(_ address: IPAddress, by source: SocketAddress) {
    guard address.family == source.family else { return }
    if let changed = reported[address.family]?.report(address, by: source.ip) {
      context.outbox.tell(.publicAddressChanged(changed))
      stableSince[address.family] = localAddresses.contains(changed) ? context.now : nil
    }
    guard let index = overlayIndex(address.family) else { return }
    let isStable = stableSince[address.family].map { $0 <= context.now - Self.stableAge } ?? false
    overlays[index].isStable = configuration.isPublicStable || isStable
  }

  /// A refused token may mean that we are seen elsewhere now: listens are renewed often until that is settled. (node.md W-13)
  mutating func doubtAddress(_ index: Int) {
    if stableSince[families[index]] != nil { stableSince[families[index]] = context.now }
    overlays[index].isStable = configuration.isPublicStable
  }

  /// Our address counts as stable when peers have seen one of our own for so long: listens are then renewed rarely. (node.md W-13)
  private static let stableAge: Duration = .seconds(600)
}

extension Request {
  /// Whether it makes us search, store, or send much: it then counts more. (node.md W-30)
  fileprivate var isCostly: Bool {
    switch self {
    case .get, .put, .listen: true
    case .ping, .find, .refresh, .update: false
    }
  }
}
