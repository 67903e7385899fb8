import OpenDHT

/// A real node behind the shell.
struct DHTBackend: NodeBackend {
  let dht: DHT

  var nodeID: NodeID { dht.nodeID }
  var identity: Identity? { dht.identity }
  func boundPorts() async -> BoundPorts { await dht.boundPorts }

  func get(_ key: InfoHash, where filters: [Query.Filter], found: @Sendable (Value) async -> Void) async -> GetOutcome {
    let values = dht.values(at: key, where: filters)
    for await value in values { await found(value) }
    return await values.outcome
  }

  func query(_ key: InfoHash, _ query: Query, found: @Sendable (FieldRecord) async -> Void) async -> GetOutcome {
    let records = dht.query(query, at: key)
    for await record in records { await found(record) }
    return await records.outcome
  }

  func listen(
    _ key: InfoHash, where filters: [Query.Filter], changed: @Sendable (ListenChange) async -> Void
  ) async -> Ending {
    let changes = dht.listen(to: key, where: filters)
    for await change in changes { await changed(change) }
    return await changes.ending
  }

  func put(_ value: Value, at key: InfoHash, isPermanent: Bool) async -> Result<PutReceipt, DHTError> {
    do {
      return .success(try await dht.put(value, at: key, permanent: isPermanent))
    } catch {
      return .failure(error)
    }
  }

  func putSigned(_ value: Value, at key: InfoHash) async -> Result<PutReceipt, DHTError> {
    do { return .success(try await dht.putSigned(value, at: key)) } catch { return .failure(error) }
  }

  func putEncrypted(_ value: Value, for recipient: Recipient, at key: InfoHash) async -> Result<PutReceipt, DHTError> {
    do { return .success(try await dht.putEncrypted(value, for: recipient, at: key)) } catch { return .failure(error) }
  }

  func cancelPut(_ id: Value.ID, at key: InfoHash) async -> Bool { await dht.cancelPut(id, at: key) }

  func bootstrap(to host: Host) async -> Bool {
    dht.bootstrap(to: host)
    return await !dht.resolve(host).isEmpty
  }

  func connectivityChanged() async { dht.connectivityChanged() }
  func ongoingOperations() async -> Int { await dht.ongoingOperations }
  func statistics(_ family: AddressFamily) async -> FamilyStatistics { await dht.statistics(family) }
  func storageStatistics() async -> StorageStatistics { await dht.storageStatistics }
  func routingTable(_ family: AddressFamily) async -> [BucketDescription] { await dht.routingTable(family) }
  func searches(at key: InfoHash?) async -> [SearchDescription] { await dht.searches(at: key) }
  func storage(at key: InfoHash?) async -> [StorageDescription] { await dht.storage(at: key) }
  func reportedAddresses(_ family: AddressFamily) async -> [IPAddress] { await dht.reportedAddresses(family) }
}
