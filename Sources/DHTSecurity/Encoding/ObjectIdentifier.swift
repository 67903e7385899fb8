/// An object identifier, as the bytes of its DER content.
struct ObjectIdentifier: Hashable, Sendable {
  let content: [UInt8]

  init(content: [UInt8]) { self.content = content }

  /// From its numbers.
  init(_ first: Int, _ second: Int, _ rest: Int...) {
    content = ([first * 40 + second] + rest).flatMap { (number: Int) -> [UInt8] in
      var digits = [UInt8(truncatingIfNeeded: number & 0x7f)]
      var number = number >> 7
      while number > 0 {
        digits.insert(UInt8(truncatingIfNeeded: number & 0x7f | 0x80), at: 0)
        number >>= 7
      }
      return digits
    }
  }
}

// Keys and curves.
extension ObjectIdentifier {
  static let rsaEncryption = Self(1, 2, 840, 113549, 1, 1, 1)
  static let rsaOAEP = Self(1, 2, 840, 113549, 1, 1, 7)
  static let ecPublicKey = Self(1, 2, 840, 10045, 2, 1)
  static let p256 = Self(1, 2, 840, 10045, 3, 1, 7)
  static let p384 = Self(1, 3, 132, 0, 34)
  static let p521 = Self(1, 3, 132, 0, 35)
}

// Signatures.
extension ObjectIdentifier {
  static let sha1WithRSA = Self(1, 2, 840, 113549, 1, 1, 5)
  static let sha256WithRSA = Self(1, 2, 840, 113549, 1, 1, 11)
  static let sha384WithRSA = Self(1, 2, 840, 113549, 1, 1, 12)
  static let sha512WithRSA = Self(1, 2, 840, 113549, 1, 1, 13)
  static let ecdsaWithSHA1 = Self(1, 2, 840, 10045, 4, 1)
  static let ecdsaWithSHA256 = Self(1, 2, 840, 10045, 4, 3, 2)
  static let ecdsaWithSHA384 = Self(1, 2, 840, 10045, 4, 3, 3)
  static let ecdsaWithSHA512 = Self(1, 2, 840, 10045, 4, 3, 4)
}

// Encrypted keys.
extension ObjectIdentifier {
  static let pbes2 = Self(1, 2, 840, 113549, 1, 5, 13)
  static let pbkdf2 = Self(1, 2, 840, 113549, 1, 5, 12)
  static let hmacWithSHA1 = Self(1, 2, 840, 113549, 2, 7)
  static let hmacWithSHA224 = Self(1, 2, 840, 113549, 2, 8)
  static let hmacWithSHA256 = Self(1, 2, 840, 113549, 2, 9)
  static let hmacWithSHA384 = Self(1, 2, 840, 113549, 2, 10)
  static let hmacWithSHA512 = Self(1, 2, 840, 113549, 2, 11)
  static let aes128CBC = Self(2, 16, 840, 1, 101, 3, 4, 1, 2)
  static let aes192CBC = Self(2, 16, 840, 1, 101, 3, 4, 1, 22)
  static let aes256CBC = Self(2, 16, 840, 1, 101, 3, 4, 1, 42)
  static let tripleDESCBC = Self(1, 2, 840, 113549, 3, 7)
  static let pbeSHA1TripleDES = Self(1, 2, 840, 113549, 1, 12, 1, 3)
}

// Names and extensions.
extension ObjectIdentifier {
  static let commonName = Self(2, 5, 4, 3)
  static let userID = Self(0, 9, 2342, 19_200_300, 100, 1, 1)
  static let subjectKeyIdentifier = Self(2, 5, 29, 14)
  static let keyUsage = Self(2, 5, 29, 15)
  static let subjectAlternativeName = Self(2, 5, 29, 17)
  static let basicConstraints = Self(2, 5, 29, 19)
  static let revocationListNumber = Self(2, 5, 29, 20)
  static let challengePassword = Self(1, 2, 840, 113549, 1, 9, 7)
  static let extensionRequest = Self(1, 2, 840, 113549, 1, 9, 14)
  static let sha1 = Self(1, 3, 14, 3, 2, 26)
  static let ocspBasic = Self(1, 3, 6, 1, 5, 5, 7, 48, 1, 1)
  static let ocspNonce = Self(1, 3, 6, 1, 5, 5, 7, 48, 1, 2)
}
