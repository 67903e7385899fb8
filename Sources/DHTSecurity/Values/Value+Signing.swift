public import DHTModel
internal import DHTWire

extension Value {
  /// The value signed: owner set to the key's public half, the packed body signed. (crypto.md §4.1)
  ///
  /// - Parameters:
  ///   - sequence: Number of this edition; by default the one it has, 0 for a plain value. Nodes replace a value only by
  ///     one with a higher number, so a value that has reached 65535 can never be changed again.
  ///   - recipient: Id of the key it will be encrypted to; nil or zero for none.
  /// - Throws: `SecurityError.unsupportedKey` unless the key is RSA: no peer accepts another signature.
  ///   `SecurityError.encryptedValue` for a value that is encrypted.
  public func signed(
    by key: PrivateKey, sequence: UInt16? = nil, recipient: InfoHash? = nil
  ) throws(SecurityError) -> Value {
    guard let body else { throw .encryptedValue }
    guard key.kind.signsValues else { throw .unsupportedKey }
    var signature = Signature(
      owner: key.publicKey.derRepresentation, sequence: sequence ?? self.sequence,
      recipient: recipient == .zero ? nil : recipient, signature: [])
    var value = self
    value.content = .signed(body, signature)
    signature.signature = try key.sign(value.signedBytes)
    value.content = .signed(body, signature)
    return value
  }

  /// The sequence number of an edition that replaces one with another number. (crypto.md §4.5)
  /// - Throws: `SecurityError.sequenceExhausted` after 65535: peers wrap to 0 there, and nodes refuse that for good.
  public static func sequence(after held: UInt16) throws(SecurityError) -> UInt16 {
    guard held < .max else { throw .sequenceExhausted }
    return held + 1
  }

  /// Whether the value is signed, and rightly so.
  ///
  /// The body is packed anew and the signature checked over that, never over the bytes received. (crypto.md §4.2)
  /// Takes about 0.1 ms: keep it off threads that serve the network.
  public var hasValidSignature: Bool {
    guard let (value, key) = try? normalizedWithOwner(), let key, let signature = value.signature else { return false }
    return key.isValid(signature: signature.signature, for: value.signedBytes)
  }

  /// The owner's key of a signed value; nil when it is not signed, or its owner is no key.
  public var ownerKey: PublicKey? {
    signature.flatMap { try? PublicKey(decoding: $0.owner) }
  }

  /// The value as nodes store it and pass it on: the owner as canonical DER, no recipient of zeros.
  ///
  /// - Throws: `SecurityError.malformed(.publicKey)` for an owner that is no key, `SecurityError.badSignature` for an owner
  ///   without signature. Such a value is invalid and is dropped, alone. (crypto.md §4.2, §4.3)
  public func normalized() throws(SecurityError) -> Value {
    try normalizedWithOwner().value
  }

  private func normalizedWithOwner() throws(SecurityError) -> (value: Value, owner: PublicKey?) {
    guard case .signed(let body, var signature) = content else { return (self, nil) }
    guard !signature.signature.isEmpty else { throw .badSignature }
    let owner = try PublicKey(decoding: signature.owner)
    signature.owner = owner.derRepresentation
    if signature.recipient == .zero { signature.recipient = nil }
    var value = self
    value.content = .signed(body, signature)
    return (value, owner)
  }
}
