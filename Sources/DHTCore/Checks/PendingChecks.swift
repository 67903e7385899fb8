import DHTModel
import DHTWire

/// Everything that waits for a check, within bounds.
///
/// Work for strangers is bounded in count and bytes, in all and for each address. Full is an answer: the put is
/// dropped, and its sender sends again.
struct PendingChecks {
  enum Waiting {
    case put(PendingPut)
    case get(OperationID, Source)
    case news(NetworkListen.ID)
  }
  private struct Sender: Hashable {
    let address: SocketAddress
    let transaction: TransactionID
  }

  private var waiting: [Check.ID: Waiting] = [:]
  private var puts: Set<Sender> = []
  private var putBytes = 0
  private var putValues = 0
  private var putsByAddress: [IPAddress: Int] = [:]
  private var nextID: UInt64 = 1
  private let limits: Limits

  init(limits: Limits) { self.limits = limits }

  /// Puts that wait.
  var putCount: Int { puts.count }
  var isEmpty: Bool { waiting.isEmpty }

  /// Whether the same request waits already: its sender did not want to wait as long.
  func isPending(_ transaction: TransactionID, from source: SocketAddress) -> Bool {
    puts.contains(Sender(address: source, transaction: transaction))
  }

  /// Takes a put; nil when there is no room for it.
  mutating func add(_ put: PendingPut) -> Check.ID? {
    let prefix = put.sender.address.ip.quotaPrefix
    let ofAddress = putsByAddress[prefix] ?? 0
    guard puts.count < limits.pendingPuts, ofAddress < limits.pendingPutsPerAddress,
      putBytes + put.bytes <= limits.pendingPutBytes, putValues + put.values.count <= limits.pendingPutValues
    else { return nil }
    puts.insert(Sender(address: put.sender.address, transaction: put.transaction))
    putsByAddress[prefix] = ofAddress + 1
    putBytes += put.bytes
    putValues += put.values.count
    return add(.put(put))
  }

  mutating func add(_ operation: OperationID, _ source: Source) -> Check.ID { add(.get(operation, source)) }
  mutating func add(_ listen: NetworkListen.ID) -> Check.ID { add(.news(listen)) }

  private mutating func add(_ waiter: Waiting) -> Check.ID {
    let id = Check.ID(number: nextID)
    nextID += 1
    waiting[id] = waiter
    return id
  }

  /// Who waited for a check; nil when nobody does.
  mutating func take(_ id: Check.ID) -> Waiting? {
    guard let waiter = waiting.removeValue(forKey: id) else { return nil }
    if case .put(let put) = waiter { forget(put) }
    return waiter
  }

  private mutating func forget(_ put: PendingPut) {
    puts.remove(Sender(address: put.sender.address, transaction: put.transaction))
    putBytes -= put.bytes
    putValues -= put.values.count
    let prefix = put.sender.address.ip.quotaPrefix
    let left = (putsByAddress[prefix] ?? 1) - 1
    putsByAddress[prefix] = left == 0 ? nil : left
  }
}
