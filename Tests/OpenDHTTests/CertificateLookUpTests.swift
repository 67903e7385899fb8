import Testing

@testable import OpenDHT

/// Which of the certificates that anybody can publish for a key is found.
@Suite(.timeLimit(.minutes(1)))
struct CertificateLookUpTests {
  private let alice = People.alice.certificate
  private var recipient: Recipient { .ids(alice.id, alice.longID) }

  /// What a stranger can make of Alice's public key: another name, under a chain of his own that holds together.
  private func forged() throws -> Certificate {
    let mallory = try Identity.generateAuthority(name: "Mallory", curve: .p256)
    return try .issued(to: alice.publicKey, name: "Not Alice", isCA: false, by: mallory)
  }

  private func trust(_ certificate: Certificate) -> TrustList {
    var list = TrustList()
    list.add(certificate)
    return list
  }

  @Test("C§5.4: with a trust list, the certificate that it finds valid is found, wherever others stand")
  func trusted() async throws {
    let forged = try forged(), alice = alice
    try await Neighbourhood.run(3) { network in
      var value = forged.value
      value.id = 5
      for key in alice.publicKey.certificateKeys { try await network.nodes[1].put(value, at: key) }
      let reader = network.nodes[2]
      // Only the forged one stands there: the key is certain, the name is not.
      #expect(try await reader.publicKey(of: recipient) == alice.publicKey)
      #expect(try await reader.certificate(of: recipient).subjectName == "Not Alice")
      await #expect(throws: DHTError.recipientUnknown(recipient)) {
        try await reader.certificate(of: recipient, trustedBy: trust(alice))
      }
      try await network.nodes[0].put(alice.value, at: alice.id)
      // The forged one was remembered, and is not taken.
      #expect(try await reader.certificate(of: recipient, trustedBy: trust(alice)) == alice)
      #expect(try await reader.certificate(of: recipient) == alice)
    }
  }

  @Test("what the application registered stays, whatever is found later")
  func registered() async throws {
    let forged = try forged(), alice = alice
    try await Neighbourhood.run(2) { network in
      let reader = network.nodes[1]
      reader.register(alice)
      try await network.nodes[0].put(forged.value, at: alice.id)
      let authority = try #require(forged.issuer)
      #expect(try await reader.certificate(of: recipient, trustedBy: trust(authority)) == forged)
      #expect(try await reader.certificate(of: recipient) == alice)
    }
  }
}

struct RecipientTests {
  private let key = People.alice.certificate.publicKey

  @Test("C§5.4: a recipient is looked for where its ids say, the newer peers' place first")
  func places() {
    #expect(Recipient.key(key).certificateKeys == key.certificateKeys)
    #expect(Recipient.ids(key.id, key.longID).certificateKeys == key.certificateKeys)
    #expect(Recipient.id(key.id).certificateKeys == [key.id])
    #expect(Recipient.longID(key.longID).certificateKeys == [key.longID.certificateKey])
  }

  @Test("a key is a recipient's only if every id that is known says so")
  func owner() {
    let other = People.bob.certificate.publicKey
    for recipient in [Recipient.key(key), .id(key.id), .longID(key.longID), .ids(key.id, key.longID)] {
      #expect(recipient.isOwner(of: key) && !recipient.isOwner(of: other))
    }
    #expect(!Recipient.ids(key.id, other.longID).isOwner(of: key))
    #expect(!Recipient.ids(other.id, key.longID).isOwner(of: key))
  }

  @Test("a recipient is read from 40 or 64 hexadecimal digits")
  func reading() {
    #expect(Recipient(hex: key.id.description) == .id(key.id))
    #expect(Recipient(hex: key.longID.description) == .longID(key.longID))
    for text in ["", "abc", String(repeating: "g", count: 40), String(repeating: "0", count: 41)] {
      #expect(Recipient(hex: text) == nil)
    }
  }
}
