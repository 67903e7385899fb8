import DHTModel
import DHTWire

/// Standing requests for changes at the four nearest nodes. (node.md §4.7)
extension Search {
  mutating func stepListens(_ contacts: inout Contacts, _ context: inout Context) {
    guard !listens.isEmpty, leadersAnswered(context.now) else { return }
    let now = context.now
    let targets = lookup.first(NetworkListen.width) { candidate in
      !candidate.isFailed && !candidate.isLate && candidate.isSynced(at: now)
        && contacts.known[candidate.id]?.hasFreshToken(at: now) ?? false
    }
    for index in listens.indices {
      for target in targets { renew(index, target, &contacts, &context) }
      dropDistant(index, targets, &contacts, now)
    }
  }

  private mutating func renew(
    _ index: Int, _ target: Candidate, _ contacts: inout Contacts, _ context: inout Context
  ) {
    let old = listens[index].statuses[target.id]
    if let old, old.isPending || old.refresh.map({ $0 > context.now }) ?? false { return }
    guard let token = contacts.known[target.id]?.token else { return }
    // The update that brings the first values comes before the reply: the socket is open before the listen is sent.
    let socket = old?.socket ?? contacts.openSocket(key: key, listen: listens[index].id, target.contact, &context)
    listens[index].statuses[target.id] = NetworkListen.Status(socket: socket, isPending: true, refresh: old?.refresh)
    let query = listens[index].query
    contacts.ask(
      target.contact.address, node: target.id,
      .listen(
        Request.Listen(key: key, token: token, socket: socket, query: query == .everything ? nil : query)),
      for: .listen(key: key, listens[index].id, socket), &context)
  }

  /// A node that is no longer among the nearest is let go when its turn to be renewed comes, and others serve.
  private mutating func dropDistant(_ index: Int, _ targets: [Candidate], _ contacts: inout Contacts, _ now: Instant) {
    let isServed =
      targets.count == NetworkListen.width
      && targets.allSatisfy { listens[index].statuses[$0.id]?.refresh != nil }
    guard isServed else { return }
    let distant = listens[index].statuses.filter { id, status in
      !status.isPending && status.refresh.map { $0 <= now } ?? false && !targets.contains { $0.id == id }
    }
    for id in distant.keys.sorted() { lose(index, id, &contacts) }
  }

  func listenIndex(_ id: NetworkListen.ID) -> Int? { listens.firstIndex { $0.id == id } }

  mutating func receiveListen(
    _ id: NetworkListen.ID, _ socket: SocketID, from contact: NodeContact, isStable: Bool, isCrowded: Bool,
    _ context: inout Context
  ) {
    guard let index = listenIndex(id), let old = listens[index].statuses[contact.id], old.socket == socket else {
      return
    }
    var interval = isStable ? NetworkListen.stableRefreshInterval : NetworkListen.refreshInterval
    // A thousand listens begun together would be renewed together for ever. (node.md W-13)
    if isCrowded, old.refresh == nil { interval = context.random.duration(in: interval / 2...interval) }
    listens[index].statuses[contact.id] = NetworkListen.Status(
      socket: socket, isPending: false, refresh: context.now + interval)
  }

  mutating func failListen(
    _ request: PendingRequest, code: UInt16?, _ id: NetworkListen.ID, _ contacts: inout Contacts
  ) {
    guard let index = listenIndex(id), let node = request.node else { return }
    switch code {
    case 401:
      // What the node told stays believed: the new listen, sent at once, brings it again.
      if let status = listens[index].statuses.removeValue(forKey: node) { contacts.sockets[status.socket] = nil }
      lookup.update(node) { $0.desync() }
    case nil:
      lose(index, node, &contacts)
      lookup.update(node) { $0.fail() }
    case .some:
      lose(index, node, &contacts)
    }
  }

  private mutating func lose(_ index: Int, _ node: NodeID, _ contacts: inout Contacts) {
    guard let status = listens[index].statuses.removeValue(forKey: node) else { return }
    contacts.sockets[status.socket] = nil
    contacts.effects.append(.listenLost(listens[index].id, contacts.family, node))
  }

  /// The node expired: its listens are over.
  mutating func loseListens(at node: NodeID, _ contacts: inout Contacts) {
    for index in listens.indices { lose(index, node, &contacts) }
  }

  mutating func removeListen(_ id: NetworkListen.ID, _ contacts: inout Contacts) {
    guard let index = listenIndex(id) else { return }
    for status in listens[index].statuses.values { contacts.sockets[status.socket] = nil }
    listens.remove(at: index)
  }

  /// Every listen is sent again at the next step: our address may have changed.
  mutating func renewListens(now: Instant) {
    for index in listens.indices {
      for (id, status) in listens[index].statuses where !status.isPending {
        listens[index].statuses[id] = NetworkListen.Status(socket: status.socket, isPending: false, refresh: now)
      }
    }
  }
}
