import DHTCollections
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
    // Where the account stands in the heap.
    var position = 0
    var bytes = 0
    var values = 0
    var expiries = DeadlineQueue<Entry>()
  }
  private var accounts = Slab(vacant: Account(source: IPAddress(ipv4: 0), serial: 0))
  private var numbers: [IPAddress: Int] = [:]
  // Numbers of the accounts, the largest first. Numbers and not accounts, since a source is dear to look up.
  private var heap: [Int] = []
  private var serials: UInt64 = 0
  /// Bytes of all accounts.
  private(set) var bytes = 0

  /// No accounts.
  init() {}

  var count: Int { heap.count }

  /// Charges a value to a source, which gets an account if it has none, and notes when the value expires.
  /// `isStale` tells which entries no longer count: they are swept out when they outnumber the values, since the
  /// far side decides how fast they come.
  mutating func charge(
    _ bytes: Int, to source: IPAddress, _ entry: Entry, expiring: Instant, isStale: (Entry) -> Bool
  ) {
    let number = numbers[source] ?? open(source)
    self.bytes += bytes
    accounts[number].bytes += bytes
    accounts[number].values += 1
    accounts[number].expiries.push(entry, at: expiring)
    sweep(number, isStale)
    siftUp(accounts[number].position)
  }

  /// Takes a value off an account, which ends with its last value.
  mutating func credit(_ bytes: Int, to source: IPAddress, isStale: (Entry) -> Bool) {
    guard let number = numbers[source] else { return }
    self.bytes -= bytes
    accounts[number].bytes -= bytes
    accounts[number].values -= 1
    if accounts[number].values == 0 { return close(number) }
    sweep(number, isStale)
    siftDown(accounts[number].position)
  }

  /// Takes out the first entry of the largest account, and the expiry it was noted with.
  mutating func popFirstOfLargest() -> (deadline: Instant, element: Entry)? {
    heap.first.flatMap { accounts[$0].expiries.popFirst() }
  }

  /// Puts an entry back into the largest account, with a later expiry.
  mutating func pushBackToLargest(_ entry: Entry, expiring: Instant) {
    if let number = heap.first { accounts[number].expiries.push(entry, at: expiring) }
  }

  /// Whose account is the largest.
  var largest: IPAddress? { heap.first.map { accounts[$0].source } }

  /// Bytes of one account.
  func bytes(of source: IPAddress) -> Int { numbers[source].map { accounts[$0].bytes } ?? 0 }
}

extension StorageAccounts {
  private mutating func open(_ source: IPAddress) -> Int {
    let number = accounts.insert(Account(source: source, serial: serials, position: heap.count))
    serials &+= 1
    numbers[source] = number
    heap.append(number)
    return number
  }

  private mutating func close(_ number: Int) {
    let account = accounts.remove(at: number)
    numbers[account.source] = nil
    guard let last = heap.popLast(), last != number else { return }
    place(last, at: account.position)
    siftDown(account.position)
    siftUp(accounts[last].position)
  }

  private mutating func sweep(_ number: Int, _ isStale: (Entry) -> Bool) {
    guard accounts[number].expiries.count > 2 * accounts[number].values + 16 else { return }
    accounts[number].expiries.removeAll(where: isStale)
  }
}

// MARK: The heap

extension StorageAccounts {
  private func isLarger(_ x: Int, than y: Int) -> Bool {
    accounts[x].bytes != accounts[y].bytes
      ? accounts[x].bytes > accounts[y].bytes : accounts[x].serial < accounts[y].serial
  }

  private mutating func place(_ number: Int, at position: Int) {
    heap[position] = number
    accounts[number].position = position
  }

  private mutating func siftUp(_ start: Int) {
    let number = heap[start]
    var position = start
    while position > 0, isLarger(number, than: heap[(position - 1) / 2]) {
      place(heap[(position - 1) / 2], at: position)
      position = (position - 1) / 2
    }
    place(number, at: position)
  }

  private mutating func siftDown(_ start: Int) {
    let number = heap[start]
    var position = start
    while 2 * position + 1 < heap.count {
      let left = 2 * position + 1
      let right = left + 1
      let child = right < heap.count && isLarger(heap[right], than: heap[left]) ? right : left
      guard isLarger(heap[child], than: number) else { break }
      place(heap[child], at: position)
      position = child
    }
    place(number, at: position)
  }

  /// What is wrong with the structure; nil when all is well. For tests.
  func brokenInvariant() -> String? {
    if heap.count != numbers.count || heap.count != accounts.count { return "accounts out of step" }
    if heap.reduce(0, { $0 + accounts[$1].bytes }) != bytes { return "accounts do not add up" }
    for (position, number) in heap.enumerated() {
      let account = accounts[number]
      if account.position != position || numbers[account.source] != number { return "lost \(account.source)" }
      if account.values <= 0 { return "empty account of \(account.source)" }
      if account.expiries.count > 2 * account.values + 16 { return "stale entries pile up" }
      if position > 0, isLarger(number, than: heap[(position - 1) / 2]) { return "heap order at \(position)" }
    }
    return nil
  }
}
