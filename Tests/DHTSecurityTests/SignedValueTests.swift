import DHTModel
import DHTSecurity
import DHTWire
import Testing

struct SignedValueTests {
  @Test("C§4.1: our signed values are theirs, byte for byte", arguments: Vectors.all.signedValues)
  func signing(_ vector: Vectors.SignedRow) throws {
    let plain = Value(vector.data.bytes, userType: vector.userType, type: vector.type, id: UInt64(vector.id) ?? 0)
    let recipient = vector.recipient.flatMap { InfoHash(bytes: $0.bytes) }
    let value = try plain.signed(by: Vectors.privateKey(vector.key), sequence: vector.seq, recipient: recipient)
    #expect(value.signedBytes == vector.toSign.bytes)
    #expect(value.signature?.signature == vector.signature.bytes)
    #expect(value.packed() == vector.packed.bytes)
    #expect(value.hasValidSignature)
  }

  @Test("C§4.2: theirs are read and verified", arguments: Vectors.all.signedValues)
  func verifying(_ vector: Vectors.SignedRow) throws {
    var value = try Value(unpacking: vector.packed.bytes.span.bytes)
    #expect(value.hasValidSignature)
    #expect(value.ownerKey == (try Vectors.publicKey(vector.key)))
    #expect(value.sequence == vector.seq)
    guard case .signed(var body, var signature) = value.content else { return }
    // Each signed field counts, and id and priority do not.
    value.id &+= 1
    value.priority = 5
    #expect(value.hasValidSignature)
    body.type ^= 1
    value.content = .signed(body, signature)
    #expect(!value.hasValidSignature)
    body.type ^= 1
    signature.sequence ^= 1
    value.content = .signed(body, signature)
    #expect(!value.hasValidSignature)
  }

  @Test(
    "C§4.2, C-9.2: crafted values are read, verified and packed anew as by peers",
    arguments: Vectors.all.signedValuesCrafted)
  func crafted(_ vector: Vectors.CraftedSigned) throws {
    let value = try? Value(unpacking: vector.packed.bytes.span.bytes).normalized()
    // The one case where we are stricter: peers deliver such a value unverified. (C§4.3)
    guard vector.both.parses, !vector.note.contains("empty sig") else {
      #expect(value == nil)
      return
    }
    let normal = try #require(value)
    #expect((normal.signature != nil) == vector.both.isSigned)
    #expect((normal.cypher != nil) == vector.both.isEncrypted)
    if normal.signature != nil { #expect(normal.hasValidSignature == vector.both.checkSignature) }
    let repacked = vector.both.repacked == "same bytes" ? vector.packed.bytes : hexBytes(vector.both.repacked ?? "")
    #expect(normal.packed() == repacked)
  }

  @Test("C§4.3, C-9.3: an owner without a signature never leaves the parser")
  func ownerAlone() throws {
    let owner = try Vectors.publicKey("rsa2048_a_v4").derRepresentation
    let value = Value(
      id: 1, content: .signed(Value.Body(data: [1]), Value.Signature(owner: owner, sequence: 0, signature: [])))
    #expect(!value.hasValidSignature)
    #expect(throws: SecurityError.badSignature) { try value.normalized() }
    for vector in Vectors.all.signedValuesCrafted
    where vector.note.contains("without sig") || vector.note.contains("empty sig") {
      #expect((try? Value(unpacking: vector.packed.bytes.span.bytes).normalized()) == nil, "\(vector.note)")
    }
  }

  @Test("C§1.1: a value is not signed with an EC or OAEP key, nor when it is encrypted")
  func wrongKeys() throws {
    for name in ["ec384_a_v4", "ec256_v4", "rsa2048oaep_v4"] {
      #expect(throws: SecurityError.unsupportedKey) { try Value("x").signed(by: Vectors.privateKey(name)) }
    }
    let value = Value(id: 1, content: .encrypted([1, 2, 3]))
    #expect(throws: SecurityError.encryptedValue) { try value.signed(by: Vectors.privateKey("rsa2048_a_v4")) }
    #expect(!value.hasValidSignature && !Value("plain").hasValidSignature)
  }

  @Test("C§4.1: signing again keeps or takes the number, and replaces the owner")
  func again() throws {
    let (a, b) = (try Vectors.privateKey("rsa2048_a_v4"), try Vectors.privateKey("rsa2048_b_v4"))
    let first = try Value("x", id: 3).signed(by: a, sequence: 7)
    let second = try first.signed(by: b)
    #expect(second.sequence == 7 && second.ownerKey == b.publicKey && second.hasValidSignature)
    #expect(try first.signed(by: a, sequence: 65535).sequence == 65535)
  }

  @Test("C§4.5, C-9.7: the sequence number stops at 65535")
  func exhausted() throws {
    #expect(try Value.sequence(after: 0) == 1)
    #expect(try Value.sequence(after: 65534) == 65535)
    #expect(throws: SecurityError.sequenceExhausted) { try Value.sequence(after: 65535) }
  }
}
