import Testing

@testable import OpenDHT

@Suite(.timeLimit(.minutes(2)))
struct RegistrationTests {
  @Test("a type that is registered while the node runs gives its values their lifetime")
  func lifetime() async throws {
    let key = InfoHash.random()
    try await Neighbourhood.run(2) { network in
      #expect(await network.first.register(ValueType(id: 77, name: "short", lifetime: .seconds(20))))
      while await network.first.localValues(at: key).isEmpty {
        try await network.nodes[1].put(Value([1], type: 77), at: key)
      }
      let entry = try #require(await network.first.storage(at: key).first?.values.first)
      let remaining = try #require(entry.remaining)
      #expect(remaining <= .seconds(20) && remaining > .seconds(-1))
    }
  }

  @Test("a node that does not run registers nothing")
  func stopped() async {
    #expect(await !DHT().register(ValueType(id: 77, name: "short", lifetime: .seconds(20))))
  }
}
