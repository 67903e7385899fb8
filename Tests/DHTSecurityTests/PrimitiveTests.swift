import DHTModel
import Testing

@testable import DHTSecurity

struct PrimitiveTests {
  @Test("C§3.1: hash by size") func hashes() {
    for row in Vectors.all.hash {
      #expect(hash(row.data.bytes, byteCount: row.length) == row.hash.bytes, "\(row.length)")
    }
    #expect(hash([], byteCount: 0).isEmpty && hash([], byteCount: -1).isEmpty && hash([1], byteCount: 1000).count == 64)
  }

  @Test("C§3.4: AES-GCM with a key opens theirs, and refuses what is changed") func symmetric() throws {
    for row in Vectors.all.aesKey {
      let cipher = try SymmetricCipher(key: row.key.bytes)
      #expect(try cipher.decrypt(row.packed.bytes) == row.plain.bytes)
      let ours = try cipher.encrypt(row.plain.bytes)
      #expect(ours.count == row.packed.bytes.count)
      #expect(try cipher.decrypt(ours) == row.plain.bytes)
      var changed = row.packed.bytes
      changed[changed.count / 2] ^= 0x80
      #expect(throws: SecurityError.decryption) { try cipher.decrypt(changed) }
    }
  }

  @Test("C§3.4: odd keys, empty messages and short cyphers are refused") func symmetricEdges() throws {
    for count in [0, 15, 17, 31, 33, 64] {
      #expect(throws: SecurityError.keySize(count)) { try SymmetricCipher(key: [UInt8](repeating: 0, count: count)) }
    }
    let cipher = try SymmetricCipher(key: [UInt8](repeating: 0, count: 16))
    #expect(throws: SecurityError.emptyMessage) { try cipher.encrypt([]) }
    for count in [0, 12, 27, 28] {
      #expect(throws: SecurityError.decryption) { try cipher.decrypt([UInt8](repeating: 0, count: count)) }
    }
  }

  @Test("C§3.4: the tag of very old releases is refused, as by 4.x") func legacyTag() throws {
    for row in Vectors.all.aesLegacy {
      #expect(throws: SecurityError.decryption) { try SymmetricCipher(key: row.key.bytes).decrypt(row.packed.bytes) }
    }
  }

  @Test("C§3.5: Argon2i of RFC 9106 with little memory")
  func argonSmall() {
    // From the reference implementation: argon2 somesalt -i -v 13.
    let small = Argon2i(passes: 2, memoryInKiB: 256)
    #expect(
      hexString(small.hash(Array("password".utf8), salt: Array("somesalt".utf8)))
        == "89e9029f4637b295beb027056a7336c414fadd43f6b208645281cb214a56452f")
  }

  @Test("C§3.5: stretched keys are theirs, of every length") func stretching() throws {
    var stretched: [[UInt8]: [UInt8]] = [:]
    for row in Vectors.all.stretchKey {
      // A second for each: rows that differ in length alone share one.
      let pair = row.passwordUtf8.bytes + [0] + row.salt.bytes
      let key = stretched[pair] ?? Argon2i.peers.hash(row.passwordUtf8.bytes, salt: row.salt.bytes)
      stretched[pair] = key
      #expect(hash(key, byteCount: row.length) == row.key.bytes)
    }
    let row = try #require(Vectors.all.stretchKey.last)
    let password = String(decoding: row.passwordUtf8.bytes, as: UTF8.self)
    #expect(try stretchKey(password, salt: row.salt.bytes, byteCount: row.length) == row.key.bytes)
    #expect(throws: SecurityError.saltTooShort) { try stretchKey("x", salt: [1, 2, 3, 4, 5, 6, 7], byteCount: 32) }
  }

  @Test("C§3.5: password bundles of peers open", arguments: Vectors.all.aesPassword)
  func bundles(_ row: Vectors.PasswordRow) throws {
    let cipher = PasswordCipher(password: String(decoding: row.passwordUtf8.bytes, as: UTF8.self))
    #expect(try cipher.decrypt(row.packed.bytes) == row.plain.bytes)
  }

  @Test("C§3.5: our bundle opens with its password alone, and too short ones are refused unstretched")
  func ownBundle() throws {
    let bundle = try PasswordCipher(password: "tell nobody").encrypt([1, 2, 3])
    #expect(bundle.count == 16 + 28 + 3)
    #expect(try PasswordCipher(password: "tell nobody").decrypt(bundle) == [1, 2, 3])
    #expect(throws: SecurityError.decryption) { try PasswordCipher(password: "Tell nobody").decrypt(bundle) }
    #expect(throws: SecurityError.decryption) { try PasswordCipher(password: "x").decrypt(Array(bundle.prefix(44))) }
    #expect(throws: SecurityError.emptyMessage) { try PasswordCipher(password: "x").encrypt([]) }
  }
}
