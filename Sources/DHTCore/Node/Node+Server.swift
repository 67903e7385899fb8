import DHTModel
import DHTWire

/// Answers to other nodes. (node.md §5.2)
extension Node {
  /// Live nodes that must all be nearer to a key than we are before a put is left to them. (node.md §5.4)
  private static let closenessNodes = 14
  /// Fewer than this, and we cannot tell.
  private static let closenessMinimum = 8
  /// Values of one update, in bytes: more go into the next. Nodes since 2.5.0 do the same. (wire.md §3.8)
  private static let updateBytes = 57344
  /// Values of one update, in count: their sizes stand in its head, which must fit a datagram.
  private static let updateValues = 4096
  /// Ids of one update: nine bytes each at most, and they must fit a datagram.
  private static let updateIDs = 4096
  /// Values of one get reply, in bytes: half of what a peer of our own limits puts together, in a quarter of a second of portions.
  /// It asks for the rest by id. Only for addresses that proved themselves. A choice of ours; deployed peers send all.
  private static let replyBytes = 2 << 20
  /// The same in count: their sizes stand in the head, three bytes each, which must fit a datagram.
  private static let replyValues = 4096
  /// Bytes of the rows of one `fileds` reply: it is never split, and must fit a datagram of 65507 with all else.
  private static let replyRowBytes = 60_000
  /// A row without owner and user type: an id of 9, a type and a sequence of 3 each, a zero owner of 22, headers.
  private static let rowBytes = 48

  mutating func answer(
    _ request: Request, sender: NodeID, from source: SocketAddress, _ transaction: TransactionID, _ index: Int
  ) {
    switch request {
    case .ping:
      reply(Reply(), transaction, to: source)
    case .find(let find):
      var answer = nodesReply(near: find.target, find.want, index)
      answer.token = tokens.token(for: source)
      reply(answer, transaction, to: source)
    case .get(let get):
      let isProven = isProven(NodeContact(id: sender, address: source), index)
      answerGet(get, from: source, transaction, index, isProven: isProven)
    case .put(let put):
      answerPut(put, sender: sender, from: source, transaction, index)
    case .listen(let listen):
      answerListen(listen, sender: sender, from: source, transaction, index)
    case .refresh(let refresh):
      answerRefresh(refresh, sender: sender, from: source, transaction)
    case .update(let update):
      if !overlays[index].receive(update, sender: sender, from: source) { context.counters.unexpected += 1 }
      reply(Reply(), transaction, to: source)
    }
  }

  private mutating func reply(_ reply: Reply, _ transaction: TransactionID, to source: SocketAddress) {
    var reply = reply
    reply.observed = source.ip
    context.outbox.send(context.message(transaction, .reply(sender: id, reply)), to: source, now: context.now)
  }

  private mutating func refuse(_ failure: Failure, _ transaction: TransactionID, to source: SocketAddress) {
    context.outbox.send(context.message(transaction, .failure(sender: id, failure)), to: source, now: context.now)
  }

  /// The nearest good nodes of the wanted families.
  private func nodesReply(near target: InfoHash, _ want: Want, _ index: Int) -> Reply {
    var answer = Reply()
    for at in overlays.indices {
      let family = families[at]
      let isWanted =
        switch want {
        case .unspecified: at == index
        case .families(let ipv4, let ipv6): family == .ipv4 ? ipv4 : ipv6
        }
      guard isWanted else { continue }
      let nodes = closestGood(to: target, count: WireLimits.nodesPerReply, at)
      guard !nodes.isEmpty else { continue }
      if family == .ipv4 { answer.nodes4 = nodes } else { answer.nodes6 = nodes }
    }
    return answer
  }

  private mutating func answerGet(
    _ get: Request.Get, from source: SocketAddress, _ transaction: TransactionID, _ index: Int,
    isProven: Bool
  ) {
    guard get.key != .zero else { return refuse(.getWithoutKey, transaction, to: source) }
    let query = get.query ?? .everything
    let values = store.values(at: get.key, matching: query)
    let bytes = values.reduce(0) { $0 + (query.select.isEmpty ? $1.size : Self.byteCount(ofRow: $1, query.select)) }
    guard bytes <= configuration.limits.unprovenValueBytes || isProven else {
      return withhold(get, from: source, transaction, index)
    }
    var answer = nodesReply(near: get.key, get.want, index)
    answer.token = tokens.token(for: source)
    if query.select.isEmpty {
      answer.values = ValueList(fitting(values))
    } else if !values.isEmpty {
      answer.fields = fields(of: values, query)
    }
    reply(answer, transaction, to: source)
  }

  private func fitting(_ values: [Value]) -> [Value] {
    var bytes = 0
    return Array(
      values.prefix(Self.replyValues).prefix { value in
        bytes += value.size
        return bytes <= Self.replyBytes
      })
  }

  /// Selected fields in ascending order, each once.
  private func fields(of values: some Sequence<Value>, _ query: Query) -> FieldList {
    let selected = Query.Field.allCases.filter { query.select.contains($0) }
    var bytes = 0
    let fitting = values.prefix { value in
      bytes += Self.byteCount(ofRow: value, selected)
      return bytes <= Self.replyRowBytes
    }
    let rows = fitting.map { value in
      FieldList.Row(record: Query(select: selected).record(of: value) { _ in nil }, ownerKey: value.signature?.owner)
    }
    return FieldList(fields: selected, rows: rows)
  }

  private static func byteCount(ofRow value: Value, _ selected: [Query.Field]) -> Int {
    rowBytes + (selected.contains(.owner) ? value.signature?.owner.count ?? 0 : 0)
      + (selected.contains(.userType) ? value.body?.userTypeBytes.count ?? 0 : 0)
  }

  private mutating func answerPut(
    _ put: Request.Put, sender: NodeID, from source: SocketAddress, _ transaction: TransactionID, _ index: Int
  ) {
    guard put.key != .zero else { return refuse(.putWithoutKey, transaction, to: source) }
    // Sent again while its signatures are verified: the answer is on its way.
    guard !checks.isPending(transaction, from: source) else { return }
    guard tokens.accepts(put.token, from: source) else { return refuse(.putWithWrongToken, transaction, to: source) }
    proven.insert(source, now: context.now)
    let isOurs = isOurs(put.key, index)
    let created = context.instant(of: put.created)
    let values = Array(put.values.values.prefix { $0.id != 0 })
    let pending = PendingPut(
      key: put.key, values: values, created: created, sender: NodeContact(id: sender, address: source),
      transaction: transaction, lacksIDs: values.count < put.values.values.count)
    if isOurs, values.contains(where: { store.isSlowToAdmit($0, at: put.key) }) { return check(pending) }
    for value in values {
      if isOurs {
        let result = store.put(value, at: put.key, created: created, origin: .remote(pending.sender), now: context.now)
        if case .refused = result { context.counters.valuesRefused += 1 }
      } else {
        context.counters.valuesRefused += 1
      }
    }
    takeStoreChanges()
    acknowledge(pending)
  }

  /// Answers a put. Refused or not, the answer is the same: the sender must not look for others, who would take it wrongly.
  mutating func acknowledge(_ put: PendingPut) {
    let source = put.sender.address
    for value in put.values { reply(Reply(valueID: value.id), put.transaction, to: source) }
    if put.lacksIDs { refuse(.putWithoutID, put.transaction, to: source) }
  }

  /// Whether what others have at a key is kept here.
  private func isOurs(_ key: InfoHash, _ index: Int) -> Bool {
    !configuration.isClient && isCloseEnough(to: key, index)
  }

  /// Whether a key is near enough: of the nearest fourteen good nodes we know, the farthest is no nearer to it than we
  /// are. With fewer than eight we cannot tell, and keep it.
  private func isCloseEnough(to key: InfoHash, _ index: Int) -> Bool {
    let nearest = closestGood(to: key, count: Self.closenessNodes, index)
    guard nearest.count >= Self.closenessMinimum, let farthest = nearest.last else { return true }
    return !farthest.id.isCloser(to: key, than: id)
  }

  func closestGood(to target: InfoHash, count: Int, _ index: Int) -> [NodeContact] {
    overlays[index].closestGood(to: target, count: count, now: context.now)
  }

  private mutating func answerRefresh(
    _ refresh: Request.Refresh, sender: NodeID, from source: SocketAddress, _ transaction: TransactionID
  ) {
    guard tokens.accepts(refresh.token, from: source) else {
      return refuse(.putWithWrongToken, transaction, to: source)
    }
    proven.insert(source, now: context.now)
    let contact = NodeContact(id: sender, address: source)
    switch store.refresh(refresh.valueID, at: refresh.key, by: contact, now: context.now) {
    case .refreshed:
      takeStoreChanges()
      reply(Reply(valueID: refresh.valueID), transaction, to: source)
    // For an unknown value, too: the announcer then puts it again, which heals the loss. (node.md W-27)
    case .unknownKey, .unknownValue:
      refuse(.unknownStorage, transaction, to: source)
    }
  }

  private mutating func answerListen(
    _ listen: Request.Listen, sender: NodeID, from source: SocketAddress, _ transaction: TransactionID, _ index: Int
  ) {
    guard listen.key != .zero else { return refuse(.listenWithoutKey, transaction, to: source) }
    guard tokens.accepts(listen.token, from: source) else {
      return refuse(.listenWithWrongToken, transaction, to: source)
    }
    proven.insert(source, now: context.now)
    // Too far away nothing is stored that could be told: the listen is accepted, as a put is, and not kept. (node.md W-25)
    guard isOurs(listen.key, index) || store.hasKey(listen.key) else {
      return reply(Reply(token: tokens.token(for: source)), transaction, to: source)
    }
    let query = listen.query ?? .everything
    let contact = NodeContact(id: sender, address: source)
    let added = listeners.add(
      key: listen.key, contact: contact, socket: listen.socket, query: query, version: listen.version, now: context.now)
    if case .new = added {
      let listener = RemoteListeners.Listener(
        contact: contact, socket: listen.socket, query: query, version: listen.version, renewed: context.now)
      push(
        store.values(at: listen.key, matching: Query(where: query.filters)), at: listen.key, to: listener, isFirst: true
      )
    }
    reply(Reply(token: tokens.token(for: source)), transaction, to: source)
  }
}

// MARK: Proof of an address

extension Node {
  /// Whether a node receives what is sent to the address it asks from: it answered us there, or used a token.
  private func isProven(_ contact: NodeContact, _ index: Int) -> Bool {
    let hasReplied = overlays[index].contacts.known.look(contact.id) { node in
      node.address == contact.address && node.replied >= context.now - ProvenAddresses.lifetime
    }
    return hasReplied ?? false || proven.contains(contact.address, now: context.now)
  }

  /// Much is due to an address that might be forged: it is pinged, and answered when it answers.
  private mutating func withhold(
    _ get: Request.Get, from source: SocketAddress, _ transaction: TransactionID, _ index: Int
  ) {
    let isSmall = RemoteListeners.byteCount(of: get.query ?? .everything) <= RemoteListeners.maximumQueryBytes
    let pending = WithheldAnswers.Pending(get: get, transaction: transaction)
    switch isSmall ? withheld.hold(pending, from: source, now: context.now) : .refused {
    case .first: overlays[index].pingAddress(source, for: .prove, &context)
    case .another: break
    case .refused: context.counters.rateLimited += 1
    }
  }

  /// An address answered the ping: it gets what it asked for.
  mutating func answerWithheld(_ address: SocketAddress, _ index: Int) {
    proven.insert(address, now: context.now)
    for pending in withheld.take(address, now: context.now) {
      answerGet(pending.get, from: address, pending.transaction, index, isProven: true)
    }
  }
}

// MARK: Pushes

extension Node {
  /// Tells everyone who listens what changed in storage.
  mutating func takeStoreChanges() {
    var news: [InfoHash: StoreNews] = [:]
    var keys: [InfoHash] = []
    while let change = store.takeChange() {
      hearLocal(change)
      if case .added = change.kind { watchKey(change.key) }
      guard listeners.hasListeners(at: change.key) else { continue }
      if news[change.key] == nil { keys.append(change.key) }
      news[change.key, default: StoreNews()].add(change.kind)
    }
    for key in keys {
      guard let told = news[key] else { continue }
      for listener in listeners.listeners(at: key) { push(told, at: key, to: listener) }
    }
  }

  private mutating func push(_ news: StoreNews, at key: InfoHash, to listener: RemoteListeners.Listener) {
    let query = Query(where: listener.query.filters)
    let values = news.values.filter { query.matches($0, ownerID: configuration.ownerID) }
    push(values, at: key, to: listener, isFirst: false)
    if !news.refreshed.isEmpty { pushIDs(at: key, refreshed: news.refreshed, to: listener) }
    if !news.expired.isEmpty { pushIDs(at: key, expired: news.expired, to: listener) }
  }

  private mutating func push(
    _ values: [Value], at key: InfoHash, to listener: RemoteListeners.Listener, isFirst: Bool
  ) {
    guard !values.isEmpty else { return }
    guard listener.version > 0 else { return pushLegacy(values, at: key, to: listener, isFirst: isFirst) }
    // As much as one get gives; who wants more asks for it.
    var rest = fitting(values)[...]
    while !rest.isEmpty {
      var bytes = 0
      // A new update starts once this one holds 56 KiB, as deployed nodes do it, or many small values.
      let count = rest.indices.first { place in
        defer { bytes += rest[place].size }
        return bytes >= Self.updateBytes || place - rest.startIndex >= Self.updateValues
      }
      let batch = rest[..<(count ?? rest.endIndex)]
      rest = rest[batch.endIndex...]
      sendUpdate(
        Request.Update(
          socket: listener.socket, key: key, version: 1, values: ValueList(Array(batch)),
          token: tokens.token(for: listener.contact.address)), at: key, to: listener)
    }
  }

  private mutating func pushIDs(
    at key: InfoHash, refreshed: [Value.ID] = [], expired: [Value.ID] = [], to listener: RemoteListeners.Listener
  ) {
    if max(refreshed.count, expired.count) > Self.updateIDs {
      pushIDs(
        at: key, refreshed: Array(refreshed.dropFirst(Self.updateIDs)),
        expired: Array(expired.dropFirst(Self.updateIDs)),
        to: listener)
      return pushIDs(
        at: key, refreshed: Array(refreshed.prefix(Self.updateIDs)), expired: Array(expired.prefix(Self.updateIDs)),
        to: listener)
    }
    let token = tokens.token(for: listener.contact.address)
    guard listener.version > 0 else {
      guard mayPushLegacy(to: listener) else { return }
      let push = LegacyPush(token: token, refreshed: refreshed, expired: expired)
      context.outbox.send(
        context.message(listener.socket, .legacyPush(sender: id, push)), to: listener.contact.address, now: context.now)
      return
    }
    sendUpdate(
      Request.Update(socket: listener.socket, refreshed: refreshed, expired: expired, token: token), at: key,
      to: listener)
  }

  private mutating func sendUpdate(_ update: Request.Update, at key: InfoHash, to listener: RemoteListeners.Listener) {
    guard let index = overlayIndex(listener.contact.address.family) else { return }
    guard overlays[index].mayPush(to: listener.contact.address, configuration.limits),
      pushLimiter.admits(listener.contact.address.ip, now: context.now)
    else {
      context.counters.pushesDropped += 1
      return
    }
    overlays[index].contacts.ask(
      listener.contact.address, node: listener.contact.id, .update(update),
      for: .update(key: key, listener.socket), &context)
  }

  private mutating func mayPushLegacy(to listener: RemoteListeners.Listener) -> Bool {
    if pushLimiter.admits(listener.contact.address.ip, now: context.now) { return true }
    context.counters.pushesDropped += 1
    return false
  }

  /// A listener of version 0 gets plain replies, under its socket id. (wire.md §3.9)
  private mutating func pushLegacy(
    _ values: [Value], at key: InfoHash, to listener: RemoteListeners.Listener, isFirst: Bool
  ) {
    guard mayPushLegacy(to: listener) else { return }
    let both = Want.families(ipv4: true, ipv6: true)
    var answer = isFirst ? nodesReply(near: key, both, 0) : Reply()
    answer.token = tokens.token(for: listener.contact.address)
    if listener.query.select.isEmpty {
      answer.values = ValueList(fitting(values))
    } else {
      answer.fields = fields(of: values, listener.query)
    }
    reply(answer, listener.socket, to: listener.contact.address)
  }
}
