internal import DHTSecurity
internal import NIOSSL
internal import OpenDHT

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

extension ProxyConfiguration {
  /// Whom to trust, and who we are. (proxy.md §11.2)
  func tls() throws(DHTError) -> TLSConfiguration {
    var tls = TLSConfiguration.makeClientConfiguration()
    guard url.isSecure else { return tls }
    do {
      tls.trustRoots = try trustRoots()
      if let identity {
        let chain = try NIOSSLCertificate.fromPEMBytes(Array(identity.certificate.pemRepresentation.utf8))
        let key = try NIOSSLPrivateKey(
          bytes: Array(identity.privateKey.pemRepresentation(password: nil).utf8), format: .pem)
        tls.certificateChain = chain.map { .certificate($0) }
        tls.privateKey = .privateKey(key)
      }
      // Read now, so that what is wrong is told when the node starts.
      _ = try NIOSSLContext(configuration: tls)
      return tls
    } catch {
      throw .cannotUseProxy("\(error)")
    }
  }

  private func trustRoots() throws -> NIOSSLTrustRoots {
    switch trust {
    case .file(let path): .certificates(try NIOSSLCertificate.fromPEMFile(path))
    case .certificates(let pem): .certificates(try NIOSSLCertificate.fromPEMBytes(pem))
    case .standard:
      if let path = Self.environment("CA_ROOT_FILE") ?? Self.environment("CA_ROOT_PATH") {
        .file(path)
      } else {
        .default
      }
    }
  }

  private static func environment(_ name: String) -> String? {
    guard let text = getenv(name), text[0] != 0 else { return nil }
    return String(cString: text)
  }
}
