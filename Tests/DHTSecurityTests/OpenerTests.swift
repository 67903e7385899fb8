import DHTModel
import DHTSecurity
import Testing

/// What gets and listens deliver of a value that is signed or encrypted.
struct OpenerTests {
  private let alice = try! Vectors.privateKey("rsa2048_a_v4")
  private let bob = try! Vectors.privateKey("rsa2048_b_v4")

  private func changed(_ value: Value, _ change: (inout Value.Signature) -> Void) -> Value {
    guard case .signed(let body, var signature) = value.content else { return value }
    change(&signature)
    var value = value
    value.content = .signed(body, signature)
    return value
  }

  @Test("C§6.1: a signed value is delivered in canonical form if it verifies, and its key is remembered as seen")
  func signed() throws {
    let keys = KeyCache(), opener = ValueOpener(key: nil, keys: keys)
    let good = try Value("x", id: 3).signed(by: alice)
    let asText = changed(good) { $0.owner = Array(alice.publicKey.pemRepresentation.utf8) }
    for _ in 0..<2 {
      #expect(opener.open(good) == .opened(good))
      #expect(opener.open(asText) == .opened(good))
      #expect(opener.open(Value("plain")) == .opened(Value("plain")))
    }
    #expect(keys.key(alice.publicKey.id) == alice.publicKey)
  }

  @Test("C§6.1: a forged twin of a verified value is refused, before and after it")
  func forgedTwins() throws {
    let opener = ValueOpener(key: nil)
    let good = try Value("x", id: 3).signed(by: alice, sequence: 4)
    let twins = [
      changed(good) { $0.sequence = 5 }, changed(good) { $0.signature[0] ^= 1 },
      changed(good) { $0.owner = bob.publicKey.derRepresentation }, changed(good) { $0.recipient = bob.publicKey.id },
      changed(good) { $0.signature = [] },
    ]
    for twin in twins { #expect(opener.open(twin) == .refused(.badSignature)) }
    #expect(opener.open(good) == .opened(good))
    for twin in twins { #expect(opener.open(twin) == .refused(.badSignature)) }
    // The id is not signed: a copy elsewhere is the same value.
    var copy = good
    copy.id = 9
    #expect(opener.open(copy) == .opened(copy))
  }

  @Test("C§5.3: what is inside a cypher comes under the id it was found at, with nothing else from outside")
  func encrypted() throws {
    let opener = ValueOpener(key: bob)
    let sealed = try Value("secret", id: 3).encrypted(for: bob.publicKey, by: alice)
    for id: Value.ID in [3, 9, 3] {
      var copy = sealed
      (copy.id, copy.priority, copy.pushTypeBytes) = (id, 1, [65])
      guard case .opened(let value) = opener.open(copy) else {
        Issue.record("not opened")
        continue
      }
      #expect(value.id == id && value.text == "secret" && value.priority == 0 && value.pushTypeBytes.isEmpty)
      #expect(value.ownerKey == alice.publicKey && value.signature?.recipient == bob.publicKey.id)
    }
    #expect(ValueOpener(key: alice).open(sealed) == .refused(.notForUs))
    #expect(ValueOpener(key: nil).open(sealed) == .refused(.notForUs))
    #expect(opener.open(Value(id: 3, content: .encrypted([1, 2, 3]))) == .refused(.notForUs))
  }

  @Test("C§4.2: who passes values on gets them as they came, but no malformed owner")
  func closed() throws {
    let opener = ValueOpener.closed
    let good = try Value("x", id: 3).signed(by: alice)
    let forged = changed(good) { $0.signature[0] ^= 1 }
    let cypher = Value(id: 3, content: .encrypted([1, 2, 3]))
    #expect(opener.open(good) == .opened(good) && opener.open(forged) == .opened(forged))
    #expect(opener.open(cypher) == .opened(cypher))
    #expect(opener.open(changed(good) { $0.owner = Array(alice.publicKey.pemRepresentation.utf8) }) == .opened(good))
    #expect(opener.open(changed(good) { $0.signature = [] }) == .refused(.badSignature))
    #expect(opener.open(changed(good) { $0.owner = [1, 2, 3] }) == .refused(.badSignature))
  }
}
