/// What a key is, and thereby what it can do. (crypto.md §1.1)
public enum KeyKind: Hashable, Sendable {
  /// Signs values and certificates, receives encrypted values.
  case rsa(bits: Int)
  /// Receives encrypted values, nothing else. Peers before 4 cannot read such a key at all.
  case rsaOAEP(bits: Int)
  /// Signs certificates. What it signs besides, no peer accepts as a value's signature.
  case ec(Curve)

  /// Bits of the modulus, or of the field.
  public var bits: Int {
    switch self {
    case .rsa(let bits), .rsaOAEP(let bits): bits
    case .ec(.p256): 256
    case .ec(.p384): 384
    case .ec(.p521): 521
    }
  }

  /// Whether values signed with such a key are accepted by peers.
  public var signsValues: Bool { if case .rsa = self { true } else { false } }

  /// Whether values can be encrypted to such a key: RSA, with a modulus of whole bytes. (crypto.md §1.1)
  public var receivesValues: Bool {
    switch self {
    case .rsa(let bits), .rsaOAEP(let bits): bits.isMultiple(of: 8)
    case .ec: false
    }
  }
}
