internal import DHTCore
public import DHTModel
public import DHTSecurity
internal import DHTTransport

extension DHT {
  /// Who this node is; nil without an identity.
  public var identity: Identity? { configuration.identity }

  /// Signs a value with the node's identity and stores it as `put` does.
  ///
  ///     try await dht.putSigned(Value("meet at noon", id: 7), at: room)
  ///     try await dht.putSigned(Value("meet at one", id: 7), at: room)      // replaces the first
  ///
  /// Nodes let only its owner replace a signed value, with a higher sequence number. For a value with an id of its own,
  /// that number is one more than the highest found on the network or among our own puts; that costs a get. An id of 0
  /// is replaced by a random one, and nothing has to be looked up.
  ///
  /// Throws, beside what `put` throws: `.noIdentity`; `.security(.unsupportedKey)` for a key that is not RSA, whose
  /// signature no peer would accept; `.sequenceExhausted` when the value has been edited 65535 times.
  @discardableResult
  public func putSigned(
    _ value: Value, at key: InfoHash, permanent: Bool = false, verify: Bool = false, deadline: Duration? = nil
  ) async throws(DHTError) -> PutReceipt {
    let identity = try signer()
    let budget = Budget(deadline)
    var value = value
    var sequence: UInt16 = value.sequence
    if value.id == 0 {
      value.id = .random(in: 1 ... .max)
    } else {
      sequence = try await nextSequence(of: value, at: key, budget)
    }
    let signed = try await sign(value, by: identity, sequence)
    var receipt = try await put(signed, at: key, permanent: permanent, verify: verify, deadline: budget.rest())
    receipt.sequence = sequence
    return receipt
  }

  /// Signs a value, encrypts it so that only one recipient opens it, and stores it as `put` does.
  ///
  ///     try await dht.putEncrypted(Value("the code is 42"), for: .id(friend), at: inbox)
  ///
  /// On the network nothing of it can be seen but its id; it lives for ten minutes. Unless you must choose the id, leave
  /// it 0. The recipient's key is looked up if only an id is given; it is remembered.
  ///
  /// Throws, beside what `putSigned` throws: `.recipientUnknown` when no certificate with such an id was found;
  /// `.security(.unsupportedKey)` when the recipient's key cannot receive values.
  @discardableResult
  public func putEncrypted(
    _ value: Value, for recipient: Recipient, at key: InfoHash, permanent: Bool = false, verify: Bool = false,
    deadline: Duration? = nil
  ) async throws(DHTError) -> PutReceipt {
    let identity = try signer()
    let budget = Budget(deadline)
    var value = value
    if value.id == 0 { value.id = .random(in: 1 ... .max) }
    let recipientKey = try await publicKey(of: recipient, deadline: budget.rest())
    let encrypted = try await encrypt(value, for: recipientKey, by: identity)
    return try await put(encrypted, at: key, permanent: permanent, verify: verify, deadline: budget.rest())
  }

  /// Finds a public key: our own, one seen before, or that of a certificate on the network.
  ///
  /// Throws `.recipientUnknown` when there is none, and what `get` throws.
  public func publicKey(of recipient: Recipient, deadline: Duration? = nil) async throws(DHTError) -> PublicKey {
    if let key = recipient.key ?? knownKey(of: recipient) { return key }
    return try await certificate(of: recipient, deadline: deadline).publicKey
  }

  /// Finds a certificate: our own, one registered or looked up before, or one on the network.
  ///
  /// Whoever owns the key can publish a certificate with any name and any issuer: only the key in it is certain. Verify
  /// the chain with a `TrustList` before believing the rest. Throws `.recipientUnknown` when there is none, and what
  /// `get` throws.
  public func certificate(of recipient: Recipient, deadline: Duration? = nil) async throws(DHTError) -> Certificate {
    if let own = identity?.certificate, recipient.isOwner(of: own.publicKey) { return own }
    let known = recipient.longID.flatMap { keys.certificate($0) } ?? recipient.id.flatMap { keys.certificate($0) }
    if let known, recipient.isOwner(of: known.publicKey) { return known }
    let budget = Budget(deadline)
    var failure: DHTError?
    for place in recipient.certificateKeys {
      let found = values(at: place, where: [.valueType(Certificate.valueType)], deadline: try budget.rest())
      for await value in found {
        guard let certificate = await Self.read(value), recipient.isOwner(of: certificate.publicKey) else { continue }
        keys.insert(certificate)
        return certificate
      }
      do throws(DHTError) {
        _ = try await found.handle.operation.getOutcome(unlessFound: false)
      } catch {
        failure = error
      }
    }
    throw failure ?? .recipientUnknown(recipient)
  }

  /// Makes a certificate known, as if it had been looked up.
  public func register(_ certificate: Certificate) { keys.insert(certificate) }
}

extension DHT {
  private func signer() throws(DHTError) -> Identity {
    guard let identity else { throw .noIdentity }
    guard identity.privateKey.kind.signsValues else { throw .security(.unsupportedKey) }
    return identity
  }

  private func knownKey(of recipient: Recipient) -> PublicKey? {
    if let own = identity?.privateKey.publicKey, recipient.isOwner(of: own) { return own }
    let known = recipient.longID.flatMap { keys.key($0) } ?? recipient.id.flatMap { keys.key($0) }
    return known.flatMap { recipient.isOwner(of: $0) ? $0 : nil }
  }

  /// One more than the highest sequence number of ours under the value's id.
  private func nextSequence(of value: Value, at key: InfoHash, _ budget: Budget) async throws(DHTError) -> UInt16 {
    let owner = identity?.privateKey.publicKey.derRepresentation
    // As it is found out, or as we keep it alive; the network may have forgotten.
    var known = await announcedValues(at: key)
    known += try await get(key, where: [.id(value.id)], deadline: budget.rest()).values
    let highest = known.filter { $0.id == value.id && $0.signature?.owner == owner }.map(\.sequence).max()
    guard let highest else { return value.sequence }
    guard highest < .max else { throw .sequenceExhausted }
    return max(value.sequence, highest + 1)
  }

  // Making signatures takes milliseconds: never on a thread that serves the network, nor on the pool of async tasks.

  private func sign(_ value: Value, by identity: Identity, _ sequence: UInt16) async throws(DHTError) -> Value {
    let result = await WorkThreads.application.value { () -> Result<Value, SecurityError> in
      Result { () throws(SecurityError) in try value.signed(by: identity.privateKey, sequence: sequence) }
    }
    return try result.mapError { DHTError.security($0) }.get()
  }

  private func encrypt(_ value: Value, for key: PublicKey, by identity: Identity) async throws(DHTError) -> Value {
    let result = await WorkThreads.application.value { () -> Result<Value, SecurityError> in
      Result { () throws(SecurityError) in try value.encrypted(for: key, by: identity.privateKey) }
    }
    return try result.mapError { DHTError.security($0) }.get()
  }

  private static func read(_ value: Value) async -> Certificate? {
    await WorkThreads.application.value { try? Certificate(valueData: value.data) }
  }
}

/// What is left of the time that a caller gave to several operations in a row.
private struct Budget {
  private let end: ContinuousClock.Instant?

  init(_ duration: Duration?) { end = duration.map { ContinuousClock.now + $0 } }

  /// The rest; nil for no limit. Throws `.timedOut` when nothing is left.
  func rest() throws(DHTError) -> Duration? {
    guard let end else { return nil }
    let rest = end - ContinuousClock.now
    guard rest > .zero else { throw .timedOut }
    return rest
  }
}

extension Value {
  /// Who signed it; nil for a value that nobody signed, or one still encrypted. A delivered value's signature was verified.
  public var signer: PublicKey? { ownerKey }
  /// Id of who signed it.
  public var signerID: InfoHash? { signature.map { publicKeyID($0.owner) } }
  /// Whether it came encrypted for us.
  public var wasEncrypted: Bool { signature?.recipient != nil }
}
