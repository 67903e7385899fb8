import OpenDHT

/// What the shell needs of a node. In front of the façade, so that the shell is tested without sockets.
protocol NodeBackend: Sendable {
  var nodeID: NodeID { get }
  /// Who the node signs as; nil without an identity.
  var identity: Identity? { get }
  func boundPorts() async -> BoundPorts

  /// Fetches values; `found` is called for each, in order. Returns when the get is over.
  func get(_ key: InfoHash, where filters: [Query.Filter], found: @Sendable (Value) async -> Void) async -> GetOutcome
  func query(_ key: InfoHash, _ query: Query, found: @Sendable (FieldRecord) async -> Void) async -> GetOutcome
  /// Tells of changes until the calling task is cancelled, or the node stops.
  func listen(_ key: InfoHash, where filters: [Query.Filter], changed: @Sendable (ListenChange) async -> Void) async
    -> Ending
  func put(_ value: Value, at key: InfoHash, isPermanent: Bool) async -> Result<PutReceipt, DHTError>
  func putSigned(_ value: Value, at key: InfoHash) async -> Result<PutReceipt, DHTError>
  func putEncrypted(_ value: Value, for recipient: Recipient, at key: InfoHash) async -> Result<PutReceipt, DHTError>
  func cancelPut(_ id: Value.ID, at key: InfoHash) async -> Bool

  /// Adds an entry point. Returns whether it has an address.
  func bootstrap(to host: Host) async -> Bool
  func connectivityChanged() async

  func ongoingOperations() async -> Int
  func statistics(_ family: AddressFamily) async -> FamilyStatistics
  func storageStatistics() async -> StorageStatistics
  func routingTable(_ family: AddressFamily) async -> [BucketDescription]
  func searches(at key: InfoHash?) async -> [SearchDescription]
  func storage(at key: InfoHash?) async -> [StorageDescription]
  func reportedAddresses(_ family: AddressFamily) async -> [IPAddress]
}
