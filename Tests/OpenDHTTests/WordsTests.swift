import OpenDHT
import Testing

struct WordsTests {
  @Test(
    "hosts as people write them",
    arguments: [
      ("example.org", "example.org", 4222), ("example.org:4223", "example.org", 4223), ("192.0.2.7", "192.0.2.7", 4222),
      ("192.0.2.7:1", "192.0.2.7", 1), ("[::1]:65535", "::1", 65535), ("[::1]", "::1", 4222),
      ("2001:db8::1", "2001:db8::1", 4222),
    ] as [(String, String, UInt16)])
  func host(text: String, name: String, port: UInt16) {
    #expect(Host(text) == Host(name: name, port: port))
  }

  @Test("N-40: a bootstrap name without port uses 4222") func defaultPort() {
    #expect(Host(String("example.org"))?.port == 4222)
    #expect(Host(stringLiteral: "example.org") == Host(name: "example.org", port: 4222))
  }

  @Test(
    "hosts that make no sense",
    arguments: ["", ":4222", "name:", "name:x", "name:0", "name:65536", "[::1", "[]:1", "[::1]4222", "a:-1"])
  func noHost(text: String) {
    #expect(Host(text) == nil)
  }

  @Test("keys are the SHA-1 of a text, as everywhere in the network") func hashing() {
    #expect(InfoHash(hashing: "foo").description == "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33")
    #expect(InfoHash(hashing: "").description == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
    #expect(InfoHash(hashing: Array("foo".utf8)) == InfoHash(hashing: "foo"))
    #expect(publicKeyID(Array("foo".utf8)) == InfoHash(hashing: "foo"))
    #expect(InfoHash.random() != InfoHash.random())
  }

  @Test(
    "each error is one clear line",
    arguments: [
      .notRunning, .alreadyRunning, .portInUse(4222), .cannotBind("IPv4: no such device"), .isolated, .throttled,
      .timedOut,
      .cancelled, .replaced, .notStored(PutReceipt(ending: .completed, valueID: 1)), .invalid(.zeroKey),
      .invalid(.valueTooLarge(packedBytes: 70000)), .invalid(.wouldReplaceSignedValue),
      .invalid(.noAddressFamily), .cannotResolve("example.org"), .noAnswer("example.org:1"), .coding("not a map"),
    ] as [DHTError])
  func description(error: DHTError) {
    let text = error.description
    #expect(!text.contains("\n") && text.last == "." && (10..<100).contains(text.count), "\(text)")
  }
}
