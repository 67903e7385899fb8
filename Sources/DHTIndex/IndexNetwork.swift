package import DHTModel
package import OpenDHT

/// What an index asks of the network below it. A `DHT` is one; tests have others.
package protocol IndexNetwork: Sendable {
  /// The date.
  var now: WallTime { get }
  /// Gives each value of a key.
  func read(_ key: InfoHash, _ take: (Value) -> Void) async throws(DHTError)
  /// Stores a value, made at that date, nil for now.
  func write(_ value: Value, at key: InfoHash, created: WallTime?) async throws(DHTError)
  /// Whether a value with this user type that passes the test shows up at a key within the time. False before the time is
  /// over when the network is gone.
  func waitForValue(
    at key: InfoHash, ofType userType: [UInt8], for time: Duration, where test: @escaping @Sendable (Value) -> Bool
  ) async -> Bool
}

extension DHT: IndexNetwork {
  package var now: WallTime { WallTime.now }

  package func read(_ key: InfoHash, _ take: (Value) -> Void) async throws(DHTError) {
    _ = try await forEachValue(at: key) { value, _ in take(value) }
  }

  package func write(_ value: Value, at key: InfoHash, created: WallTime?) async throws(DHTError) {
    try await put(value, at: key, created: created)
  }

  package func waitForValue(
    at key: InfoHash, ofType userType: [UInt8], for time: Duration, where test: @escaping @Sendable (Value) -> Bool
  ) async -> Bool {
    for await change in listen(to: key, where: [.userType(userType)], deadline: time) {
      switch change {
      case .added(let value), .updated(let value): if test(value) { return true }
      case .expired: break
      }
    }
    return false
  }
}
