public import DHTModel

extension ValueOpener {
  /// Verifies signed values, and decrypts those encrypted for a key. (crypto.md §6.1)
  ///
  /// What was found is remembered, since the same value comes from every node that holds it.
  ///
  /// - Parameters:
  ///   - key: Ours; nil refuses every encrypted value.
  ///   - keys: Learns the keys of those who signed.
  public init(key: PrivateKey?, keys: KeyCache = KeyCache()) {
    let cache = OpeningCache()
    self.init { value in
      guard value.isSealed else { return .opened(value) }
      let name = OpeningCache.Name(of: value)
      if let known = cache[name] { return known.opening(of: value) }
      let found = OpeningCache.Finding(opening: value, by: key)
      cache[name] = found
      let opening = found.opening(of: value)
      if case .opened(let value) = opening, let owner = value.ownerKey { keys.insertSeen(owner) }
      return opening
    }
  }
}

extension ValueOpener {
  /// For a node that passes values on: verifies signed ones, and leaves encrypted ones as they are, also its own.
  /// (proxy.md §11.4)
  ///
  /// - Parameter keys: Learns the keys of those who signed.
  public static func forwarding(keys: KeyCache = KeyCache()) -> ValueOpener {
    let verifying = ValueOpener(key: nil, keys: keys)
    return ValueOpener { value in value.cypher == nil ? verifying.open(value) : .opened(value) }
  }

  /// For programs that pass values on: verifies and decrypts nothing. Signed values come in canonical form, and those
  /// whose owner is no key, or has no signature, not at all: peers drop a message that holds one. (crypto.md §4.2)
  public static let closed = ValueOpener { value in
    (try? value.normalized()).map { .opened($0) } ?? .refused(.badSignature)
  }
}

extension OpeningCache.Finding {
  fileprivate init(opening value: Value, by key: PrivateKey?) {
    if value.signature != nil {
      self = value.hasValidSignature ? .verified : .badSignature
    } else if let key, let opened = try? value.decrypted(by: key) {
      self = .opened(opened.content)
    } else {
      self = .notForUs
    }
  }

  fileprivate func opening(of value: Value) -> ValueOpener.Opening {
    switch self {
    case .verified: return (try? value.normalized()).map { .opened($0) } ?? .refused(.badSignature)
    case .badSignature: return .refused(.badSignature)
    case .notForUs: return .refused(.notForUs)
    case .opened(let content):
      var opened = value
      opened.content = content
      opened.wasEncrypted = true
      (opened.priority, opened.pushTypeBytes) = (0, [])
      return .opened(opened)
    }
  }
}
