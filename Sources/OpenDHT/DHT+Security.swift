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
  /// signature no peer would accept; `.security(.encryptedValue)` for a value that is encrypted; `.sequenceExhausted`
  /// when the value has been edited 65535 times.
  @discardableResult
  public func putSigned(
    _ value: Value, at key: InfoHash, permanent: Bool = false, verify: Bool = false, deadline: Duration? = nil
  ) async throws(DHTError) -> PutReceipt {
    try await putSigned(
      PutRequest(value: value, key: key, isPermanent: permanent, verify: verify, deadline: deadline))
  }

  /// The same for a request, whose id the caller may have drawn already.
  package func putSigned(_ request: PutRequest) async throws(DHTError) -> PutReceipt {
    let identity = try signer()
    let budget = Budget(request.deadline)
    return try await inSteps { () throws(DHTError) in
      var request = request
      var sequence = request.value.sequence
      if request.value.id == 0 {
        request.value.id = .random(in: 1 ... .max)
        request.hasDrawnID = true
      } else if !request.hasDrawnID {
        sequence = try await nextSequence(of: request.value, at: request.key, budget)
      }
      request.value = try await sign(request.value, by: identity, sequence)
      request.deadline = try budget.rest()
      var receipt = try await put(request)
      receipt.sequence = sequence
      return receipt
    }
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
    try await putEncrypted(
      PutRequest(value: value, key: key, isPermanent: permanent, verify: verify, deadline: deadline), for: recipient)
  }

  /// The same for a request, whose id the caller may have drawn already.
  package func putEncrypted(
    _ request: PutRequest, for recipient: Recipient
  ) async throws(DHTError) -> PutReceipt {
    let identity = try signer()
    let budget = Budget(request.deadline)
    return try await inSteps { () throws(DHTError) in
      var request = request
      let recipientKey = try await publicKey(of: recipient, deadline: budget.rest())
      request.value = try await encrypt(request.value, for: recipientKey, by: identity)
      request.deadline = try budget.rest()
      return try await put(request)
    }
  }

  /// Finds a public key: our own, one seen before, or that of a certificate on the network.
  ///
  /// Throws `.recipientUnknown` when there is none, and what `get` throws.
  public func publicKey(of recipient: Recipient, deadline: Duration? = nil) async throws(DHTError) -> PublicKey {
    if let key = recipient.key ?? knownKey(of: recipient) { return key }
    let key = try await lookUp(recipient, deadline: deadline) { _ in true }.publicKey
    keys.insert(key)
    return key
  }

  /// Finds a certificate: our own, one registered or looked up before, or one on the network.
  ///
  /// Nodes do not check who made a certificate: **anybody** can publish one with somebody's public key, and any name and
  /// issuer beside it. Only the key in it is certain. Give a trust list to get one that it finds valid, whatever else
  /// stands there. Without one, a certificate that was properly signed, by itself or by each issuer of its chain, is taken
  /// before others, which is no proof either.
  ///
  /// Throws `.recipientUnknown` when there is none, and what `get` throws.
  public func certificate(
    of recipient: Recipient, trustedBy trust: TrustList? = nil, deadline: Duration? = nil
  ) async throws(DHTError) -> Certificate {
    if let own = identity?.certificate, recipient.isOwner(of: own.publicKey) { return own }
    if let known = knownCertificate(of: recipient) {
      guard let trust else { return known }
      if await Self.isValid(known, trust) { return known }
    }
    let found = try await lookUp(recipient, deadline: deadline, orAny: trust == nil) { certificate in
      if let trust { trust.verify(certificate).isValid } else { certificate.isProperlySigned }
    }
    keys.insert(found)
    return found
  }

  /// Makes a certificate known, as if it had been looked up. It is never replaced by one that is found on the network, nor
  /// forgotten for others.
  public func register(_ certificate: Certificate) { keys.register(certificate) }
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

  private func knownCertificate(of recipient: Recipient) -> Certificate? {
    let known = recipient.longID.flatMap { keys.certificate($0) } ?? recipient.id.flatMap { keys.certificate($0) }
    return known.flatMap { recipient.isOwner(of: $0.publicKey) ? $0 : nil }
  }

  /// The first certificate of the recipient's key on the network that is good enough; else, with `orAny`, the first one.
  private func lookUp(
    _ recipient: Recipient, deadline: Duration?, orAny: Bool = false,
    isEnough: @escaping @Sendable (Certificate) -> Bool
  ) async throws(DHTError) -> Certificate {
    // All places at once: one that stays silent must not use up the other's time.
    let searches = recipient.certificateKeys.map { place in
      values(at: place, where: [.valueType(Certificate.valueType)], deadline: deadline)
    }
    if let found = await Self.certificate(of: recipient, in: searches, orAny: orAny, isEnough) { return found }
    for found in searches {
      _ = try await found.handle.operation.getOutcome(unlessFound: false)
    }
    throw .recipientUnknown(recipient)
  }

  /// The first certificate of the recipient, of any of several gets, that is good enough; else, with `orAny`, any.
  private static func certificate(
    of recipient: Recipient, in searches: [Values], orAny: Bool, _ isEnough: @escaping @Sendable (Certificate) -> Bool
  ) async -> Certificate? {
    await withTaskGroup(of: (certificate: Certificate, isEnough: Bool)?.self) { group in
      for found in searches {
        group.addTask { await best(of: recipient, in: found, isEnough) }
      }
      var any: Certificate?
      for await case let read? in group {
        if read.isEnough {
          group.cancelAll()
          return read.certificate
        }
        any = any ?? read.certificate
      }
      return orAny ? any : nil
    }
  }

  /// The first certificate of the recipient that is good enough, as soon as it comes; else the first at all.
  private static func best(
    of recipient: Recipient, in found: Values, _ isEnough: @escaping @Sendable (Certificate) -> Bool
  ) async -> (certificate: Certificate, isEnough: Bool)? {
    var first: Certificate?
    for await value in found {
      let read = await WorkThreads.application.value { () -> (Certificate, Bool)? in
        guard let certificate = try? Certificate(valueData: value.data), recipient.isOwner(of: certificate.publicKey)
        else { return nil }
        return (certificate, isEnough(certificate))
      }
      guard let (certificate, isEnough) = read else { continue }
      if isEnough { return (certificate, true) }
      first = first ?? certificate
    }
    return first.map { ($0, false) }
  }

  private static func isValid(_ certificate: Certificate, _ trust: TrustList) async -> Bool {
    await WorkThreads.application.value { trust.verify(certificate).isValid }
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

extension Certificate {
  /// Whether each certificate of the chain is signed by the next one, and the last by itself.
  fileprivate var isProperlySigned: Bool {
    let links = chain
    guard let root = links.last, root.isSigned(by: root.publicKey) else { return false }
    return zip(links, links.dropFirst()).allSatisfy { $0.isSigned(by: $1.publicKey) }
  }
}

extension Value {
  /// Who signed it; nil for a value that nobody signed, or one still encrypted. The signature of a value that a get or a
  /// listen delivered was verified, unless the node does not open values (`opensValues`).
  public var signer: PublicKey? { ownerKey }
  /// Id of who signed it.
  public var signerID: InfoHash? { signature.map { publicKeyID($0.owner) } }
  /// Whom the signer names as the recipient. Says nothing about how the value came: anybody can name one in a value that
  /// was never encrypted, and whoever opened one can pass on what was inside.
  public var recipientID: InfoHash? { signature?.recipient }
}
