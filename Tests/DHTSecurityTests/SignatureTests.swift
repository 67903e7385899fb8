import DHTModel
import DHTSecurity
import Testing

struct SignatureTests {
  @Test("C§3.2: only RSASSA-PKCS1-v1_5 with SHA-512 is a signature", arguments: Vectors.all.signatures)
  func verdicts(_ vector: Vectors.SignatureRow) throws {
    let key = try Vectors.publicKey(vector.key)
    #expect(key.isValid(signature: vector.signature.bytes, for: vector.message) == vector.valid)
    #expect(!key.isValid(signature: vector.signature.bytes, for: vector.message + [0]))
  }

  @Test("C§3.2: our signatures are theirs, byte for byte", arguments: Vectors.all.signatures.filter(\.valid))
  func signing(_ vector: Vectors.SignatureRow) throws {
    #expect(try Vectors.privateKey(vector.key).sign(vector.message) == vector.signature.bytes)
  }

  @Test("C§1.1: an EC key signs; as a value's signature it is refused, as a certificate's it holds")
  func elliptic() throws {
    let row = try #require(Vectors.all.signatures.first { $0.key == "ec384_a_v4" })
    let key = try Vectors.publicKey(row.key)
    #expect(
      key.isValid(signature: row.signature.bytes, for: row.message, algorithm: SignatureAlgorithm(.ecdsa, .sha512)))
    let ours = try Vectors.privateKey(row.key).sign(row.message)
    #expect(!key.isValid(signature: ours, for: row.message))
    #expect(key.isValid(signature: ours, for: row.message, algorithm: SignatureAlgorithm(.ecdsa, .sha512)))
    #expect(!key.isValid(signature: ours, for: row.message, algorithm: SignatureAlgorithm(.ecdsa, .sha384)))
  }

  @Test("C§1.1: an OAEP key signs nothing")
  func oaep() throws {
    let key = try Vectors.privateKey("rsa2048oaep_v4")
    #expect(throws: SecurityError.unsupportedKey) { try key.sign([1]) }
  }

  @Test("C§3.2: no signature at all, or one of another length, is none")
  func empty() throws {
    let key = try Vectors.publicKey("rsa2048_a_v4")
    for signature in [[], [0], [UInt8](repeating: 0, count: 256), [UInt8](repeating: 255, count: 512)] {
      #expect(!key.isValid(signature: signature, for: [1]))
    }
  }
}
