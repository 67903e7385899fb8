import DHTModel
import DHTSecurity
import Testing

struct EncryptionTests {
  @Test("C§3.3: what peers encrypted opens", arguments: Vectors.all.rsaEncryption)
  func opening(_ vector: Vectors.EncryptionRow) throws {
    let key = try Vectors.privateKey(vector.key)
    #expect(try key.decrypt(vector.cipher.bytes) == vector.plain.bytes)
    // Ours has the length of theirs, and opens too.
    let ours = try key.publicKey.encrypt(vector.plain.bytes)
    #expect(ours.count == vector.length)
    #expect(try key.decrypt(ours) == vector.plain.bytes)
  }

  @Test("C§3.3: crafted cyphers open or are refused as by peers", arguments: Vectors.all.rsaDecryptionCrafted)
  func crafted(_ vector: Vectors.CraftedDecryption) throws {
    let key = try Vectors.privateKey(vector.key)
    if vector.ok {
      #expect(try key.decrypt(vector.cipher.bytes) == vector.plain?.bytes)
    } else {
      #expect(throws: SecurityError.decryption) { try key.decrypt(vector.cipher.bytes) }
    }
  }

  @Test("C§3.3: one block holds k − 11 bytes, the hybrid form adds k + 28")
  func sizes() throws {
    for (name, k) in [("rsa1024_v4", 128), ("rsa2048_a_v4", 256), ("rsa4096_a_v4", 512), ("rsa8192_v4", 1024)] {
      let key = try Vectors.publicKey(name)
      #expect(try key.encrypt([UInt8](repeating: 7, count: k - 11)).count == k)
      #expect(try key.encrypt([UInt8](repeating: 7, count: k - 10)).count == k - 10 + k + 28)
      #expect(try key.encrypt([]).count == k)
    }
  }

  @Test("C-9.8: wrong key, changed block, changed tag, missing bytes: one and the same error")
  func oneError() throws {
    let key = try Vectors.privateKey("rsa2048_a_v4")
    let other = try Vectors.privateKey("rsa2048_b_v4")
    for count in [0, 5, 245, 246, 1000] {
      let message = [UInt8](repeating: 9, count: count)
      let cypher = try key.publicKey.encrypt(message)
      #expect(throws: SecurityError.decryption) { try other.decrypt(cypher) }
      for place in [0, 100, 255, cypher.count - 1] where place < cypher.count {
        var changed = cypher
        changed[place] ^= 1
        #expect(throws: SecurityError.decryption) { try key.decrypt(changed) }
      }
      for rest in [0, 1, 255, 257, 284, cypher.count - 1] where rest < cypher.count && rest != 256 {
        #expect(throws: SecurityError.decryption) { try key.decrypt(Array(cypher.prefix(rest))) }
      }
    }
  }

  @Test("C§1.1: values are not encrypted to EC keys")
  func elliptic() throws {
    #expect(throws: SecurityError.unsupportedKey) { try Vectors.publicKey("ec384_a_v4").encrypt([1]) }
    #expect(throws: SecurityError.unsupportedKey) { try Vectors.privateKey("ec384_a_v4").decrypt([1]) }
  }
}
