import NIOConcurrencyHelpers
import OpenDHT

@testable import DHTTools

/// A node without network: a dictionary of values, and listens that are told of puts.
actor FakeNode: NodeBackend {
  nonisolated let nodeID = InfoHash(hex: "eec93028a453839cd2c4ad4fd64301f2ab5e02c6") ?? .zero
  nonisolated let identity: Identity?
  var recipients: [Recipient] = []
  var stored: [InfoHash: [Value]] = [:]
  var ending = Ending.completed
  var putError: DHTError?
  var ports = BoundPorts(ipv4: 13302, ipv6: 13302)
  var ipv4 = FamilyStatistics()
  var tables: [BucketDescription] = []
  var searchList: [SearchDescription] = []
  var storageList: [StorageDescription] = []
  var addresses: [IPAddress] = []
  var bootstraps: [Host] = []
  private var listens: [AsyncStream<ListenChange>.Continuation] = []
  private(set) var running = 0

  init(identity: Identity? = nil) { self.identity = identity }

  func set(_ change: @Sendable (isolated FakeNode) -> Void) { change(self) }
  func tell(_ change: ListenChange) { for listen in listens { listen.yield(change) } }

  func boundPorts() -> BoundPorts { ports }
  func get(_ key: InfoHash, where filters: [Query.Filter], found: @Sendable (Value) async -> Void) async -> GetOutcome {
    let query = Query(where: filters)
    let values = (stored[key] ?? []).filter { query.matches($0) { _ in nil } }
    for value in values { await found(value) }
    return GetOutcome(ending: ending, answered: 1, closest: 1, delivered: values.count)
  }
  func query(_ key: InfoHash, _ query: Query, found: @Sendable (FieldRecord) async -> Void) async -> GetOutcome {
    for value in stored[key] ?? [] {
      await found(
        FieldRecord(
          id: query.select.contains(.id) ? value.id : nil,
          sequence: query.select.contains(.sequence) ? value.sequence : nil,
          userTypeBytes: query.select.contains(.userType) ? value.body?.userTypeBytes : nil))
    }
    return GetOutcome(ending: ending)
  }
  func listen(_ key: InfoHash, where filters: [Query.Filter], changed: @Sendable (ListenChange) async -> Void) async
    -> Ending
  {
    let (stream, continuation) = AsyncStream.makeStream(of: ListenChange.self)
    listens.append(continuation)
    running += 1
    for value in stored[key] ?? [] { await changed(.added(value)) }
    for await change in stream { await changed(change) }
    running -= 1
    return .cancelled
  }
  func put(_ value: Value, at key: InfoHash, isPermanent: Bool) -> Result<PutReceipt, DHTError> {
    if let putError { return .failure(putError) }
    stored[key, default: []].append(value)
    return .success(PutReceipt(ending: .completed, valueID: value.id))
  }
  func putSigned(_ value: Value, at key: InfoHash) -> Result<PutReceipt, DHTError> {
    guard let identity, let signed = try? value.signed(by: identity) else { return .failure(.noIdentity) }
    return put(signed, at: key, isPermanent: false)
  }
  func putEncrypted(_ value: Value, for recipient: Recipient, at key: InfoHash) -> Result<PutReceipt, DHTError> {
    recipients.append(recipient)
    return putSigned(value, at: key)
  }
  func cancelPut(_ id: Value.ID, at key: InfoHash) -> Bool {
    let had = stored[key]?.contains { $0.id == id } ?? false
    stored[key]?.removeAll { $0.id == id }
    return had
  }
  func bootstrap(to host: Host) -> Bool {
    bootstraps.append(host)
    return !host.name.hasSuffix("invalid")
  }
  func connectivityChanged() {}
  func ongoingOperations() -> Int { 1 }
  func statistics(_ family: AddressFamily) -> FamilyStatistics { family == .ipv4 ? ipv4 : FamilyStatistics() }
  func storageStatistics() -> StorageStatistics {
    var statistics = StorageStatistics()
    (statistics.keys, statistics.values, statistics.bytes) = (8, 2, 4096)
    return statistics
  }
  func routingTable(_ family: AddressFamily) -> [BucketDescription] { family == .ipv4 ? tables : [] }
  func searches(at key: InfoHash?) -> [SearchDescription] { searchList.filter { key == nil || $0.key == key } }
  func storage(at key: InfoHash?) -> [StorageDescription] { storageList.filter { key == nil || $0.key == key } }
  func reportedAddresses(_ family: AddressFamily) -> [IPAddress] { addresses.filter { $0.family == family } }
}

/// Keeps what a shell prints, times and ids masked.
final class Transcript: ShellOutput {
  let isTerminal = false
  private let blocks = NIOLockedValueBox<[String]>([])

  func result(_ text: [UInt8]) async { add(String(decoding: text, as: UTF8.self)) }
  func message(_ text: String) async { add("! " + text) }
  private func add(_ text: String) { blocks.withLockedValue { $0.append(masked(text)) } }

  func take() -> [String] {
    blocks.withLockedValue { blocks in
      defer { blocks = [] }
      return blocks
    }
  }

  /// Waits until so many blocks stand there.
  func wait(for count: Int) async -> [String] {
    while blocks.withLockedValue({ $0.count }) < count { await Task.yield() }
    return take()
  }
}

private func masked(_ text: String) -> String {
  text.replacing(/[0-9.]+(e[-+][0-9]+)? (us|ms|s|min|h)\b/) { _ in "TIME" }
    .replacing(/Value ID: [1-9a-f][0-9a-f]*/) { _ in "Value ID: ID" }.replacing(/Value\[id:[0-9a-f]+/) { _ in
      "Value[id:ID"
    }
}
