import DHTCollections
import DHTModel

// Coming, staying and going of values: dates, accounts, and the links between values of one key.
//
// A value has one entry in the queue of expiries, and one in its account if it is of others. An entry's moment is
// at or before the true expiry: a longer life costs nothing until the entry comes up and is put back. Only a
// shorter life, or another account, makes a new entry; tickets tell it from the old one.

extension ValueStore {
  /// Forgets what expired.
  mutating func advance(to now: Instant) {
    var gone: [StoredValue] = []
    while let entry = expiries.popDue(now) {
      guard values[entry.place].expiryTicket == entry.ticket, let end = values[entry.place].expires else { continue }
      if end <= now { gone.append(remove(entry.place)) } else { expiries.push(entry, at: end) }
    }
    emitExpired(gone)
  }

  /// When `advance` must be called next; nil for never. May be too early, never too late.
  var nextDeadline: Instant? { expiries.nextDeadline }

  /// Removes values of others until they fit: each time the one of the largest account that expires first. Where another
  /// network is the largest, many of its addresses share the load: its first value goes. (node.md §5.9, W-23)
  /// What is due is gone already, since every put begins with `advance`.
  mutating func evict() -> [StoredValue] {
    guard let limit = limits.storageBytes else { return [] }
    var gone: [StoredValue] = []
    while accounts.bytes > limit {
      let isOneAddress = accounts.largest?.range == ranges.largest
      let first = isOneAddress ? accounts.popFirstOfLargest() : ranges.popFirstOfLargest()
      guard let (deadline, entry) = first else { break }
      guard values[entry.place].quotaTicket == entry.ticket, let end = values[entry.place].expires else { continue }
      if end > deadline {
        isOneAddress
          ? accounts.pushBackToLargest(entry, expiring: end) : ranges.pushBackToLargest(entry, expiring: end)
      } else {
        gone.append(remove(entry.place))
      }
    }
    evictionCount += gone.count
    return gone
  }

  /// Whether a value is within the limit of its budget. Others have to make room for one of theirs, ours do not.
  func hasRoom(for value: Value, at key: InfoHash, insteadOf old: StoredValue?, origin: Origin) -> Bool {
    let charge = StoredValue.charge(of: value)
    switch origin {
    case .remote(let source, _):
      let ip = source.address.ip
      let freed = old?.source?.address.ip.range == ip.range ? old?.charge ?? 0 : 0
      let share = (shares[Share(key: key, range: ip.range)] ?? 0) - freed + charge
      guard ip.isLoopback || share <= limits.storageBytesPerKeyAndRange else { return false }
      return charge <= limits.storageBytes ?? .max
    case .local:
      let freed = old.map { $0.source == nil ? $0.charge : 0 } ?? 0
      return localCharge - freed + charge <= limits.localStorageBytes ?? .max
    }
  }
}

// MARK: One value

extension ValueStore {
  mutating func insert(_ stored: StoredValue) -> Int {
    let place = values.insert(stored)
    values.link(place, to: &keys[stored.key])
    index[Location(key: stored.key, id: stored.value.id)] = place
    schedule(place, expires: stored.expires)
    charge(place)
    return place
  }

  mutating func remove(_ place: Int) -> StoredValue {
    discharge(place)
    values.unlink(place, from: &keys[values[place].key])
    let stored = values.remove(at: place)
    index[Location(key: stored.key, id: stored.value.id)] = nil
    return stored
  }

  /// Lets a value live at least for a lifetime after `created`.
  mutating func extend(_ place: Int, created: Instant) {
    values[place].created = max(values[place].created, created)
    guard let end = values[place].expires else { return }
    values[place].expires = max(end, created + lifetime(ofType: values[place].value.type))
  }

  /// Makes a value ours. The newest put decides whether it stays for ever; otherwise it never gets shorter.
  mutating func takeOver(_ place: Int, created: Instant, expires: Instant?) {
    let end = values[place].expires
    discharge(place)
    values[place].source = nil
    values[place].created = max(values[place].created, created)
    schedule(place, expires: expires.map { max($0, end ?? $0) })
    charge(place)
  }

  /// Makes a value of others that of the one who keeps it alive. (node.md W-26)
  mutating func transfer(_ place: Int, to source: NodeContact) {
    let old = values[place].source?.address.ip.quotaPrefix
    if old == source.address.ip.quotaPrefix {
      values[place].source = source
    } else {
      discharge(place)
      values[place].source = source
      charge(place)
    }
  }

  /// Sets the expiry, in the value and in the queue.
  mutating func schedule(_ place: Int, expires: Instant?) {
    let old = values[place].expires
    values[place].expires = expires
    guard let expires else {
      values[place].expiryTicket = 0
      return
    }
    if values[place].expiryTicket != 0, let old, old <= expires { return }
    values[place].expiryTicket = newTicket()
    expiries.push(StorageAccounts.Entry(place: place, ticket: values[place].expiryTicket), at: expires)
    if expiries.count > 2 * values.count + 64 {
      let values = values
      expiries.removeAll { values[$0.place].expiryTicket != $0.ticket }
    }
  }
}

// MARK: Accounts

extension ValueStore {
  mutating func charge(_ place: Int) {
    let (size, charge) = (values[place].value.size, values[place].charge)
    counts.values += 1
    counts.bytes += size
    guard let source = values[place].source?.address.ip.quotaPrefix else {
      counts.localValues += 1
      counts.localBytes += size
      localCharge += charge
      return
    }
    let entry = StorageAccounts.Entry(place: place, ticket: newTicket())
    values[place].quotaTicket = entry.ticket
    let values = values
    let expiry = values[place].expires ?? .distantFuture
    accounts.charge(charge, to: source, entry, expiring: expiry) { values[$0.place].quotaTicket != $0.ticket }
    ranges.charge(charge, to: source.range, entry, expiring: expiry) { values[$0.place].quotaTicket != $0.ticket }
    shares[Share(key: values[place].key, range: source.range), default: 0] += charge
  }

  mutating func discharge(_ place: Int) {
    let (size, charge) = (values[place].value.size, values[place].charge)
    counts.values -= 1
    counts.bytes -= size
    guard let source = values[place].source?.address.ip.quotaPrefix else {
      counts.localValues -= 1
      counts.localBytes -= size
      localCharge -= charge
      return
    }
    values[place].quotaTicket = 0
    let values = values
    accounts.credit(charge, to: source) { values[$0.place].quotaTicket != $0.ticket }
    ranges.credit(charge, to: source.range) { values[$0.place].quotaTicket != $0.ticket }
    let share = Share(key: values[place].key, range: source.range)
    let rest = (shares[share] ?? 0) - charge
    shares[share] = rest > 0 ? rest : nil
  }

  private mutating func newTicket() -> UInt64 {
    tickets &+= 1
    return tickets
  }
}

// MARK: Changes

extension ValueStore {
  mutating func emit(_ kind: StoreChange.Kind, at key: InfoHash) {
    changes.append(StoreChange(key: key, kind: kind))
  }

  /// Tells of values that are gone, those of one key together.
  mutating func emitExpired(_ gone: [StoredValue]) {
    guard gone.count > 1 else {
      for stored in gone { emit(.expired([stored.value]), at: stored.key) }
      return
    }
    var order: [InfoHash] = []
    var byKey: [InfoHash: [Value]] = [:]
    for stored in gone {
      if byKey[stored.key] == nil { order.append(stored.key) }
      byKey[stored.key, default: []].append(stored.value)
    }
    for key in order { emit(.expired(byKey[key] ?? []), at: key) }
  }
}
