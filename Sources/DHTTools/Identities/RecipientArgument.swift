import DHTText
import OpenDHT

/// Whom to encrypt for, as a person writes it: an id of 40 digits, a long id of 64, or a file with a certificate or a
/// public key, as PEM or DER.
enum RecipientArgument {
  /// Reads it; a file's name may lack its ending `.crt`.
  static func read(_ text: String) throws(IdentityFailure) -> Recipient {
    if let recipient = Recipient(hex: text), recipient.id != .zero { return recipient }
    return .key(try publicKey(text))
  }

  /// The public key of a certificate, or one alone.
  static func publicKey(_ path: String) throws(IdentityFailure) -> PublicKey {
    let bytes = try IdentityFiles.contents(of: IdentityFiles.place(path), "certificate or public key")
    if let certificate = try? Certificate(decoding: bytes) { return certificate.publicKey }
    if let key = try? PublicKey(decoding: bytes) { return key }
    throw IdentityFailure(
      description: "Error loading certificate or public key: \(terminalSafe(path)): neither stands in the file")
  }
}
