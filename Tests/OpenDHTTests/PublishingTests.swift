import DHTCore
import Testing

@testable import OpenDHT

@Suite(.timeLimit(.minutes(1)))
struct PublishingTests {
  @Test("C§5.4: a certificate is found although another value stood at its place first")
  func shutOut() async throws {
    let alice = People.alice.certificate
    var people: [Identity?] = [nil, People.bob]
    try await Neighbourhood.run(2, { $0.identity = people.removeFirst() }) { network in
      // Bob holds a signed value under each key, with the id that certificates have.
      for key in alice.publicKey.certificateKeys {
        // On a busy machine a node may be silent for a while: this is about one that has it.
        while await network.first.localValues(at: key).isEmpty {
          try await network.nodes[1].putSigned(Value("first", id: Certificate.valueID), at: key)
        }
      }
      var configuration = DHT.loopback()
      configuration.identity = People.alice
      configuration.bootstrap = [await network.first.host]
      let dht = DHT(configuration)
      try await dht.start()
      for key in alice.publicKey.certificateKeys {
        for await change in network.first.listen(to: key, where: [.valueType(Certificate.valueType)]) {
          // Under the usual id it stands at her own node alone, which answers listeners too.
          guard case .added(let value) = change, value.id != Certificate.valueID else { continue }
          #expect(try Certificate(valueData: value.data) == alice)
          break
        }
      }
      await dht.stop()
    }
  }

  @Test("who is shut out knows it from the receipt")
  func receipts() {
    let contact = NodeContact(id: .random(), address: SocketAddress(ip: IPAddress(ipv4: 0x7f00_0001), port: 1))
    func receipt(_ ending: Ending, stored: Int, _ failed: [PutFailure.Reason]) -> PutReceipt {
      PutReceipt(
        ending: ending, valueID: 1, stored: Array(repeating: contact, count: stored),
        failed: failed.map { PutFailure(node: contact, reason: $0) })
    }
    #expect(receipt(.invalid(.wouldReplaceSignedValue), stored: 0, []).isShutOut)
    #expect(receipt(.completed, stored: 1, [.holdsSignedValue, .notFoundOnVerify]).isShutOut)
    #expect(!receipt(.completed, stored: 2, [.holdsSignedValue, .silent, .silent]).isShutOut)
    #expect(!receipt(.isolated, stored: 0, [.silent]).isShutOut)
    #expect(!receipt(.throttled, stored: 0, []).isShutOut)
  }
}
