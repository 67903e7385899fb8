internal import DHTModel
package import OpenDHT

/// What registrations ask of the node. All of it stands here, so that tests can be the network.
package struct RegistrationNetwork: Sendable {
  /// Puts a value, and keeps it alive until `cancel`.
  var put: @Sendable (Value, InfoHash) async throws(DHTError) -> Void
  /// Stops keeping a value alive.
  var cancel: @Sendable (Value.ID, InfoHash) async -> Void
  /// Tells of the changes of a key until its task is cancelled, or the listen ends.
  var listen: @Sendable (InfoHash, _ handle: @Sendable (ListenChange) async -> Void) async -> Void
  /// Finds the addresses of a name.
  var resolve: @Sendable (_ host: String, _ port: UInt16) async -> [SocketAddress]
  /// The addresses by which other nodes know this one.
  var reported: @Sendable () async -> [IPAddress] = { [] }
}

extension RegistrationNetwork {
  /// The network that a node is in.
  package init(_ dht: DHT) {
    put = { value, key throws(DHTError) in _ = try await dht.put(value, at: key, permanent: true) }
    cancel = { id, key in await dht.cancelPut(id, at: key) }
    listen = { key, handle in
      // Verified, and never opened: what is pushed is read by the client. (proxy.md §11.4)
      for await change in dht.forwardedChanges(of: key) { await handle(change) }
    }
    reported = { await dht.reportedAddresses(.ipv4) + dht.reportedAddresses(.ipv6) }
    resolve = { host, port in await dht.resolve(Host(name: host, port: port)) }
  }
}
