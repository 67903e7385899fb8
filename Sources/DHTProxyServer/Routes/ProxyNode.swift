internal import DHTModel
internal import OpenDHT

/// The node behind the server, with values as they are to be passed on: verified if they are signed, and never opened for
/// clients. (proxy.md §11.4)
struct ProxyNode: Sendable {
  let dht: DHT

  /// The values of a key, as they come.
  func values(at key: InfoHash, deadline: Duration) -> DHT.Values { dht.forwardedValues(at: key, deadline: deadline) }

  /// The changes of a key.
  func listen(to key: InfoHash) -> DHT.Changes { dht.forwardedChanges(of: key) }

  /// Whether a good node is known.
  var isConnected: Bool {
    get async { await dht.status.best == .connected }
  }
}
