import OpenDHT
import Testing

/// Signed and encrypted values among real nodes on the loopback.
@Suite(.timeLimit(.minutes(1)))
struct SecureTests {
  private let key = InfoHash(hashing: "secure")

  /// Runs `body` among nodes of these people; nil is somebody without identity.
  private func among(
    _ people: [Identity?], _ body: ([DHT]) async throws -> Void
  ) async throws {
    var left = people[...]
    try await Neighbourhood.run(people.count, { $0.identity = left.popFirst() ?? nil }) { network in
      try await body(network.nodes)
    }
  }

  @Test("N-2: the id of a node comes from its identity, unless it is given one") func nodeID() {
    var configuration = DHT.Configuration()
    configuration.identity = People.alice
    let hex = People.alice.id.description
    #expect(hex.count == 40 && DHT(configuration).nodeID == InfoHash(hashing: "node:" + hex))
    configuration.node.nodeID = InfoHash(hashing: "another")
    #expect(DHT(configuration).nodeID == InfoHash(hashing: "another"))
  }

  @Test("N-153, W-14.7, C-9.5: once connected, the certificate stands under both ids of its key, and is kept there")
  func certificatePublished() async throws {
    try await among([nil, People.alice, nil]) { nodes in
      let places = People.alice.certificate.publicKey.certificateKeys
      #expect(places == [InfoHash(hashing: People.alice.longID.bytes), People.alice.id])
      for place in places {
        for await change in nodes[2].listen(to: place) {
          guard case .added(let value) = change else { continue }
          #expect(value.id == 1 && value.type == 8 && value.signature == nil)
          let certificate = try Certificate(valueData: value.data)
          #expect(certificate == People.alice.certificate)
          break
        }
        #expect(await nodes[1].announcedValues(at: place).map(\.id) == [1])
      }
      #expect(try await nodes[2].certificate(of: .id(People.alice.id)) == People.alice.certificate)
      #expect(try await nodes[0].certificate(of: .longID(People.alice.longID)) == People.alice.certificate)
      #expect(try await nodes[1].certificate(of: .id(People.alice.id)) == People.alice.certificate)
    }
  }

  @Test("X-70: who passes values on gets them encrypted as they are, also its own, and no badly signed one")
  func forwarded() async throws {
    try await among([nil, People.alice, nil]) { nodes in
      let receipt = try await nodes[1].putEncrypted(
        Value("for me"), for: .id(People.alice.id), at: key)
      let signed = try await nodes[1].putSigned(Value("by me", id: 7), at: key)
      let bad = try await nodes[1].get(key, where: [.id(7)]).values[0].badlySigned
      #expect(!bad.hasValidSignature && signed.valueID == 7)
      let opened = try await nodes[1].get(key).values
      #expect(Set(opened.compactMap(\.text)) == ["for me", "by me"])
      for node in nodes {
        var forwarded: [Value.ID: Value] = [:]
        for await value in node.forwardedValues(at: key) { forwarded[value.id] = value }
        #expect(forwarded.count == 2 && forwarded[7]?.text == "by me")
        #expect(forwarded[receipt.valueID]?.cypher != nil)
        var heard: [Value.ID: Value] = [:]
        for await case .added(let value) in node.forwardedChanges(of: key) {
          heard[value.id] = value
          if heard.count == 2 { break }
        }
        #expect(heard == forwarded)
      }
      // A listen that opens, and one that forwards, are apart though their key is the same.
      for await case .added(let value) in nodes[1].listen(to: key) where value.id == receipt.valueID {
        #expect(value.text == "for me" && value.wasEncrypted)
        break
      }
      #expect(ValueOpener.forwarding().open(bad) == .refused(.badSignature))
    }
  }

  @Test("a certificate is not published when that is switched off") func certificateKept() async throws {
    var count = 0
    try await Neighbourhood.run(
      2,
      { configuration in
        count += 1
        guard count == 2 else { return }
        configuration.identity = People.alice
        configuration.publishesCertificate = false
      }
    ) { network in
      await #expect(throws: DHTError.recipientUnknown(.id(People.alice.id))) {
        try await network.first.certificate(of: .id(People.alice.id))
      }
      network.first.register(People.alice.certificate)
      let known = try await network.first.publicKey(of: .longID(People.alice.longID))
      #expect(known == People.alice.certificate.publicKey)
    }
  }

  @Test(
    "N-122: each edition of a signed value has the next number; readers and listeners get the newest, and who signed")
  func editions() async throws {
    try await among([nil, People.alice, nil, People.bob]) { nodes in
      let (alice, reader) = (nodes[1], nodes[2])
      var heard: [String] = []
      let first = try await alice.putSigned(Value("one", id: 7), at: key, verify: true)
      #expect(first.sequence == 0)
      for await change in reader.listen(to: key) {
        switch change {
        case .added(let value), .updated(let value):
          #expect(value.signerID == People.alice.id && !value.wasEncrypted)
          heard.append(value.text ?? "?")
          let (text, number) = heard.count == 1 ? ("two", UInt16(1)) : ("three", UInt16(2))
          if heard.count < 3 {
            let receipt = try await alice.putSigned(Value(text, id: 7), at: key)
            #expect(receipt.sequence == number)
          }
        case .expired: Issue.record("expired")
        }
        if heard.count == 3 { break }
      }
      #expect(heard == ["one", "two", "three"])
      let found = try await reader.get(key)
      #expect(found.values.map(\.text) == ["three"])
      #expect(found.values.map(\.sequence) == [2])
      #expect(found.values.map(\.signer) == [People.alice.certificate.publicKey])

      // Bob cannot take the place, and nobody can with an older edition.
      _ = try? await nodes[3].putSigned(Value("mine", id: 7), at: key)
      let replayed = try Value("one again", id: 7).signed(by: People.alice, sequence: 1)
      _ = try? await nodes[3].put(replayed, at: key)
      #expect(try await reader.get(key).values.filter { $0.signerID == People.alice.id }.map(\.text) == ["three"])
      #expect(await nodes[0].localValues(at: key).map(\.text) == ["three"])
      #expect(await nodes[0].counters.valuesRefused >= 1)
    }
  }

  @Test("C-9.4: under the id of a signed value nothing without owner is put, plain or encrypted")
  func nothingOverSigned() async throws {
    try await among([nil, People.alice, People.bob]) { nodes in
      try await nodes[1].putSigned(Value("signed", id: 7), at: key)
      await #expect(throws: DHTError.self) { try await nodes[2].put(Value("plain", id: 7), at: key) }
      let recipient = Recipient.key(People.alice.certificate.publicKey)
      await #expect(throws: DHTError.self) {
        try await nodes[2].putEncrypted(Value("closed", id: 7), for: recipient, at: key)
      }
      let there = await nodes[0].localValues(at: key)
      #expect(there.map(\.text) == ["signed"])
    }
  }

  @Test("a value without id gets one, and needs no number") func withoutID() async throws {
    try await among([nil, People.alice]) { nodes in
      let receipt = try await nodes[1].putSigned(Value("once"), at: key)
      #expect(receipt.valueID != 0 && receipt.sequence == 0)
      #expect(try await nodes[0].get(key, where: [.id(receipt.valueID)]).values.map(\.text) == ["once"])
    }
  }

  @Test("after edition 65535 there is no other") func exhausted() async throws {
    try await among([nil, People.alice]) { nodes in
      try await nodes[1].put(Value("the last", id: 7).signed(by: People.alice, sequence: .max), at: key)
      await #expect(throws: DHTError.sequenceExhausted) {
        try await nodes[1].putSigned(Value("one more", id: 7), at: key)
      }
      #expect(try await nodes[0].get(key).values.map(\.text) == ["the last"])
    }
  }

  @Test("who has no identity, or one whose key is not RSA, is told before anything is sent") func cannotSign()
    async throws
  {
    let authority = try Identity.generateAuthority(name: "EC")
    try await among([nil, authority]) { nodes in
      await #expect(throws: DHTError.noIdentity) { try await nodes[0].putSigned(Value("x"), at: key) }
      await #expect(throws: DHTError.noIdentity) {
        try await nodes[0].putEncrypted(Value("x"), for: .key(People.bob.certificate.publicKey), at: key)
      }
      await #expect(throws: DHTError.security(.unsupportedKey)) { try await nodes[1].putSigned(Value("x"), at: key) }
      await #expect(throws: DHTError.security(.unsupportedKey)) {
        try await nodes[1].putEncrypted(Value("x"), for: .key(People.bob.certificate.publicKey), at: key)
      }
      for node in nodes { #expect(await node.localValues(at: key).isEmpty) }
    }
  }

  @Test("an encrypted value is opened by its recipient alone, however it is named", arguments: 0..<4)
  func encrypted(way: Int) async throws {
    let bob = People.bob
    let recipient: Recipient = [
      .id(bob.id), .longID(bob.longID), .ids(bob.id, bob.longID), .key(bob.certificate.publicKey),
    ][way]
    try await among([nil, People.alice, bob, People.carol]) { nodes in
      for place in bob.certificate.publicKey.certificateKeys {  // until it is published
        for await _ in nodes[0].listen(to: place) { break }
      }
      let receipt = try await nodes[1].putEncrypted(Value("for bob"), for: recipient, at: key)
      #expect(receipt.valueID != 0)
      let opened = try await nodes[2].get(key)
      #expect(opened.values.map(\.text) == ["for bob"] && opened.values.map(\.id) == [receipt.valueID])
      #expect(opened.values.allSatisfy { $0.signerID == People.alice.id && $0.wasEncrypted })
      for await change in nodes[2].listen(to: key) {
        guard case .added(let value) = change else { continue }
        #expect(value.text == "for bob")
        // The listen has it open, other nodes answer with the cypher: it is one value.
        let again = try await nodes[2].get(key)
        #expect(again.values.map(\.text) == ["for bob"])
        break
      }
      for stranger in [nodes[0], nodes[1], nodes[3]] {
        let closed = try await stranger.get(key)
        #expect(closed.values.isEmpty)
        #expect(await stranger.counters.notForUs >= 1)
      }
      #expect(try await nodes[2].publicKey(of: .id(People.alice.id)) == People.alice.certificate.publicKey)
    }
  }

  @Test("a recipient whose certificate nobody has is unknown, and nothing is put") func unknownRecipient() async throws
  {
    try await among([nil, People.alice]) { nodes in
      let nobody = Recipient.id(InfoHash(hashing: "nobody"))
      await #expect(throws: DHTError.recipientUnknown(nobody)) {
        try await nodes[1].putEncrypted(Value("lost"), for: nobody, at: key)
      }
      #expect(await nodes[0].localValues(at: key).isEmpty)
      // A certificate that does not belong to the id that was asked for is not taken.
      let mixed = Recipient.ids(People.bob.id, People.carol.longID)
      nodes[1].register(People.bob.certificate)
      await #expect(throws: DHTError.recipientUnknown(mixed)) { try await nodes[1].certificate(of: mixed) }
    }
  }

  @Test(
    "N-98, N-124: a value with a wrong signature is neither stored by others nor delivered by anyone, and is counted")
  func badSignature() async throws {
    let bad = try Value("forged", id: 9).signed(by: People.alice, sequence: 3).badlySigned
    try await among([nil, nil, People.bob]) { nodes in
      let (forger, reader) = (nodes[1], nodes[2])
      // A node answers after it has verified; one that was late may not have been asked at all.
      let asked = Set(try await forger.put(bad, at: key).stored.map(\.id))
      #expect(!asked.isEmpty)
      for other in [nodes[0], reader] {
        #expect(await other.localValues(at: key).isEmpty)
        if asked.contains(other.nodeID) { #expect(await other.counters.valuesRefused >= 1) }
      }
      // The forger itself holds it, and answers with it.
      #expect(await forger.localValues(at: key) == [bad])
      for node in nodes {
        let found = try await node.get(key)
        #expect(found.values.isEmpty)
      }
      #expect(await reader.counters.badSignatures >= 1)
      let changes = reader.listen(to: key)
      try await nodes[0].put(Value("honest", id: 10), at: key)
      for await change in changes {
        #expect(change == .added(Value("honest", id: 10)))
        break
      }
    }
  }

  @Test("who passes values on gets them closed") func closed() async throws {
    var count = 0
    try await Neighbourhood.run(
      3,
      { configuration in
        count += 1
        if count == 2 { configuration.identity = People.alice }
        if count == 3 { configuration.opensValues = false }
      }
    ) { network in
      let recipient = Recipient.key(People.bob.certificate.publicKey)
      try await network.nodes[1].putEncrypted(Value("closed"), for: recipient, at: key)
      let found = try await network.nodes[2].get(key)
      #expect(found.values.count == 1 && found.values.allSatisfy { $0.cypher != nil })
      #expect(try await network.first.get(key).values.isEmpty)
    }
  }
}
