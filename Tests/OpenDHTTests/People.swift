import Foundation
import OpenDHT

/// Who takes part in the tests of signed values. The keys are those that peers made for the tests of DHTSecurity: making
/// new ones takes long.
enum People {
  static let alice = identity("rsa2048_a_v4")
  static let bob = identity("rsa2048_b_v4")
  static let carol = identity("rsa2048_a_v2")

  private static func identity(_ file: String) -> Identity {
    let keys = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "DHTSecurityTests/Vectors/keys")
    let key = try! PrivateKey(decoding: [UInt8](Data(contentsOf: keys.appending(path: "\(file).pem"))))
    return try! Identity(certificate: .selfSigned(by: key, name: file, isCA: true), privateKey: key)
  }
}

extension Value {
  /// The value with another signature than its own.
  var badlySigned: Value {
    guard case .signed(let body, var signature) = content else { return self }
    signature.signature[0] ^= 1
    var bad = self
    bad.content = .signed(body, signature)
    return bad
  }
}
