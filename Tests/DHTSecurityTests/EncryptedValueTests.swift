import DHTModel
import DHTSecurity
import DHTWire
import Testing

struct EncryptedValueTests {
  @Test("C§5.2: values encrypted by peers open", arguments: Vectors.all.encryptedValues)
  func opening(_ vector: Vectors.EncryptedRow) throws {
    let value = try Value(unpacking: vector.packed.bytes.span.bytes)
    #expect(value.cypher == vector.cypher.bytes)
    let key = try Vectors.privateKey(vector.to)
    let opened = try value.decrypted(by: key)
    #expect(opened.id == UInt64(vector.id) && opened.priority == 0)
    #expect(opened.data == vector.data.bytes && opened.userType == vector.userType && opened.type == vector.type)
    #expect(opened.sequence == vector.seq && opened.signature?.recipient == key.publicKey.id)
    #expect(opened.ownerKey == (try Vectors.publicKey(vector.from)))
    #expect(opened.signedBytes == vector.toSign.bytes)
    #expect(opened.content.packed() == vector.plaintext.bytes)
  }

  @Test("C§5.1: ours has the form of theirs, and shows id and priority alone", arguments: Vectors.all.encryptedValues)
  func sealing(_ vector: Vectors.EncryptedRow) throws {
    var plain = Value(vector.data.bytes, userType: vector.userType, type: vector.type, id: UInt64(vector.id) ?? 0)
    plain.priority = vector.priority
    let (from, to) = (try Vectors.privateKey(vector.from), try Vectors.privateKey(vector.to))
    let value = try plain.encrypted(for: to.publicKey, by: from, sequence: vector.seq)
    #expect(value.cypher?.count == vector.cypher.bytes.count)
    #expect(value.id == plain.id && value.priority == plain.priority && value.type == 0 && value.signature == nil)
    let opened = try value.decrypted(by: to)
    #expect(opened.content.packed() == vector.plaintext.bytes)
    #expect(throws: SecurityError.decryption) { try value.decrypted(by: from) }
  }

  @Test(
    "C§5.2, C-9.8: crafted cyphers are delivered or dropped as by peers", arguments: Vectors.all.encryptedValuesCrafted)
  func crafted(_ vector: Vectors.CraftedEncrypted) throws {
    let value = try Value(unpacking: vector.packed.bytes.span.bytes)
    let key = try Vectors.privateKey(vector.to)
    #expect(try key.decrypt(#require(value.cypher)) == vector.plaintext.bytes)
    if vector.delivered {
      #expect(try value.decrypted(by: key).hasValidSignature)
    } else {
      #expect(throws: SecurityError.decryption) { try value.decrypted(by: key) }
    }
  }

  @Test("C§1.1: an OAEP key receives, an EC key does not")
  func recipients() throws {
    let from = try Vectors.privateKey("rsa2048_a_v4")
    let oaep = try Vectors.privateKey("rsa2048oaep_v4")
    let value = Value([UInt8](repeating: 1, count: 3000), id: 9)
    #expect(try value.encrypted(for: oaep.publicKey, by: from).decrypted(by: oaep).data == value.data)
    let ec = try Vectors.publicKey("ec384_a_v4")
    #expect(throws: SecurityError.unsupportedKey) { try value.encrypted(for: ec, by: from) }
    #expect(throws: SecurityError.unsupportedKey) {
      try value.encrypted(for: from.publicKey, by: Vectors.privateKey("ec384_a_v4"))
    }
    #expect(throws: SecurityError.decryption) { try value.decrypted(by: from) }
  }
}
