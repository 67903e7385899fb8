internal import DHTModel
internal import NIOCore
internal import OpenDHT
internal import Synchronization

/// The node behind the server, with values as they are to be passed on: verified if they are signed, and never opened for
/// clients. (proxy.md §11.4)
final class ProxyNode: Sendable {
  /// How long a good node is taken for known without asking again: a turn of the node's loop less for each request.
  private static let trust = TimeAmount.milliseconds(100)

  let dht: DHT
  /// Until when, in the clock of event loops. Zero while no good node is known.
  private let trustedUntil = Atomic<UInt64>(0)

  init(dht: DHT) { self.dht = dht }

  /// The values of a key, as they come.
  func values(at key: InfoHash, deadline: Duration) -> DHT.Values { dht.forwardedValues(at: key, deadline: deadline) }

  /// The changes of a key.
  func listen(to key: InfoHash) -> DHT.Changes { dht.forwardedChanges(of: key) }

  /// Whether a good node is known.
  var isConnected: Bool {
    get async {
      let now = NIODeadline.now()
      if now.uptimeNanoseconds < trustedUntil.load(ordering: .relaxed) { return true }
      let isConnected = await dht.status.best == .connected
      trustedUntil.store(isConnected ? (now + Self.trust).uptimeNanoseconds : 0, ordering: .relaxed)
      return isConnected
    }
  }
}
