import OpenDHT
import Testing

struct CodableTests {
  private struct Note: Codable, Hashable {
    var title: String
    var marks: [Int]
    var inner: [String: Double]?
  }
  private let note = Note(title: "a", marks: [1, -2], inner: ["pi": 3.14])

  @Test("a Codable value goes in and comes out") func roundTrip() throws {
    let value = try Value(encoding: note, userType: "app/note", id: 7)
    #expect(value.userType == "app/note" && value.id == 7)
    #expect(try value.decode(Note.self) == note)
  }

  @Test("data of something else is an error of one line") func mismatch() {
    for value in [Value("text"), Value([]), Value([0x81, 0xa5] + Array("title".utf8) + [0x01])] {
      #expect {
        try value.decode(Note.self)
      } throws: { error in
        guard case .coding(let reason)? = error as? DHTError else { return false }
        return !reason.isEmpty && !reason.contains("\n")
      }
    }
    #expect(throws: DHTError.coding("the value is encrypted")) {
      try Value(content: .encrypted([1, 2, 3])).decode(Note.self)
    }
  }

  @Test("a Codable value travels") func travels() async throws {
    try await Neighbourhood.run(2) { network in
      let key = InfoHash.random()
      try await network.first.put(Value(encoding: note, userType: "app/note"), at: key)
      let found = try await network.nodes[1].value(at: key, where: [.userType("app/note")])
      #expect(try found?.decode(Note.self) == note)
    }
  }
}
