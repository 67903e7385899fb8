import DHTText
import OpenDHT

/// Identities as files: a certificate with its chain, and a private key. (tools.md §2.1)
enum IdentityFiles {
  /// Larger files hold no certificate and no key.
  private static let maximumBytes = 1 << 17

  /// Reads a certificate, with its chain.
  static func certificate(_ path: String) throws(IdentityFailure) -> Certificate {
    let bytes = try contents(of: path, "certificate")
    do throws(SecurityError) { return try Certificate(decoding: bytes) } catch {
      throw failure("certificate", path, error)
    }
  }

  /// Reads a private key. The password is asked for only if the key cannot be read without.
  static func privateKey(_ path: String, _ password: Password) throws(IdentityFailure) -> PrivateKey {
    let bytes = try contents(of: path, "private key")
    do throws(SecurityError) { return try PrivateKey(decoding: bytes) } catch .decryption {} catch {
      throw failure("private key", path, error)
    }
    guard let word = try password.find(for: path) else {
      throw IdentityFailure(description: "Error loading private key: \(terminalSafe(path)): a password is needed")
    }
    do throws(SecurityError) { return try PrivateKey(decoding: bytes, password: word) } catch {
      throw failure("private key", path, error)
    }
  }

  /// Reads both, each from its file.
  static func load(certificate: String, privateKey: String, _ password: Password) throws(IdentityFailure) -> Identity {
    let chain = try Self.certificate(certificate)
    let key = try Self.privateKey(privateKey, password)
    do throws(SecurityError) { return try Identity(certificate: chain, privateKey: key) } catch {
      throw IdentityFailure(description: "Error loading private key: \(terminalSafe(privateKey)): \(error)")
    }
  }

  /// Reads `path.crt` and `path.pem`.
  static func load(_ path: String, _ password: Password) throws(IdentityFailure) -> Identity {
    try load(certificate: path + ".crt", privateKey: path + ".pem", password)
  }

  /// Writes `path.crt` and `path.pem`; with an authority, its two files too. Nothing is written over: whoever
  /// loses a private key loses all that was signed with it or encrypted for it.
  static func save(
    _ identity: Identity, authority: Identity? = nil, to path: String, password: String?
  ) throws(IdentityFailure) {
    let all = [(identity, path)] + (authority.map { [($0, path + "_ca")] } ?? [])
    for (_, path) in all { try refuseIdentity(at: path) }
    for (identity, path) in all {
      do throws(SecurityError) { try identity.save(to: path, password: password) } catch {
        throw IdentityFailure(
          description: "Cannot write the identity '\(terminalSafe(path))': \(error.text)", status: .cannotWrite)
      }
    }
  }

  /// Refuses a place where files of an identity stand; before a key is made, which takes long.
  static func refuseIdentity(at path: String) throws(IdentityFailure) {
    for file in [path + ".pem", path + ".crt"] where Descriptor.isTaken(file) {
      throw IdentityFailure(
        description: "'\(terminalSafe(file))' is there already, and no identity is written over", status: .cannotWrite)
    }
  }

  /// The file that a person means: as named, or else with the ending of a certificate.
  static func place(_ path: String) -> String {
    for place in [path, path + ".crt"] {
      if case .success(let file) = Descriptor.reading(place) {
        file.close()
        return place
      }
    }
    return path
  }

  static func contents(of path: String, _ what: String) throws(IdentityFailure) -> [UInt8] {
    let file: Descriptor
    switch Descriptor.reading(path) {
    case .success(let opened): file = opened
    case .failure(let reason):
      throw IdentityFailure(description: "Error loading \(what): \(terminalSafe(path)): \(reason)")
    }
    defer { file.close() }
    guard let bytes = file.readAll(limit: maximumBytes) else {
      throw IdentityFailure(description: "Error loading \(what): \(terminalSafe(path)): \(SystemReason.last)")
    }
    return bytes
  }

  private static func failure(_ what: String, _ path: String, _ error: SecurityError) -> IdentityFailure {
    IdentityFailure(description: "Error loading \(what): \(terminalSafe(path)): \(error.text)")
  }
}

extension SecurityError {
  /// The reason for people, without the name of the file.
  var text: String {
    switch self {
    case .decryption: "wrong password, or a damaged file"
    case .file(_, let code): SystemReason(code: code).description
    default: description
    }
  }
}
