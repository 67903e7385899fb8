extension DHT {
  /// A key of a node, with what can be done there: a map of many values to each key.
  ///
  ///     let room = dht["room"]
  ///     try await room.put(Value("hello"))
  ///     for value in try await room.get().values { print(value) }
  ///     for await change in room.listen() { … }
  public struct Key: Sendable {
    /// The node that is asked.
    public let dht: DHT
    /// The key.
    public let hash: InfoHash

    /// Stores a value here. See `DHT.put`.
    @discardableResult
    public func put(
      _ value: Value, permanent: Bool = false, verify: Bool = false, deadline: Duration? = nil
    ) async throws(DHTError) -> PutReceipt {
      try await dht.put(value, at: hash, permanent: permanent, verify: verify, deadline: deadline)
    }
    /// Stops keeping a value alive here. See `DHT.cancelPut`.
    @discardableResult
    public func cancelPut(_ id: Value.ID) async -> Bool { await dht.cancelPut(id, at: hash) }
    /// Fetches the values, each as soon as a node gives it. See `DHT.values`.
    public func values(where filters: [Query.Filter] = [], deadline: Duration? = nil) -> Values {
      dht.values(at: hash, where: filters, deadline: deadline)
    }
    /// Fetches all values. See `DHT.get`.
    public func get(where filters: [Query.Filter] = [], deadline: Duration? = nil) async throws(DHTError) -> GetResult {
      try await dht.get(hash, where: filters, deadline: deadline)
    }
    /// Fetches the first value that any node gives. See `DHT.value`.
    public func value(where filters: [Query.Filter] = [], deadline: Duration? = nil) async throws(DHTError) -> Value? {
      try await dht.value(at: hash, where: filters, deadline: deadline)
    }
    /// Tells of every change here. See `DHT.listen`.
    public func listen(where filters: [Query.Filter] = [], deadline: Duration? = nil) -> Changes {
      dht.listen(to: hash, where: filters, deadline: deadline)
    }
  }

  /// The key that a text names: its SHA-1.
  public subscript(text: String) -> Key { Key(dht: self, hash: InfoHash(hashing: text)) }
  /// A key.
  public subscript(hash: InfoHash) -> Key { Key(dht: self, hash: hash) }
}
