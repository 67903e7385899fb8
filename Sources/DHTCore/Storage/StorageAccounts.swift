import DHTModel

/// Bytes that each source has in storage; knows the largest account, and what expires first in it.
///
/// A source is an IPv4 address or an IPv6 /64. Every operation takes time logarithmic in the number of accounts.
struct StorageAccounts: Sendable {
  /// Names an entry of an account: where the value stands, and a number that says whether the entry still counts.
  struct Entry: Sendable, Equatable {
    var place: Int
    var ticket: UInt64
  }
  private struct Account: Sendable {
    var source: IPAddress
    // Of equal accounts the older counts as larger, so that every run does the same.
    var serial: UInt64
    var bytes = 0
    var values = 0
    var expiries = DeadlineQueue<Entry>()

    func isLarger(than other: Account) -> Bool {
      bytes != other.bytes ? bytes > other.bytes : serial < other.serial
    }
  }
  // A heap, the largest account first, and where each account stands in it.
  private var heap: [Account] = []
  private var positions: [IPAddress: Int] = [:]
  private var serials: UInt64 = 0
  /// Bytes of all accounts.
  private(set) var bytes = 0

  /// No accounts.
  init() {}

  var count: Int { heap.count }

  /// Charges a value to a source, which gets an account if it has none.
  mutating func charge(_ bytes: Int, to source: IPAddress) {
    let position = positions[source] ?? open(source)
    self.bytes += bytes
    heap[position].bytes += bytes
    heap[position].values += 1
    siftUp(position)
  }

  /// Takes a value off an account, which ends with its last value. `isStale` tells which entries no longer count:
  /// they are swept out when they outnumber the values, since the far side decides how fast they come.
  mutating func credit(_ bytes: Int, to source: IPAddress, isStale: (Entry) -> Bool) {
    guard let position = positions[source] else { return }
    self.bytes -= bytes
    heap[position].bytes -= bytes
    heap[position].values -= 1
    if heap[position].values == 0 { return close(position) }
    sweep(position, isStale)
    siftDown(position)
  }

  /// Notes when a value of an account expires.
  mutating func note(_ entry: Entry, expiring: Instant, of source: IPAddress, isStale: (Entry) -> Bool) {
    guard let position = positions[source] else { return }
    heap[position].expiries.push(entry, at: expiring)
    sweep(position, isStale)
  }

  /// Takes out the first entry of the largest account: where it belongs, and the expiry it was noted with.
  mutating func popFirstOfLargest() -> (source: IPAddress, deadline: Instant, entry: Entry)? {
    guard let source = heap.first?.source, let first = heap[0].expiries.popFirst() else { return nil }
    return (source, first.deadline, first.element)
  }

  /// Bytes of one account.
  func bytes(of source: IPAddress) -> Int { positions[source].map { heap[$0].bytes } ?? 0 }
  /// Entries of one account, stale ones included.
  func entryCount(of source: IPAddress) -> Int { positions[source].map { heap[$0].expiries.count } ?? 0 }
}

extension StorageAccounts {
  private mutating func open(_ source: IPAddress) -> Int {
    heap.append(Account(source: source, serial: serials))
    serials &+= 1
    positions[source] = heap.count - 1
    return heap.count - 1
  }

  private mutating func sweep(_ position: Int, _ isStale: (Entry) -> Bool) {
    guard heap[position].expiries.count > 2 * heap[position].values + 16 else { return }
    heap[position].expiries.removeAll(where: isStale)
  }

  private mutating func close(_ position: Int) {
    let last = heap.count - 1
    positions[heap[position].source] = nil
    if position != last {
      heap.swapAt(position, last)
      positions[heap[position].source] = position
    }
    heap.removeLast()
    if position < heap.count {
      siftDown(position)
      siftUp(position)
    }
  }

  private mutating func siftUp(_ start: Int) {
    var index = start
    while index > 0, heap[index].isLarger(than: heap[(index - 1) / 2]) {
      swapAccounts(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  private mutating func siftDown(_ start: Int) {
    var index = start
    while true {
      var best = index
      for child in (2 * index + 1)...(2 * index + 2)
      where child < heap.count && heap[child].isLarger(than: heap[best]) {
        best = child
      }
      if best == index { return }
      swapAccounts(index, best)
      index = best
    }
  }

  private mutating func swapAccounts(_ x: Int, _ y: Int) {
    heap.swapAt(x, y)
    positions[heap[x].source] = x
    positions[heap[y].source] = y
  }

  /// What is wrong with the structure; nil when all is well. For tests.
  func brokenInvariant() -> String? {
    if heap.count != positions.count { return "accounts without a position" }
    if heap.reduce(0, { $0 + $1.bytes }) != bytes { return "accounts do not add up" }
    for (index, account) in heap.enumerated() {
      if positions[account.source] != index { return "wrong position of \(account.source)" }
      if account.values <= 0 { return "empty account of \(account.source)" }
      if account.expiries.count > 2 * account.values + 16 { return "stale entries pile up" }
      if index > 0, account.isLarger(than: heap[(index - 1) / 2]) { return "heap order at \(index)" }
    }
    return nil
  }
}
