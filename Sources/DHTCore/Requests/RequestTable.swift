import DHTCollections
import DHTModel
import DHTWire

/// Our queries in flight of one family, by transaction id.
///
/// Ids are drawn at random: a stranger who cannot see our packets cannot guess one. (node.md W-43)
struct RequestTable {
  private var requests: [TransactionID: PendingRequest] = [:]
  private var deadlines = DeadlineQueue<TransactionID>()
  /// Bytes of pushes to listeners that are not confirmed yet, by the address that asked for them, and in all.
  private var pushBytes: [IPAddress: Int] = [:]
  private(set) var totalPushBytes = 0

  var count: Int { requests.count }
  /// Entries that wait for their time, stale ones included.
  var scheduledCount: Int { deadlines.count }
  var nextDeadline: Instant? { deadlines.nextDeadline }

  subscript(transaction: TransactionID) -> PendingRequest? { requests[transaction] }

  mutating func freshTransaction(using random: inout RandomSource) -> TransactionID {
    while true {
      let transaction = random.nonZero32()
      if requests[transaction] == nil { return transaction }
    }
  }

  mutating func insert(_ request: PendingRequest) {
    deadlines.push(request.transaction, at: request.nextDeadline)
    requests[request.transaction] = request
    count(request, 1)
  }

  mutating func remove(_ transaction: TransactionID) -> PendingRequest? {
    guard let request = requests.removeValue(forKey: transaction) else { return nil }
    count(request, -1)
    return request
  }

  /// Bytes of pushes that a listener's address has not confirmed yet.
  func pushBytes(to address: SocketAddress) -> Int { pushBytes[address.ip.quotaPrefix] ?? 0 }

  private mutating func count(_ request: PendingRequest, _ sign: Int) {
    guard case .update = request.purpose else { return }
    let source = request.destination.ip.quotaPrefix
    let bytes = sign * request.packets.bytes.count
    totalPushBytes += bytes
    let rest = (pushBytes[source] ?? 0) + bytes
    pushBytes[source] = rest > 0 ? rest : nil
  }

  mutating func receiveHead(_ transaction: TransactionID, until deadline: Instant) {
    // Once: else a node could hold us up for as long as it sends heads.
    guard let request = requests[transaction], !request.isReceiving else { return }
    requests[transaction]?.receiveHead(until: deadline)
    deadlines.push(transaction, at: deadline)
  }

  /// Transactions in flight to a node or an address, in order, so that what follows is the same in each run.
  func transactions(where test: (PendingRequest) -> Bool) -> [TransactionID] {
    requests.values.filter(test).map(\.transaction).sorted()
  }

  enum Timeout {
    case late(PendingRequest)
    case retransmit(PendingRequest, reportLate: Bool)
    case expired(PendingRequest)
  }

  /// The next thing that is due, or nil. Call until nil.
  mutating func nextTimeout(now: Instant, random: inout RandomSource) -> Timeout? {
    while let transaction = deadlines.popDue(now) {
      guard requests[transaction] != nil else { continue }
      let action = requests[transaction]!.advance(to: now, random: &random)
      guard let request = requests[transaction] else { continue }
      switch action {
      case .wait:
        // An entry from before the deadline moved; the one for the new deadline is in the queue.
        continue
      case .reportLate:
        deadlines.push(transaction, at: request.due)
        return .late(request)
      case .retransmit(let reportLate):
        deadlines.push(transaction, at: request.nextDeadline)
        return .retransmit(request, reportLate: reportLate)
      case .reportExpired:
        _ = remove(transaction)
        return .expired(request)
      }
    }
    return nil
  }
}
