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
  /// Values of one get reply, in bytes and count: what a peer can take in one burst. It asks for the rest by id.
  private static let replyBytes = 4 << 20
  private static let replyValues = 4096
  /// Rows of one `fileds` reply: it is never split, and must fit a datagram.
  private static let replyRows = 2048

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
      answerGet(get, from: source, transaction, index)
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
    context.outbox.send(context.message(transaction, .reply(sender: id, reply)), to: source)
  }

  private mutating func refuse(_ failure: Failure, _ transaction: TransactionID, to source: SocketAddress) {
    context.outbox.send(context.message(transaction, .failure(sender: id, failure)), to: source)
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
    _ get: Request.Get, from source: SocketAddress, _ transaction: TransactionID, _ index: Int
  ) {
    guard get.key != .zero else { return refuse(.getWithoutKey, transaction, to: source) }
    var answer = nodesReply(near: get.key, get.want, index)
    answer.token = tokens.token(for: source)
    let query = get.query ?? .everything
    let values = store.values(at: get.key, matching: query)
    if query.select.isEmpty {
      answer.values = ValueList(fitting(values))
    } else if !values.isEmpty {
      answer.fields = fields(of: values.prefix(Self.replyRows), query)
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
    let rows = values.map { value in
      FieldList.Row(record: Query(select: selected).record(of: value) { _ in nil }, ownerKey: value.signature?.owner)
    }
    return FieldList(fields: selected, rows: rows)
  }

  private mutating func answerPut(
    _ put: Request.Put, sender: NodeID, from source: SocketAddress, _ transaction: TransactionID, _ index: Int
  ) {
    guard put.key != .zero else { return refuse(.putWithoutKey, transaction, to: source) }
    guard tokens.accepts(put.token, from: source) else { return refuse(.putWithWrongToken, transaction, to: source) }
    let isOurs = !configuration.isClient && isCloseEnough(to: put.key, index)
    let created = context.instant(of: put.created)
    for value in put.values.values {
      guard value.id != 0 else { return refuse(.putWithoutID, transaction, to: source) }
      // Refused or not, the answer is the same: the sender must not look for others, who would take it wrongly.
      let origin = ValueStore.Origin.remote(NodeContact(id: sender, address: source))
      if isOurs {
        let result = store.put(value, at: put.key, created: created, origin: origin, now: context.now)
        if case .refused = result { context.counters.valuesRefused += 1 }
        takeStoreChanges()
      } else {
        context.counters.valuesRefused += 1
      }
      reply(Reply(valueID: value.id), transaction, to: source)
    }
  }

  /// Whether fewer than fourteen known nodes are nearer to a key than we are.
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

// MARK: Pushes

extension Node {
  /// Tells everyone who listens what changed in storage.
  mutating func takeStoreChanges() {
    while let change = store.takeChange() {
      for listener in listeners.listeners(at: change.key) { push(change, to: listener) }
      hearLocal(change)
      if case .added = change.kind { watchKey(change.key) }
    }
  }

  private mutating func push(_ change: StoreChange, to listener: RemoteListeners.Listener) {
    switch change.kind {
    case .added(let value), .edited(let value):
      guard Query(where: listener.query.filters).matches(value, ownerID: configuration.ownerID) else { return }
      push([value], at: change.key, to: listener, isFirst: false)
    case .refreshed(let id):
      pushIDs(at: change.key, refreshed: [id], to: listener)
    case .expired(let values):
      pushIDs(at: change.key, expired: values.map(\.id), to: listener)
    }
  }

  private mutating func push(
    _ values: [Value], at key: InfoHash, to listener: RemoteListeners.Listener, isFirst: Bool
  ) {
    guard !values.isEmpty else { return }
    guard listener.version > 0 else { return pushLegacy(values, at: key, to: listener, isFirst: isFirst) }
    var rest = values[...]
    while !rest.isEmpty {
      var bytes = 0
      // A new update starts once this one holds 56 KiB, as deployed nodes do it.
      let count = rest.firstIndex { value in
        defer { bytes += value.size }
        return bytes >= Self.updateBytes
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
    let token = tokens.token(for: listener.contact.address)
    guard listener.version > 0 else {
      let push = LegacyPush(token: token, refreshed: refreshed, expired: expired)
      context.outbox.send(context.message(listener.socket, .legacyPush(sender: id, push)), to: listener.contact.address)
      return
    }
    sendUpdate(
      Request.Update(socket: listener.socket, refreshed: refreshed, expired: expired, token: token), at: key,
      to: listener)
  }

  private mutating func sendUpdate(_ update: Request.Update, at key: InfoHash, to listener: RemoteListeners.Listener) {
    guard let index = overlayIndex(listener.contact.address.family) else { return }
    overlays[index].contacts.ask(
      listener.contact.address, node: listener.contact.id, .update(update),
      for: .update(key: key, listener.socket), &context)
  }

  /// A listener of version 0 gets plain replies, under its socket id. (wire.md §3.9)
  private mutating func pushLegacy(
    _ values: [Value], at key: InfoHash, to listener: RemoteListeners.Listener, isFirst: Bool
  ) {
    let both = Want.families(ipv4: true, ipv6: true)
    var answer = isFirst ? nodesReply(near: key, both, 0) : Reply()
    answer.token = tokens.token(for: listener.contact.address)
    if listener.query.select.isEmpty {
      answer.values = ValueList(fitting(values))
    } else {
      answer.fields = fields(of: values.prefix(Self.replyRows), listener.query)
    }
    reply(answer, listener.socket, to: listener.contact.address)
  }
}
