internal import DHTCore
public import DHTModel
public import DHTSecurity
internal import DHTTransport
internal import NIOConcurrencyHelpers

extension DHT {
  /// Who this node is; nil without an identity.
  public var identity: Identity? { configuration.identity }

  /// Signs a value with the node's identity and stores it as `put` does.
  ///
  ///     try await dht.putSigned(Value("meet at noon", id: 7), at: room)
  ///     try await dht.putSigned(Value("meet at one", id: 7), at: room)      // replaces the first
  ///
  /// Nodes let only its owner replace a signed value, with a higher sequence number. For a value with an id of its own,
  /// that number is one more than the highest found on the network or among our own puts; that costs a get, which takes
  /// at most half of the time until the deadline. An id of 0 is replaced by a random one, and nothing is looked up.
  ///
  /// Throws, beside what `put` throws: `.noIdentity`; `.security(.unsupportedKey)` for a key that is not RSA, whose
  /// signature no peer would accept; `.security(.encryptedValue)` for a value that is encrypted; `.sequenceExhausted` when the value has been edited 65535 times.
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

  /// One more than the highest sequence number of ours under the value's id, given to nobody else.
  private func nextSequence(of value: Value, at key: InfoHash, _ budget: Budget) async throws(DHTError) -> UInt16 {
    // As we keep it alive, or as it is found out; the network may have forgotten.
    let found = try await editions(of: value.id, at: key, deadline: budget.half())
    let highest = await highestOfOurs(await announcedValues(at: key) + found, id: value.id)
    guard highest.map({ $0 < .max }) ?? true else { throw .sequenceExhausted }
    let lowest = highest.map { max(value.sequence, $0 + 1) } ?? value.sequence
    let name = IssuedSequences.Name(key: key, id: value.id)
    return try issued.withLockedValue { issued in
      Result { () throws(DHTError) in try issued.issue(name, atLeast: lowest) }
    }.get()
  }

  /// What the network has under an id. That nobody could be asked, or not in time, is no reason not to put.
  /// (crypto.md §4.5)
  private func editions(
    of id: Value.ID, at key: InfoHash, deadline: Duration?
  ) async throws(DHTError) -> [Value] {
    do throws(DHTError) {
      return try await get(key, where: [.id(id)], deadline: deadline).values
    } catch {
      switch error {
      case .cancelled, .notRunning, .invalid: throw error
      default: return []
      }
    }
  }

  /// The highest number under which we signed; anybody can write our key and a number beside a bad signature.
  private func highestOfOurs(_ values: [Value], id: Value.ID) async -> UInt16? {
    guard let owner = identity?.privateKey.publicKey else { return nil }
    let candidates = values.filter { $0.id == id && $0.signature != nil }
    guard !candidates.isEmpty else { return nil }
    return await WorkThreads.application.value {
      // The highest first: one signature is verified, unless there are forged ones.
      candidates.sorted { $0.sequence > $1.sequence }.first { $0.ownerKey == owner && $0.hasValidSignature }?.sequence
    }
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

  /// Half of what is left, for a first step that the second one can do without; nil for no limit.
  func half() throws(DHTError) -> Duration? { try rest().map { $0 / 2 } }

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
