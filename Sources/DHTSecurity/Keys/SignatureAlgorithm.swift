internal import Crypto
internal import SwiftASN1

/// How a certificate, request or list is signed.
public struct SignatureAlgorithm: Hashable, Sendable {
  /// The hash inside.
  public enum Digest: Hashable, Sendable { case sha1, sha256, sha384, sha512 }
  /// The kind of key.
  public enum Scheme: Hashable, Sendable { case rsa, ecdsa }

  /// The kind of key.
  public var scheme: Scheme
  /// The hash.
  public var digest: Digest

  /// RSASSA-PKCS1-v1_5 or ECDSA, with a hash.
  public init(_ scheme: Scheme, _ digest: Digest) {
    self.scheme = scheme
    self.digest = digest
  }

  /// Reads an AlgorithmIdentifier; nil when it is none of these.
  init?(_ identifier: ObjectIdentifier) {
    guard let (algorithm, _) = Self.identifiers.first(where: { $0.1 == identifier }) else { return nil }
    self = algorithm
  }

  /// The AlgorithmIdentifier: RSA ones carry NULL, ECDSA ones nothing. (crypto.md §2.1)
  func write(to writer: inout DERWriter) {
    guard let (_, identifier) = Self.identifiers.first(where: { $0.0 == self }) else { return }
    writer.algorithm(identifier, null: scheme == .rsa)
  }

  private static let identifiers: [(SignatureAlgorithm, ObjectIdentifier)] = [
    (Self(.rsa, .sha1), .sha1WithRSA), (Self(.rsa, .sha256), .sha256WithRSA),
    (Self(.rsa, .sha384), .sha384WithRSA), (Self(.rsa, .sha512), .sha512WithRSA),
    (Self(.ecdsa, .sha1), .ecdsaWithSHA1), (Self(.ecdsa, .sha256), .ecdsaWithSHA256),
    (Self(.ecdsa, .sha384), .ecdsaWithSHA384), (Self(.ecdsa, .sha512), .ecdsaWithSHA512),
  ]
}

extension KeyKind {
  /// The hash that goes with a subject's key in its certificate. (crypto.md §2.1)
  var certificateDigest: SignatureAlgorithm.Digest {
    switch self {
    case .rsa(let bits), .rsaOAEP(let bits): bits < 4096 ? .sha256 : .sha384
    case .ec(.p256): .sha256
    case .ec(.p384): .sha384
    case .ec(.p521): .sha512
    }
  }

  /// How such a key signs certificates; nil when it cannot.
  var scheme: SignatureAlgorithm.Scheme? {
    switch self {
    case .rsa: .rsa
    case .rsaOAEP: nil
    case .ec: .ecdsa
    }
  }
}
