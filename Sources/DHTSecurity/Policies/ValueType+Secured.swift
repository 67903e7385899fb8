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
      guard let signature = old.signature else { return edit(old, new, origin) }
      return new.follows(old, signature) ? new.verified : nil
    }
    type.isSlow = { $0.signature != nil }
    return type
  }

  /// The type with the rule of certificates: one is kept under the ids of its own key only, and replaced only by another
  /// of the same key. Its signature is not looked at: who trusts it checks the chain. (crypto.md §5.4)
  public func securedForCertificates() -> ValueType {
    var type = self
    type.mayStore = { value, origin in
      guard value.size <= ValueType.maximumValueSize else { return nil }
      let certificate = try? Certificate(valueData: value.data)
      return certificate.flatMap { $0.belongs(at: origin.key) ? value : nil }
    }
    type.mayEdit = { old, new, origin in
      guard new.size <= ValueType.maximumValueSize, let present = try? Certificate(valueData: old.data),
        let next = try? Certificate(valueData: new.data), next.publicKey == present.publicKey
      else { return nil }
      return next.belongs(at: origin.key) ? new : nil
    }
    type.isSlow = { _ in true }
    return type
  }
}

extension Sequence<ValueType> {
  /// Types with the rules that the network's nodes have for them: certificates their own, service announcements none,
  /// all others those of signed values. (crypto.md §4.4)
  public func secured() -> [ValueType] {
    map { type in
      switch type.id {
      case Certificate.valueType: type.securedForCertificates()
      case ValueType.serviceAnnouncement: type
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

  /// Whether it may replace an old one, apart from its signature.
  fileprivate func follows(_ old: Value, _ oldSignature: Signature) -> Bool {
    guard let signature, let owner = ownerKey, owner == old.ownerKey else { return false }
    return signature.sequence > oldSignature.sequence
      || signature.sequence == oldSignature.sequence && signedBytes == old.signedBytes
  }
}
