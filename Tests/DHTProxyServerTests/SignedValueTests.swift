import DHTProxyMessages
import OpenDHT
import Testing

@testable import DHTProxyServer

/// Signed values that clients put and read through a proxy: the signature covers bytes that JSON has taken apart.
@Suite(.timeLimit(.minutes(1))) struct SignedValueTests {
  @Test("X-30: a signed value put as JSON verifies after a get, at a node and at a client")
  func roundTrip() async throws {
    let identity = try #require(Replay.identity)
    let key = InfoHash(hashing: "signed")
    var plain = Value([0, 0xff] + Array("grüße".utf8), userType: "text/plain", type: 3, id: 77)
    plain.priority = 2
    let signed = try plain.signed(by: identity.privateKey, sequence: 5)
    let world = try await World.make()
    let line = String(decoding: signed.jsonLine(for: .v2), as: UTF8.self)
    let answer = try #require(try await world.ask("POST", "/key/signed", line))
    #expect(answer.status == 200)

    let found = try await world.peer.get(key).values
    #expect(found.count == 1 && found.first?.hasValidSignature == true && found.first?.sequence == 5)
    #expect(found.first?.signerID == identity.privateKey.publicKey.id)
    let read = try #require(try await world.ask("GET", "/key/signed"))
    let value = try Value(jsonBody: Array(try #require(read.lines.first).utf8))
    #expect(value.hasValidSignature && value.body == signed.body && value.id == 77 && value.priority == 2)

    // Another byte under the same signature reaches nobody.
    let forged = line.replacing("\"type\":3", with: "\"type\":4").replacing("\"id\":\"77\"", with: "\"id\":\"78\"")
    _ = try await world.ask("POST", "/key/signed", forged)
    #expect(try await world.peer.get(key).values.map(\.id) == [77])
    await world.stop()
  }
}
