/// A curve of NIST.
public enum Curve: Hashable, Sendable, CaseIterable {
  /// secp256r1, of Web Push.
  case p256
  /// secp384r1, the curve of the network's authorities.
  case p384
  /// secp521r1.
  case p521

  /// Bytes of a scalar, and of a coordinate.
  var byteCount: Int {
    switch self {
    case .p256: 32
    case .p384: 48
    case .p521: 66
    }
  }

  var identifier: ObjectIdentifier {
    switch self {
    case .p256: .p256
    case .p384: .p384
    case .p521: .p521
    }
  }

  init?(_ identifier: ObjectIdentifier) {
    guard let curve = Self.allCases.first(where: { $0.identifier == identifier }) else { return nil }
    self = curve
  }
}
