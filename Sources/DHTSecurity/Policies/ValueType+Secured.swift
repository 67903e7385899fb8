public import DHTModel
internal import DHTWire

extension ValueType {
  /// The type with rules that look at signatures, as nodes of the network have them. (crypto.md §4.4)
  ///
  /// A new signed value is stored when its signature verifies; for others the type's own rule holds. A signed value is
  /// replaced only by its owner, with a higher sequence number, or by the very same content. Verifying takes about
  /// 0.1 ms, so the type calls itself slow for signed values.
  public func secured() -> ValueType {
    let (store, edit) = (mayStore, mayEdit)
    var type = self
    type.mayStore = { value, origin in
      guard value.signature != nil else { return store(value, origin) }
      return value.verified
    }
    type.mayEdit = { old, new, origin in
      guard old.signature != nil else {
        // The type's own rule decides, but never lets a forged owner in, whom nobody else could replace again.
        let sound = new.signature == nil ? new : new.verified
        return sound.flatMap { edit(old, $0, origin) }
      }
      guard let sound = try? new.normalized(), sound.follows(old) else { return nil }
      return sound.hasValidSignature ? sound : nil
    }
    type.isSlow = { $0.signature != nil }
    return type
  }

  /// The type with the rule of certificates: one is kept under the ids of its own key only, and replaced only by another
  /// of the same key. Its signature is not looked at: who trusts it checks the chain. (crypto.md §5.4)
  ///
  /// Such a value is plain and has the type's number: what readers would not find or not read must not take the place of
  /// what they do. (wire.md §11.2)
  public func securedForCertificates() -> ValueType {
    let number = id
    var type = self
    type.mayStore = { value, origin in
      value.publishedCertificate(number, at: origin.key) == nil ? nil : value
    }
    type.mayEdit = { old, new, origin in
      guard let present = try? Certificate(valueData: old.data),
        let next = new.publishedCertificate(number, at: origin.key), next.publicKey == present.publicKey
      else { return nil }
      return new
    }
    type.isSlow = { _ in true }
    return type
  }

  /// The type with its own rules, whose signatures nobody verifies, but for this: the owner of a signed value is a key,
  /// in its canonical form, and there is a signature. Peers drop the whole message that brings any other. (crypto.md §4.2)
  public func withWellFormedOwners() -> ValueType {
    let (store, edit, slow) = (mayStore, mayEdit, isSlow)
    var type = self
    type.mayStore = { value, origin in
      (try? value.normalized()).flatMap { store($0, origin) }
    }
    type.mayEdit = { old, new, origin in
      guard let new = try? new.normalized() else { return nil }
      // The same, with the owner written otherwise: that renews it.
      return old.content == new.content ? new : edit(old, new, origin)
    }
    type.isSlow = { $0.signature != nil || slow($0) }
    return type
  }
}

extension Sequence<ValueType> {
  /// Types with the rules that the network's nodes have for them: certificates and service announcements their own,
  /// all others those of signed values. (crypto.md §4.4)
  public func secured() -> [ValueType] {
    map { type in
      switch type.id {
      case Certificate.valueType: type.securedForCertificates()
      case ValueType.serviceAnnouncement: type.withWellFormedOwners()
      default: type.secured()
      }
    }
  }
}

extension ValueType {
  /// Number of the type of service announcements, which nodes rewrite and so cannot be signed. (wire.md §11.2)
  static let serviceAnnouncement: UInt16 = 2
}

extension Value {
  /// The value as it is stored, if its signature is right.
  fileprivate var verified: Value? {
    hasValidSignature ? try? normalized() : nil
  }

  /// Whether it may replace an old one, apart from its signature. Both are normalised.
  fileprivate func follows(_ old: Value) -> Bool {
    guard let signature, let oldSignature = old.signature, let owner = ownerKey, owner == old.ownerKey else {
      return false
    }
    return signature.sequence > oldSignature.sequence
      || signature.sequence == oldSignature.sequence && signedBytes == old.signedBytes
  }

  /// The certificate that it publishes; nil when it is not the plain value of one, or that belongs elsewhere.
  fileprivate func publishedCertificate(_ type: UInt16, at key: InfoHash) -> Certificate? {
    guard case .plain(let body) = content, body.type == type, size <= ValueType.maximumValueSize,
      let certificate = try? Certificate(valueData: body.data), certificate.belongs(at: key)
    else { return nil }
    return certificate
  }
}
