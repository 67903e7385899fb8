internal import NIOCore
internal import NIOSSL

extension Channel {
  /// The address of the client; of HTTP/2, that of the connection.
  var peerAddress: NIOCore.SocketAddress? { remoteAddress ?? parent?.remoteAddress }

  /// The same as clients are told it: without port, IPv4 as `::ffff:a.b.c.d` where the socket takes both. (proxy.md §1.1)
  var peerAddressText: String { peerAddress?.ipAddress ?? "" }

  /// The certificate that the client showed.
  var peerCertificate: NIOSSLCertificate? {
    let connection = parent.flatMap { $0.parent == nil ? nil : $0 } ?? self
    return (try? connection.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self))?.peerCertificate
  }

  /// Closes without waiting for the client to agree, as TLS does for seconds.
  func closeAtOnce() {
    if let tls = try? pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) {
      tls.close(promise: nil)
    } else {
      close(promise: nil)
    }
  }
}
