public import DHTModel
internal import DHTWire

extension Value {
  /// The value signed, and encrypted so that only one key opens it. (crypto.md §5.1)
  ///
  /// What storing nodes see has the same id and priority, and nothing else: type 0, so ten minutes of life, no owner, no
  /// sequence number. Give each one a fresh random id.
  /// - Throws: `SecurityError.unsupportedKey` when `key` cannot sign or `recipient` cannot receive values;
  ///   `SecurityError.encryptedValue` for a value that is encrypted already.
  public func encrypted(
    for recipient: PublicKey, by key: PrivateKey, sequence: UInt16? = nil
  ) throws(SecurityError) -> Value {
    guard recipient.kind.receivesValues else { throw .unsupportedKey }
    var value = try signed(by: key, sequence: sequence, recipient: recipient.id)
    value.content = .encrypted(try recipient.encrypt(value.content.packed()))
    return value
  }

  /// The value opened: signed, with its owner and us as recipient, under the id of the encrypted one. (crypto.md §5.2)
  ///
  /// - Throws: `SecurityError.decryption` whatever the reason: not encrypted to this key, damaged, not for us, no owner, a
  ///   wrong signature. Drop such a value in silence; nothing that a stranger can see may tell the reasons apart.
  public func decrypted(by key: PrivateKey) throws(SecurityError) -> Value {
    guard let cypher else { throw .decryption }
    do throws(SecurityError) {
      let plain = try key.decrypt(cypher)
      guard let content = try? Content(unpacking: plain.span.bytes) else { throw .decryption }
      let value = try Value(id: id, content: content).normalized()
      guard value.signature?.recipient == key.publicKey.id, value.hasValidSignature else { throw .decryption }
      return value
    } catch { throw .decryption }
  }
}
