import DHTModel
import DHTSecurity
import Testing

/// Crypto.md §4.4 on the real policies: what others may store with us, and what it may replace.
struct PolicyTests {
  private static let alice = try! Vectors.privateKey("rsa2048_a_v4")
  private static let mallory = try! Vectors.privateKey("rsa2048_b_v4")
  private static let place = InfoHash(hashing: "place")
  private static let custom = ValueType(
    id: 40, name: "Custom", lifetime: .seconds(60), mayEdit: { _, new, _ in new })

  private func origin(_ key: InfoHash = place) -> ValueType.Origin {
    let address = SocketAddress(ip: IPAddress(ipv4: 0x7f00_0001), port: 4222)
    return ValueType.Origin(key: key, sender: InfoHash(hashing: "sender"), address: address)
  }
  private func data(_ id: UInt16 = 0) -> ValueType { ValueType(id: id, name: "", lifetime: .seconds(600)).secured() }
  private func value(_ text: String, _ sequence: UInt16, by key: PrivateKey = alice, type: UInt16 = 0) throws -> Value {
    try Value(Array(text.utf8), type: type, id: 7).signed(by: key, sequence: sequence)
  }
  private func certificate(of key: PrivateKey, name: String = "x") throws -> Certificate {
    try .selfSigned(by: key, name: name, isCA: true)
  }

  @Test("C§4.4: a signed value is stored when it verifies, and in the form that peers pass on")
  func storing() throws {
    let good = try value("a", 0), origin = origin()
    #expect(data().mayStore(good, origin) == good)
    #expect(data().mayStore(good.forged, origin) == nil)
    #expect(data().mayStore(good.unsigned, origin) == nil)
    #expect(data().mayStore(good.withOwnerAsText, origin) == good)
    #expect(data().mayStore(Value("plain", id: 7), origin) == Value("plain", id: 7))
    #expect(data().isSlow(good) && !data().isSlow(Value("plain")))
  }

  @Test("C§4.4: a signed value is replaced by its owner, with a higher number, or the same again")
  func replacing() throws {
    let old = try value("a", 4), origin = origin()
    let edit = data().mayEdit
    #expect(edit(old, try value("b", 5), origin) == (try value("b", 5)))
    #expect(edit(old, try value("b", 5, type: 3), origin) != nil)
    #expect(edit(old, try value("b", 5).withOwnerAsText, origin) == (try value("b", 5)))
    #expect(edit(old, old.withOwnerAsText, origin) == old, "a renewal, however the owner is written")
    #expect(edit(old, try value("b", 4), origin) == nil)
    #expect(edit(old, try value("b", 3), origin) == nil)
    #expect(edit(old, try value("b", 9, by: Self.mallory), origin) == nil)
    #expect(edit(old, try value("b", 5).forged, origin) == nil)
    #expect(edit(old, Value("plain", id: 7), origin) == nil)
    #expect(edit(try value("a", .max), try value("b", 0), origin) == nil)
  }

  @Test("a type with an edit rule of its own does not let a forged owner in")
  func ownRule() throws {
    let edit = Self.custom.secured().mayEdit, origin = origin()
    let old = Value(Array("old".utf8), type: 40, id: 7)
    let good = try value("a", 0, type: 40)
    #expect(edit(old, good, origin) == good)
    #expect(edit(old, good.withOwnerAsText, origin) == good)
    #expect(edit(old, good.forged, origin) == nil)
    #expect(edit(old, good.unsigned, origin) == nil)
    #expect(edit(old, Value("plain", id: 7), origin) != nil)
  }

  @Test(
    "C§4.2: an unregistered type is not verified, but its owner is a key in canonical form, and there is a signature")
  func unregistered() throws {
    let type = ValueType(id: 0, name: "", lifetime: .seconds(600)).withWellFormedOwners()
    let good = try value("a", 0, type: 99), origin = origin()
    #expect(type.mayStore(good, origin) == good)
    #expect(type.mayStore(good.forged, origin) == good.forged)
    #expect(type.mayStore(good.withOwnerAsText, origin) == good)
    #expect(type.mayStore(good.unsigned, origin) == nil)
    #expect(type.mayStore(good.withOwner([1, 2, 3]), origin) == nil)
    #expect(type.mayStore(Value("plain", id: 7), origin) != nil)
    #expect(type.mayEdit(good, good.withOwnerAsText, origin) == good)
    #expect(type.mayEdit(good, try value("b", 1, type: 99), origin) == nil)
    #expect(type.isSlow(good) && !type.isSlow(Value("plain")))
  }

  @Test("C§5.4: a certificate is kept under the two ids of its key, plain and of its type, and nowhere else")
  func certificates() throws {
    let type = ValueType(id: 8, name: "", lifetime: .seconds(600)).securedForCertificates()
    let published = try certificate(of: Self.alice).value
    for key in Self.alice.publicKey.certificateKeys {
      #expect(type.mayStore(published, origin(key)) == published)
    }
    #expect(type.mayStore(published, origin()) == nil)
    let home = origin(Self.alice.publicKey.id)
    #expect(type.mayStore(Value([1, 2, 3], type: 8, id: 1), home) == nil)
    #expect(type.mayStore(try published.signed(by: Self.alice), home) == nil)
  }

  @Test("nobody can take a certificate away by the same bytes as another kind of value")
  func certificateEdits() throws {
    let type = ValueType(id: 8, name: "", lifetime: .seconds(600)).securedForCertificates()
    let old = try certificate(of: Self.alice).value, home = origin(Self.alice.publicKey.id)
    let renewed = try certificate(of: Self.alice, name: "renewed").value
    #expect(type.mayEdit(old, renewed, home) == renewed)
    #expect(type.mayEdit(old, try certificate(of: Self.mallory).value, home) == nil)
    #expect(type.mayEdit(old, Value(old.data, type: 0, id: 1), home) == nil)
    #expect(type.mayEdit(old, Value(old.data, type: 2, id: 1), home) == nil)
    #expect(type.mayEdit(old, try old.signed(by: Self.mallory), home) == nil)
    let junk = Value.Signature(owner: [1], sequence: 0, signature: [1])
    let body = Value.Body(type: 8, data: old.data)
    #expect(type.mayEdit(old, Value(id: 1, content: .signed(body, junk)), home) == nil)
  }

  @Test("C§4.4: each type gets its own rule: certificates, announcements, and all others")
  func types() throws {
    let types = [0, 2, 8, 40].map { ValueType(id: $0, name: "", lifetime: .seconds(60)) }.secured()
    let forged = try value("a", 0).forged, origin = origin()
    #expect(types[0].mayStore(forged, origin) == nil && types[3].mayStore(forged, origin) == nil)
    #expect(types[1].mayStore(Value("announcement", id: 7), origin) != nil)
    #expect(types[1].mayStore(forged.unsigned, origin) == nil)
    #expect(types[2].mayStore(Value("no certificate", id: 7), origin) == nil)
    #expect(types[2].isSlow(Value("any")))
  }
}

extension Value {
  /// With one bit of its signature turned.
  fileprivate var forged: Value { changingSignature { $0.signature[0] ^= 1 } }
  /// With an owner and an empty signature.
  fileprivate var unsigned: Value { changingSignature { $0.signature = [] } }
  /// With its owner's key as PEM: peers read that, too.
  fileprivate var withOwnerAsText: Value {
    changingSignature { signature in
      guard let key = try? PublicKey(decoding: signature.owner) else { return }
      signature.owner = Array(key.pemRepresentation.utf8)
    }
  }
  fileprivate func withOwner(_ owner: [UInt8]) -> Value { changingSignature { $0.owner = owner } }

  private func changingSignature(_ change: (inout Signature) -> Void) -> Value {
    guard case .signed(let body, var signature) = content else { return self }
    change(&signature)
    var value = self
    value.content = .signed(body, signature)
    return value
  }
}
