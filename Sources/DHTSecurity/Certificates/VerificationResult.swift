/// What a trust list says of a certificate: bits with the numbers that peers report. (crypto.md §2.5)
public struct VerificationResult: OptionSet, Hashable, Sendable {
  /// The bits.
  public let rawValue: UInt32

  /// From the bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Set with every failure below.
  public static let invalid = Self(rawValue: 1 << 1)
  /// On a list of its issuer.
  public static let revoked = Self(rawValue: 1 << 5)
  /// No trusted certificate was reached.
  public static let issuerNotFound = Self(rawValue: 1 << 6)
  /// The issuer may not issue.
  public static let issuerNotAuthority = Self(rawValue: 1 << 7)
  /// SHA-1, or RSA under 2048 bits.
  public static let insecureAlgorithm = Self(rawValue: 1 << 8)
  /// Before its first day.
  public static let notYetActive = Self(rawValue: 1 << 9)
  /// After its last day.
  public static let expired = Self(rawValue: 1 << 10)
  /// The signature is wrong.
  public static let badSignature = Self(rawValue: 1 << 11)
  /// The issuer's list is out of date.
  public static let revocationListSuperseded = Self(rawValue: 1 << 12)
  /// It is another's.
  public static let unexpectedOwner = Self(rawValue: 1 << 14)
  /// The issuer's list is dated ahead.
  public static let revocationListFromFuture = Self(rawValue: 1 << 15)
  /// Set along with `issuerNotAuthority`.
  public static let signerConstraints = Self(rawValue: 1 << 16)
  /// Certificate and chain do not fit.
  public static let mismatch = Self(rawValue: 1 << 17)
  /// Not meant for this use.
  public static let purposeMismatch = Self(rawValue: 1 << 18)

  /// Whether the certificate may be trusted.
  public var isValid: Bool { !contains(.invalid) }
}

extension VerificationResult: CustomStringConvertible {
  /// One line for people; no program should parse it.
  public var description: String {
    guard !isValid else { return "valid" }
    let names: [(VerificationResult, String)] = [
      (.revoked, "revoked"), (.issuerNotFound, "issuer not found"), (.issuerNotAuthority, "issuer is no authority"),
      (.insecureAlgorithm, "insecure algorithm"), (.notYetActive, "not yet active"), (.expired, "expired"),
      (.badSignature, "wrong signature"), (.revocationListSuperseded, "revocation list superseded"),
      (.unexpectedOwner, "unexpected owner"), (.revocationListFromFuture, "revocation list from the future"),
      (.signerConstraints, "signer constraints"), (.mismatch, "mismatch"), (.purposeMismatch, "purpose mismatch"),
    ]
    return "not valid (\(rawValue)): " + names.filter { contains($0.0) }.map(\.1).joined(separator: ", ")
  }
}
