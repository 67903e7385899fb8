internal import DHTSecurity
internal import NIOSSL

extension ProxyServer.Secure {
  /// The setting of TLS: 1.2 and 1.3, since old clients with old TLS exist, and HTTP/2 for those who ask.
  func context() throws(ProxyServerError) -> NIOSSLContext {
    do {
      let chain = try NIOSSLCertificate.fromPEMBytes(certificates).map { NIOSSLCertificateSource.certificate($0) }
      guard !chain.isEmpty else { throw ProxyServerError.badCertificate("no certificate") }
      var tls = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(try key()))
      tls.minimumTLSVersion = .tlsv12
      tls.applicationProtocols = ["h2", "http/1.1"]
      if let clientAuthorities {
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(clientAuthorities))
        tls.certificateVerification =
          requiresClientCertificate ? .noHostnameVerification : .optionalVerification
      }
      return try NIOSSLContext(configuration: tls)
    } catch let error as ProxyServerError {
      throw error
    } catch {
      throw .badCertificate("\(error)")
    }
  }

  private func key() throws -> NIOSSLPrivateKey {
    guard let password else { return try NIOSSLPrivateKey(bytes: privateKey, format: .pem) }
    // Our reader knows ciphers of newer files, that of TLS kinds of keys that no node has.
    let text = String(decoding: privateKey, as: UTF8.self)
    if let key = try? PrivateKey(pemRepresentation: text, password: password) {
      return try NIOSSLPrivateKey(bytes: Array(key.pemRepresentation().utf8), format: .pem)
    }
    return try NIOSSLPrivateKey(bytes: privateKey, format: .pem) { $0(Array(password.utf8)) }
  }
}
