import DHTCollections
import DHTModel

extension Node {
  /// What is wrong between inputs; nil when all is well. For tests, after each step.
  func brokenInvariant() -> String? {
    for index in overlays.indices {
      if let broken = overlays[index].brokenInvariant(now: context.now) { return "\(families[index]): \(broken)" }
    }
    if let broken = store.brokenInvariant() { return broken }
    for (id, operation) in operations {
      if let broken = brokenInvariant(of: operation, id) { return "operation \(id.number): \(broken)" }
    }
    if deadlines.keys.contains(where: { operations[$0] == nil }) { return "an ended operation has a deadline" }
    if operationDeadlines.count > 4 * operations.count + 128 { return "deadlines of ended operations pile up" }
    return brokenAnnouncement() ?? brokenGroup()
  }

  private func brokenInvariant(of operation: Operation, _ id: OperationID) -> String? {
    let isHeld = held.contains(id)
    switch operation {
    case .get(let get):
      if get.running.isEmpty, !isHeld, get.opening == 0 { return "nothing works on it" }
      for index in overlays.indices where get.running.contains(families[index]) {
        let isThere = overlays[index].searches[get.key]?.gets.contains { $0.operation == id } ?? false
        if !isThere { return "its search does not know it" }
      }
    case .put(let put):
      guard let announcement = put.announcement else { return isHeld ? nil : "it waits for nothing" }
      if announcements[announcement]?.waiting.contains(id) != true { return "its announcement does not know it" }
    case .listen(let listen):
      if groups[listen.group]?.subscribers.contains(id) != true { return "its group does not know it" }
    case .ping(let ping):
      guard let index = overlayIndex(ping.address.family) else { return "no family" }
      let isThere = !overlays[index].contacts.requests.transactions { request in
        if case .ping(id) = request.purpose { true } else { false }
      }.isEmpty
      if !isThere { return "no ping is in flight" }
    }
    return nil
  }

  private func brokenAnnouncement() -> String? {
    for (id, announcement) in announcements {
      let name = "announcement \(id)"
      if announcementsByKey[announcement.key]?.contains(id) != true { return "\(name) is not found by its key" }
      if announcement.running.isEmpty, !announcement.isPermanent { return "\(name) has nothing left to do" }
      for operation in announcement.operations where announcementOfPut[operation] != id {
        return "\(name) is not found by its put"
      }
      for index in overlays.indices where announcement.running.contains(families[index]) {
        if overlays[index].searches[announcement.key]?.announceIndex(id) == nil { return "\(name) is in no search" }
      }
    }
    if announcementsByKey.values.reduce(0, { $0 + $1.count }) != announcements.count { return "announcements by key" }
    if announcementOfPut.values.contains(where: { announcements[$0] == nil }) { return "a put keeps nothing alive" }
    return nil
  }

  private func brokenGroup() -> String? {
    for (id, group) in groups {
      if groupsByKey[group.key]?.contains(id) != true { return "group \(id) is not found by its key" }
      if group.subscribers.isEmpty, group.lingersUntil == nil { return "group \(id) has no end" }
      if let broken = group.view.brokenInvariant() { return "group \(id): \(broken)" }
    }
    return groupsByKey.values.reduce(0) { $0 + $1.count } == groups.count ? nil : "groups by key"
  }
}

extension Overlay {
  func brokenInvariant(now: Instant) -> String? {
    if isUnsettled { return "something is left to do" }
    if let broken = contacts.known.brokenInvariant() ?? contacts.table.brokenInvariant(known: contacts.known) {
      return broken
    }
    if let broken = contacts.requests.brokenInvariant() { return broken }
    let pings = contacts.requests.transactions { if case .bootstrap = $0.purpose { true } else { false } }
    if pings.count != bootstrapPings { return "\(pings.count) pings to entry points, \(bootstrapPings) counted" }
    if scheduledCount > 64 * searches.count + 64 { return "\(scheduledCount) entries for \(searches.count) searches" }
    for search in searches.values {
      if let broken = search.lookup.brokenInvariant() { return "search of \(search.key): \(broken)" }
      for listen in search.listens {
        for (node, status) in listen.statuses {
          guard let socket = contacts.sockets[status.socket], socket.listen == listen.id, socket.contact.id == node
          else { return "a listen has no socket" }
        }
      }
    }
    let open = searches.values.reduce(0) { $0 + $1.listens.reduce(0) { $0 + $1.statuses.count } }
    return open == contacts.sockets.count ? nil : "\(contacts.sockets.count) sockets for \(open) listens at nodes"
  }
}

extension KnownNodes {
  func brokenInvariant() -> String? {
    if indexCount != count { return "\(count) records, \(indexCount) in the index" }
    var broken: String?
    forEach { node in
      if look(node.id, { $0.id }) != node.id { broken = "\(node.id) is not where the index says" }
      if node.pending < 0 { broken = "\(node.id) has \(node.pending) requests in flight" }
    }
    return broken
  }
}

extension RoutingTable {
  func brokenInvariant(known: KnownNodes) -> String? {
    var count = 0
    for (at, bucket) in buckets.enumerated() {
      count += bucket.nodes.count
      if bucket.nodes.count > capacity(at) { return "bucket \(at) holds \(bucket.nodes.count) nodes" }
      if Set(bucket.nodes).count != bucket.nodes.count { return "bucket \(at) holds a node twice" }
      for id in bucket.nodes {
        if bucketIndex(of: id) != at { return "\(id) stands in bucket \(at)" }
        if known.look(id, { $0.isInTable }) != true { return "\(id) does not know that it is in the table" }
      }
      if let candidate = bucket.candidate {
        if bucketIndex(of: candidate) != at { return "candidate of bucket \(at)" }
        if bucket.nodes.contains(candidate) { return "bucket \(at) holds its candidate" }
      }
    }
    var inTable = 0
    known.forEach { if $0.isInTable { inTable += 1 } }
    return inTable == count ? nil : "\(count) nodes in buckets, \(inTable) think so"
  }
}

extension RequestTable {
  func brokenInvariant() -> String? {
    if scheduledCount > 2 * count + 1024 { return "\(scheduledCount) deadlines for \(count) requests" }
    return count > 0 && nextDeadline == nil ? "requests without a deadline" : nil
  }
}

extension Lookup {
  func brokenInvariant() -> String? {
    for (near, far) in zip(candidates, candidates.dropFirst()) where !near.id.isCloser(to: key, than: far.id) {
      return "\(near.id) stands before \(far.id)"
    }
    // Candidates change kind between insertions, and those in flight stay: only the sum is certain.
    let most =
      Self.confirmedLimit + Self.unconfirmedLimit + Self.failedLimit + Search.closingWidth
      + (hasCrowds ? 2 * Self.crowdedLimit : 0)
    return candidates.count > most ? "\(candidates.count) candidates" : nil
  }
}

extension ListenView {
  func brokenInvariant() -> String? {
    var held: [Source: Int] = [:]
    for (id, sources, planned) in places {
      if sources.isEmpty { return "value \(id) has no source" }
      for source in sources.keys { held[source, default: 0] += 1 }
      let first = sources.values.min() ?? .distantFuture
      if first < .distantFuture, planned.map({ $0 > first }) ?? true { return "value \(id) is not looked at in time" }
    }
    if held != counts { return "counts of sources" }
    return scheduledCount > 2 * held.count + 2 * places.count + 65 ? "stale deadlines pile up" : nil
  }
}
