/// What can go wrong with keys, certificates and ciphers.
public enum SecurityError: Error, Hashable, Sendable {
  /// Bytes that are no key, certificate, request or list; says which part was not understood.
  case malformed(Part)
  /// Wrong key or password, none where one is needed, or a changed cypher. Deliberately says no more: who can tell bad
  /// padding from a bad tag can open other people's messages.
  case decryption
  /// A key of this kind cannot do what was asked: only RSA keys sign and receive values.
  case unsupportedKey
  /// Bits of a key to generate, or bytes of a symmetric key, that are not possible.
  case keySize(Int)
  /// More bytes than can be signed, encrypted or packed.
  case tooLarge
  /// An empty message cannot be opened again in this form.
  case emptyMessage
  /// A salt of fewer than 8 bytes.
  case saltTooShort
  /// A value that is already encrypted cannot be signed.
  case encryptedValue
  /// A value whose sequence number is 65535: peers replace it by no other, ever.
  case sequenceExhausted
  /// An issuer whose certificate does not allow it to issue.
  case notAuthority
  /// A certificate needs a name.
  case emptyName
  /// Certificate and private key do not belong together.
  case keyMismatch
  /// A signature that does not verify, where one was asked for.
  case badSignature
  /// A file that could not be read or written, with the system's `errno`.
  case file(path: String, code: Int32)
  /// The crypto library failed for a reason of its own.
  case library(String)

  /// Part of an input that was not understood.
  public enum Part: String, Hashable, Sendable {
    /// The frame: DER or PEM.
    case structure
    /// A public key.
    case publicKey
    /// A private key.
    case privateKey
    /// A certificate.
    case certificate
    /// The order of a chain.
    case chain
    /// A subject or issuer.
    case name
    /// A date.
    case date
    /// A request for a certificate.
    case request
    /// A list of revoked certificates.
    case revocationList
    /// An answer about a certificate.
    case ocsp
  }
}

extension SecurityError: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch self {
    case .malformed(let part): "not understood: \(part.rawValue)"
    case .decryption: "wrong key or password, or damaged data"
    case .unsupportedKey: "this kind of key cannot do that"
    case .keySize(let size): "not a possible key size: \(size)"
    case .tooLarge: "too much data"
    case .emptyMessage: "nothing to encrypt"
    case .saltTooShort: "a salt has at least 8 bytes"
    case .encryptedValue: "an encrypted value cannot be signed"
    case .sequenceExhausted: "the value has been changed 65535 times and cannot be changed again"
    case .notAuthority: "the issuer's certificate is not that of an authority"
    case .emptyName: "a certificate needs a name"
    case .keyMismatch: "certificate and private key do not belong together"
    case .badSignature: "the signature is wrong"
    case .file(let path, let code): "\(path): error \(code)"
    case .library(let text): "crypto library: \(text)"
    }
  }
}
