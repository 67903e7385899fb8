extension Identity {
  /// Writes `path.pem`, the private key, and `path.crt`, the whole chain. (crypto.md §6.3)
  ///
  /// The key file can be read by its owner alone from its first byte on. Both files are written beside their places and
  /// synced before the first of them is moved there: a full disk leaves the old identity whole. A crash between the two
  /// moves leaves the new certificate beside the old key, which `load` refuses; the key is moved last, so as not to be lost.
  ///
  /// - Parameters:
  ///   - password: Encrypts the key. 2.4.12 cannot load such a file.
  ///   - overwrite: Whether to replace a key file that holds another key, or cannot be read; that key is gone then.
  /// - Throws: `SecurityError.file`; its code is `EEXIST` where `overwrite` would be needed.
  public func save(to path: String, password: String? = nil, overwrite: Bool = false) throws(SecurityError) {
    let keyPath = path + ".pem"
    if !overwrite, SecureFile.exists(keyPath), !isKey(in: keyPath, password: password) {
      throw .file(path: keyPath, code: SecureFile.alreadyThere)
    }
    try SecureFile.write([
      SecureFile.Content(bytes: Array(certificate.pemRepresentation.utf8), path: path + ".crt", mode: 0o644),
      SecureFile.Content(
        bytes: Array(privateKey.pemRepresentation(password: password).utf8), path: keyPath, mode: 0o600),
    ])
  }

  private func isKey(in path: String, password: String?) -> Bool {
    guard let bytes = try? SecureFile.read(path, limit: CertificateLimits.inputByteCount),
      let key = try? PrivateKey(decoding: bytes, password: password)
    else { return false }
    return key.publicKey == privateKey.publicKey
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
