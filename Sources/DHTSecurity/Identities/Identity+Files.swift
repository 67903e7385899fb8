extension Identity {
  /// Writes `path.pem`, the private key, and `path.crt`, the whole chain. (crypto.md §6.3)
  ///
  /// The key file can be read by its owner alone from its first byte on. Each file is written beside its place, synced
  /// and moved there: a crash leaves the old one or the new one.
  /// - Parameter password: Encrypts the key. 2.4.12 cannot load such a file.
  /// - Throws: `SecurityError.file`.
  public func save(to path: String, password: String? = nil) throws(SecurityError) {
    try SecureFile.write(Array(privateKey.pemRepresentation(password: password).utf8), to: path + ".pem", mode: 0o600)
    try SecureFile.write(Array(certificate.pemRepresentation.utf8), to: path + ".crt", mode: 0o644)
  }

  /// Reads what `save` or a peer's tool wrote: `path.pem` and `path.crt`, with the whole chain.
  /// - Throws: as `load(certificate:privateKey:password:)`.
  public static func load(path: String, password: String? = nil) throws(SecurityError) -> Identity {
    try load(certificate: path + ".crt", privateKey: path + ".pem", password: password)
  }

  /// Reads a certificate with its chain, and a private key, each from its own file.
  /// - Throws: `SecurityError.file` for a file that cannot be read; `SecurityError.decryption` for a wrong or missing
  ///   password; `SecurityError.malformed`; `SecurityError.keyMismatch`.
  public static func load(
    certificate: String, privateKey: String, password: String? = nil
  ) throws(SecurityError) -> Identity {
    let limit = CertificateLimits.inputByteCount
    let key = try PrivateKey(decoding: SecureFile.read(privateKey, limit: limit), password: password)
    return try Identity(certificate: Certificate(decoding: SecureFile.read(certificate, limit: limit)), privateKey: key)
  }
}
