package import NIOCore
package import NIOHTTP1
package import NIOSSL

/// A request, without its body.
package struct ProxyRequest: Sendable {
  /// What it asks for.
  package var route: Route
  /// The target as it was sent, query included.
  package var target: String
  /// Fields of its head.
  package var headers: HTTPHeaders
  /// Whom it comes from.
  package var address: SocketAddress?
  /// The certificate that the client showed; it was verified.
  package var certificate: NIOSSLCertificate?

  /// What follows the first `?`; nil without one.
  package var query: Substring? {
    target.firstIndex(of: "?").map { target[target.index(after: $0)...] }
  }

  /// The first field of a name, in whatever case.
  package func field(_ name: String) -> String? { headers.first(name: name) }
}
